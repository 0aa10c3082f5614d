import { glob, stat } from 'node:fs/promises'
import type { Problem } from '../model/problem.ts'

export type FoundFile = { readonly path: string; readonly bytes: number | undefined }

/** Files that paths and globs name, sorted within each, none twice; `-` is standard input. */
export async function findFiles(
  patterns: readonly string[],
): Promise<{ readonly files: readonly FoundFile[]; readonly problems: readonly Problem[] }> {
  const files = new Map<string, FoundFile>()
  const problems: Problem[] = []
  for (const pattern of patterns) {
    if (pattern === '-') {
      files.set('-', { path: '-', bytes: undefined })
      continue
    }
    const paths = await pathsOf(pattern)
    if (paths.length === 0) problems.push(fileProblem(pattern, 'no file has this name, or matches it'))
    for (const path of paths) {
      try {
        const found = await stat(path)
        if (found.isDirectory()) {
          if (paths.length === 1)
            problems.push(fileProblem(path, 'it is a folder', `Name its files: '${path}/*'`))
        } else files.set(path, { path, bytes: found.isFile() ? found.size : undefined })
      } catch (error) {
        problems.push(fileProblem(path, (error as Error).message))
      }
    }
  }
  return { files: [...files.values()], problems }
}

/** The path itself when it exists, so that names with brackets work; otherwise what the glob matches. */
async function pathsOf(pattern: string): Promise<string[]> {
  if (
    await stat(pattern).then(
      () => true,
      () => false,
    )
  )
    return [pattern]
  if (!/[*?[{]/.test(pattern)) return []
  const paths: string[] = []
  for await (const path of glob(pattern)) paths.push(path)
  return paths.sort()
}

function fileProblem(file: string, why: string, fix = 'Check the path, from the folder you are in'): Problem {
  return {
    code: 'trace-file',
    what: 'Cannot read the trace file',
    where: { file },
    why: `It must be a readable file: ${why}`,
    fix,
  }
}
