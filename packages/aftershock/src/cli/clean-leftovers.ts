import { systemClock } from '../engine/clock.ts'
import { closeKilledRun, killedRuns } from '../engine/leftovers.ts'
import { cleanUp } from '../faults/process/clean-up.ts'
import { processesFile } from '../faults/process/process-record.ts'
import { statOf } from '../faults/process/process-table.ts'
import { readHeld } from '../kubernetes/drive/held-objects.ts'
import type { Problem } from '../model/problem.ts'

export type Cleaned = {
  readonly id: string
  /** What happened and what was done about it, for people. */
  readonly text: string
  readonly problems: readonly Problem[]
}

/** Ends what killed runs left behind, here and in clusters; each is told of once. */
export async function cleanLeftovers(
  home: string,
  ifStuck: 'explain' | 'force' = 'explain',
): Promise<readonly Cleaned[]> {
  const cleaned: Cleaned[] = []
  for (const run of killedRuns(home, isAlive)) {
    const { stopped, problems: left } = await cleanUp(processesFile(run.path))
    const cluster = await cleanedCluster(run.path, ifStuck)
    const problems = [...left, ...cluster.problems]
    const faults =
      run.faultsOpen.length === 0 ? 'no fault was on' : `${run.faultsOpen.join(', ')} ended with it`
    const done = [
      ...(stopped.length === 0 ? [] : [`stopped ${stopped.map((one) => one.service).join(', ')}`]),
      ...(cluster.removed.length === 0 ? [] : [`removed ${cluster.removed.join(', ')}`]),
    ]
    const rest = done.length === 0 ? 'nothing was left behind' : done.join('; ')
    const text = `run ${run.id} was killed at ${run.lastAt} after ${run.lastEvent}: ${faults}; ${rest}`
    if (problems.length === 0) closeKilledRun(run, text)
    cleaned.push({ id: run.id, text, problems: [...problems, ...run.faultsOfExperiment.map(leftProblem)] })
  }
  return cleaned
}

/** Told once: whoever reads it undoes it, and we cannot see when. */
function leftProblem(label: string): Problem {
  return {
    code: 'fault-of-experiment',
    what: `Cannot undo "${label}"`,
    why: 'an action of a Chaos Toolkit experiment injected it, and the run was killed before its rollbacks: it may still be active',
    fix: 'do what the rollbacks of the experiment do: its exact copy is in the run folder',
  }
}

/** Chaos Mesh has so long to recover what a killed run had injected. */
const clusterMs = 60_000

/** Removes what a run still holds in its cluster. */
export async function cleanedCluster(
  runFolder: string,
  ifStuck: 'explain' | 'force',
): Promise<{ readonly removed: readonly string[]; readonly problems: readonly Problem[] }> {
  if ((readHeld(runFolder)?.refs.length ?? 0) === 0) return { removed: [], problems: [] }
  // The way into a cluster is loaded only when a run went there.
  const { cleanCluster } = await import('../kubernetes/drive/clean-cluster.ts')
  return cleanCluster(runFolder, { clock: systemClock(), withinMs: clusterMs, ifStuck })
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return statOf(pid)?.isDead !== true
}
