import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { parseSource } from '../formats/source-text.ts'
import { readSystemFile } from '../formats/system-file.ts'
import { ProblemError } from '../model/problem.ts'
import type { SystemFile } from '../model/system.ts'
import { readTextFile } from './find-files.ts'

/** Fields that a person may set for all their projects. */
const fields = ['load', 'traces', 'phases', 'guards', 'hypotheses'] as const

/** `$XDG_CONFIG_HOME/aftershock/config.yaml`, or `~/.config/…`. */
export function userConfigPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'aftershock', 'config.yaml')
}

/**
 * The project's file wins; what it does not mention comes from the user's file.
 *
 * @throws ProblemError with every problem of the user's file
 */
export function withUserConfig(
  system: SystemFile,
  projectText: string,
  env: Readonly<Record<string, string | undefined>>,
): SystemFile {
  const path = userConfigPath(env)
  if (!existsSync(path)) return system
  const read = readSystemFile(readTextFile(path, '/'), path)
  if (!read.ok) throw new ProblemError(read.problems)
  const source = parseSource({ file: system.file ?? '', text: projectText }, 'yaml')
  const written = source.ok ? source.value[0]?.value : undefined
  const isMissing = (field: string): boolean =>
    typeof written !== 'object' || written === null || !(field in written)
  const mine = Object.fromEntries(fields.filter(isMissing).map((field) => [field, read.value[field]]))
  return { ...system, ...mine }
}
