import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { systemClock } from '../engine/clock.ts'
import { findRun, listRuns, type RunListing } from '../engine/list-runs.ts'
import { readEvents } from '../engine/run-folder.ts'
import { cleanUp } from '../faults/process/clean-up.ts'
import { processesFile } from '../faults/process/process-record.ts'
import type { CleanedCluster } from '../kubernetes/drive/clean-cluster.ts'
import { readHeld } from '../kubernetes/drive/held-objects.ts'
import type { Problem } from '../model/problem.ts'
import { cleanedCluster, cleanLeftovers, isAlive } from './clean-leftovers.ts'
import { addTargetOptions, type ClusterFlags, isCluster, kubeSettingsOf } from './cluster-flags.ts'
import type { CommandContext } from './command-module.ts'
import { findSystemFile, homeOf } from './find-files.ts'
import type { GlobalFlags } from './global-flags.ts'
import { printProblems } from './print-problem.ts'

/** A runner needs about two seconds to undo; what follows is the warden's and then ours. */
const runnerMs = 15_000
/** Chaos Mesh recovers one pod after the other. */
const clusterRunnerMs = 90_000

type StopFlags = GlobalFlags & ClusterFlags & { readonly all?: boolean }

export function build(command: Command, context: CommandContext): void {
  command
    .argument('[run]', 'an id, a unique prefix or latest (default: every run that goes on)')
    .option('--all', 'every run that goes on; with --target k8s all that any run has in the cluster')
    .option(
      '--force-finalizers',
      'drop chaos objects that Chaos Mesh cannot recover; what they injected may stay',
    )
  addTargetOptions(command, 'stop').action(async (asked: string | undefined, flags: StopFlags) => {
    const io = context.io()
    const home = homeOf(io.cwd, findSystemFile(io.cwd, flags.config))
    const ifStuck = flags.forceFinalizers === true ? 'force' : 'explain'
    const lines: string[] = []
    const problems: Problem[] = []
    for (const run of runsMeant(home, asked, flags)) {
      const stopped = await stopRun(run, ifStuck)
      lines.push(...stopped.lines)
      problems.push(...stopped.problems)
    }
    for (const cleaned of await cleanLeftovers(home, ifStuck)) {
      lines.push(cleaned.text)
      problems.push(...cleaned.problems)
    }
    if (isCluster(flags)) {
      const cleaned = await cleanTarget(asked, flags, ifStuck)
      lines.push(...cleaned.removed.map((one) => `removed ${one}`))
      problems.push(...cleaned.problems)
    }
    if (flags.json) io.out.write(`${JSON.stringify({ done: lines, problems }, null, 2)}\n`)
    else
      io.out.write(
        lines.length === 0 && problems.length === 0
          ? 'Nothing to stop: no run goes on, nothing was left behind.\n'
          : lines.map((line) => `${line}\n`).join(''),
      )
    printProblems(problems, io.err)
    context.exit(problems.length > 0 ? 6 : 0)
  })
}

/** A run that this folder does not know may have left objects in the cluster all the same. */
function runsMeant(home: string, asked: string | undefined, flags: StopFlags): readonly RunListing[] {
  if (asked === undefined || flags.all) return listRuns(home)
  const isKnown = listRuns(home).some((run) => run.id.startsWith(asked)) || asked.startsWith('latest')
  return isKnown || !isCluster(flags) ? [findRun(home, asked)] : []
}

type Stopped = { readonly lines: readonly string[]; readonly problems: readonly Problem[] }

async function stopRun(run: RunListing, ifStuck: 'explain' | 'force'): Promise<Stopped> {
  const events = readEvents(run.path)
  const started = events.find((event) => event.type === 'run-started')
  const isOver = events.some((event) => event.type === 'run-ended')
  if (isOver) return stuckOf(run, ifStuck)
  if (started === undefined || !isAlive(started.pid)) return { lines: [], problems: [] }
  const inCluster = (readHeld(run.path)?.refs.length ?? 0) > 0
  const line = await stopRunner(run.id, started.pid, inCluster ? clusterRunnerMs : runnerMs)
  const problems = isAlive(started.pid) ? [] : (await cleanUp(processesFile(run.path))).problems
  return { lines: [line], problems }
}

/** A run may end without having got rid of its objects in a cluster (exit 6): once more. */
async function stuckOf(run: RunListing, ifStuck: 'explain' | 'force'): Promise<Stopped> {
  const { removed, problems } = await cleanedCluster(run.path, ifStuck)
  return { lines: removed.map((one) => `removed ${one}`), problems }
}

async function cleanTarget(
  asked: string | undefined,
  flags: StopFlags,
  ifStuck: 'explain' | 'force',
): Promise<CleanedCluster> {
  const { cleanOurs } = await import('../kubernetes/drive/clean-cluster.ts')
  const { connectKube } = await import('../kubernetes/client.ts')
  const clock = systemClock()
  const client = connectKube({ ...kubeSettingsOf(flags), clock })
  const which = asked !== undefined ? { runId: asked } : flags.all ? 'all' : 'orphans'
  try {
    const { namespace } = flags
    return await cleanOurs(client, which, { clock, withinMs: 60_000, ifStuck, namespace })
  } finally {
    client.close()
  }
}

/** SIGTERM first; a runner that hangs is killed, and its warden undoes everything. */
async function stopRunner(id: string, pid: number, patienceMs: number): Promise<string> {
  process.kill(pid, 'SIGTERM')
  for (let waitedMs = 0; waitedMs < patienceMs; waitedMs += 100) {
    if (!isAlive(pid)) return `run ${id} stopped: faults removed, partial result kept`
    await sleep(100)
  }
  process.kill(pid, 'SIGKILL')
  await sleep(500)
  return `run ${id} did not stop within ${patienceMs / 1000} s and was killed; its warden removed the faults`
}
