import { readSystemFile } from '../formats/system-file.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { SystemFile } from '../model/system.ts'
import { findSystemFile, readTextFile } from './find-files.ts'
import { withUserConfig } from './user-config.ts'

export type SystemRead = {
  readonly system: SystemFile
  readonly path: string
  readonly warnings: readonly Problem[]
}

/** @throws ProblemError when there is none, or with every problem it has */
export function readSystem(cwd: string, asked: string | undefined): SystemRead {
  const path = findSystemFile(cwd, asked)
  if (path === undefined) throw new ProblemError([noSystemFile(cwd)])
  const text = readTextFile(path, cwd)
  const read = readSystemFile(text, path)
  if (!read.ok) throw new ProblemError(read.problems)
  return { system: withUserConfig(read.value, text, process.env), path, warnings: read.warnings }
}

/** What holds where nobody wrote an aftershock.yaml. */
export function emptySystem(cwd: string): SystemRead {
  const path = `${cwd}/aftershock.yaml`
  const read = readSystemFile('{}', path)
  if (!read.ok) throw new ProblemError(read.problems)
  return { system: withUserConfig(read.value, '{}', process.env), path, warnings: read.warnings }
}

function noSystemFile(cwd: string): Problem {
  return {
    code: 'no-system-file',
    what: 'Cannot find the system under test',
    where: { file: `${cwd}/aftershock.yaml` },
    why: 'there is no aftershock.yaml here or in a folder above',
    fix: 'write one with `aftershock init`, or name it with --config',
  }
}
