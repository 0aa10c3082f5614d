import type { Command } from 'commander'
import { listRuns } from '../engine/list-runs.ts'
import type { CommandContext } from './command-module.ts'
import { findSystemFile, homeOf } from './find-files.ts'

const takesRun = new Set(['explain', 'report', 'stop'])

/** Words that may stand where the cursor is, a line each; files are completed by the shell. */
export function build(command: Command, context: CommandContext): void {
  command.argument('[words...]').action((words: readonly string[]) => {
    const io = context.io()
    for (const word of candidates(words, io.cwd, context.commandNames)) io.out.write(`${word}\n`)
  })
}

function candidates(words: readonly string[], cwd: string, names: readonly string[]): readonly string[] {
  const [name = '', ...rest] = words
  if (rest.length === 0) return names
  if (name === 'completion') return ['bash', 'zsh', 'fish', 'pwsh']
  if (!takesRun.has(name)) return []
  return ['latest', ...listRuns(homeOf(cwd, findSystemFile(cwd, undefined))).map((run) => run.id)]
}
