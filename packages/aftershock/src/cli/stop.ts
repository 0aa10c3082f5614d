import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { findRun, listRuns } from '../engine/list-runs.ts'
import { readEvents } from '../engine/run-folder.ts'
import { cleanUp } from '../faults/process/clean-up.ts'
import { processesFile } from '../faults/process/process-record.ts'
import type { Problem } from '../model/problem.ts'
import { cleanLeftovers, isAlive } from './clean-leftovers.ts'
import type { CommandContext } from './command-module.ts'
import { findSystemFile, homeOf } from './find-files.ts'
import type { GlobalFlags } from './global-flags.ts'
import { printProblems } from './print-problem.ts'

/** A runner needs about two seconds to undo; what follows is the warden's and then ours. */
const runnerMs = 15_000

export function build(command: Command, context: CommandContext): void {
  command
    .argument('[run]', 'an id, a unique prefix or latest (default: every run that goes on)')
    .option('--all', 'every run that goes on')
    .action(async (asked: string | undefined, flags: GlobalFlags & { readonly all?: boolean }) => {
      const io = context.io()
      const home = homeOf(io.cwd, findSystemFile(io.cwd, flags.config))
      const runs = asked === undefined || flags.all ? listRuns(home) : [findRun(home, asked)]
      const lines: string[] = []
      const problems: Problem[] = []
      for (const run of runs) {
        const started = readEvents(run.path).find((event) => event.type === 'run-started')
        const isOver = readEvents(run.path).some((event) => event.type === 'run-ended')
        if (started === undefined || isOver || !isAlive(started.pid)) continue
        lines.push(await stopRunner(run.id, started.pid))
        problems.push(...(isAlive(started.pid) ? [] : (await cleanUp(processesFile(run.path))).problems))
      }
      for (const cleaned of await cleanLeftovers(home)) {
        lines.push(cleaned.text)
        problems.push(...cleaned.problems)
      }
      if (flags.json) io.out.write(`${JSON.stringify({ done: lines, problems }, null, 2)}\n`)
      else
        io.out.write(
          lines.length === 0
            ? 'Nothing to stop: no run goes on, nothing was left behind.\n'
            : `${lines.join('\n')}\n`,
        )
      printProblems(problems, io.err)
      context.exit(problems.length > 0 ? 6 : 0)
    })
}

/** SIGTERM first; a runner that hangs is killed, and its warden undoes everything. */
async function stopRunner(id: string, pid: number): Promise<string> {
  process.kill(pid, 'SIGTERM')
  for (let waitedMs = 0; waitedMs < runnerMs; waitedMs += 100) {
    if (!isAlive(pid)) return `run ${id} stopped: faults removed, partial result kept`
    await sleep(100)
  }
  process.kill(pid, 'SIGKILL')
  await sleep(500)
  return `run ${id} did not stop within ${runnerMs / 1000} s and was killed; its warden removed the faults`
}
