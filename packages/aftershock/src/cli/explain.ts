import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { findRun } from '../engine/list-runs.ts'
import { errorText } from '../model/error-text.ts'
import { ProblemError } from '../model/problem.ts'
import type { RunResult } from '../model/result.ts'
import type { CommandContext } from './command-module.ts'
import { findSystemFile, homeOf } from './find-files.ts'
import type { GlobalFlags } from './global-flags.ts'
import { printResult, type ResultFormat } from './print-result.ts'

export function build(command: Command, context: CommandContext): void {
  command
    .argument('[run]', 'an id, a unique prefix, latest or latest~1', 'latest')
    .addOption(
      new Option('--format <format>').choices(['text', 'md', 'mermaid', 'agent', 'json']).default('text'),
    )
    .option('--trace <id>', 'draw one of the evidence traces (a unique prefix)')
    .action(
      async (
        asked: string,
        flags: GlobalFlags & { readonly format: ResultFormat; readonly trace?: string },
      ) => {
        const io = context.io()
        const run = findRun(homeOf(io.cwd, findSystemFile(io.cwd, flags.config)), asked)
        const result = readResult(run.path)
        if (flags.trace !== undefined) {
          const { drawEvidence } = await import('./draw-evidence.ts')
          io.out.write(await drawEvidence(run.path, result, flags.trace, io.out))
          return
        }
        printResult(result, io.out, flags, { form: 'full' })
      },
    )
}

/** @throws ProblemError when the run has no result, or one that cannot be read */
export function readResult(runPath: string): RunResult {
  const file = join(runPath, 'result.json')
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RunResult
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
    throw new ProblemError([
      {
        code: 'result-unreadable',
        what: 'Cannot read the result of the run',
        where: { file },
        why: isMissing ? 'the run ended before it had one' : errorText(error),
        fix: isMissing
          ? `what it did is in ${join(runPath, 'events.ndjson')}`
          : 'aftershock report rebuilds what follows from it',
      },
    ])
  }
}
