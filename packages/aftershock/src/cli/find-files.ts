import { existsSync, readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, relative, resolve } from 'node:path'
import { ProblemError } from '../model/problem.ts'

export const SYSTEM_FILE_NAMES = ['aftershock.yaml', 'aftershock.yml', 'aftershock.json'] as const

/** The system file: as asked for, else from `cwd` upwards to the root of the git checkout. */
export function findSystemFile(cwd: string, asked: string | undefined): string | undefined {
  if (asked !== undefined) return resolve(cwd, asked)
  for (let folder = cwd; ; folder = dirname(folder)) {
    for (const name of SYSTEM_FILE_NAMES) if (existsSync(join(folder, name))) return join(folder, name)
    if (existsSync(join(folder, '.git')) || dirname(folder) === folder) return undefined
  }
}

/** `.aftershock` beside the system file, else in `cwd`. */
export function homeOf(cwd: string, systemFile: string | undefined): string {
  return join(systemFile === undefined ? cwd : dirname(systemFile), '.aftershock')
}

const textBytesMax = 5_000_000

/** @throws ProblemError when it is not there, is a folder, or is too large to be written by a person */
export function readTextFile(file: string, cwd: string): string {
  const path = resolve(cwd, file)
  try {
    const size = statSync(path)
    if (size.isDirectory())
      throw unreadable(
        file,
        'a file is asked for: it is a folder',
        `Name the files in it, for example ${file.replace(/[/\\]+$/, '')}/*.yaml`,
      )
    if (size.size > textBytesMax)
      throw unreadable(file, `at most ${textBytesMax} bytes are read: it has ${size.size}`)
    const text = readFileSync(path, 'utf8')
    if (text.includes('\0')) throw unreadable(file, 'it must be text: it holds other bytes')
    return text
  } catch (error) {
    if (error instanceof ProblemError) throw error
    const { code } = error as NodeJS.ErrnoException
    throw code === 'ENOENT'
      ? unreadable(file, 'it must be there: there is no such file', `Names are relative to ${cwd}`)
      : unreadable(file, `the system says ${code ?? error}`)
  }
}

function unreadable(file: string, why: string, fix?: string): ProblemError {
  return new ProblemError([
    { code: 'file-unreadable', what: `Cannot read ${file}`, where: { file }, why, fix },
  ])
}

/** Short for people: relative when that is shorter. */
export function shownPath(path: string, cwd: string): string {
  if (!isAbsolute(path)) return path
  const near = relative(cwd, path)
  return near !== '' && near.length < path.length ? near : path
}
