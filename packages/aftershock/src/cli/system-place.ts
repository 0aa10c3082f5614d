import { readFileSync } from 'node:fs'
import { type Path, parseSource } from '../formats/source-text.ts'
import { type Problem, ProblemError } from '../model/problem.ts'

/** Where aftershock.yaml says what a problem is about: read once more, only when there is one. */
export function placedIn(file: string | undefined, path: Path, problem: Problem): Problem {
  if (problem.where !== undefined || file === undefined) return problem
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return problem
  }
  const source = parseSource({ file, text })
  const document = source.ok ? source.value[0] : undefined
  if (document === undefined) return problem
  // What is not written there is a default: its file and name are all there is to say.
  const where = isThere(document.value, path) ? document.where(path) : { file, path: path.join('.') }
  return { ...problem, where }
}

function isThere(value: unknown, path: Path): boolean {
  let at = value
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return false
    at = (at as Readonly<Record<string | number, unknown>>)[step]
  }
  return true
}

/** Lets an error through with the place of each problem that has none. */
export async function placing<T>(file: string | undefined, path: Path, act: Promise<T>): Promise<T> {
  try {
    return await act
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    const problems = error.problems.map((problem) => placedIn(file, path, problem))
    throw new ProblemError(problems, error.exitCode, error)
  }
}
