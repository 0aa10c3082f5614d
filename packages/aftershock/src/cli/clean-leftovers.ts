import { closeKilledRun, killedRuns } from '../engine/leftovers.ts'
import { cleanUp } from '../faults/process/clean-up.ts'
import { processesFile } from '../faults/process/process-record.ts'
import { statOf } from '../faults/process/process-table.ts'
import type { Problem } from '../model/problem.ts'

export type Cleaned = {
  readonly id: string
  /** What happened and what was done about it, for people. */
  readonly text: string
  readonly problems: readonly Problem[]
}

/** Ends what killed runs left behind; each is told of once. */
export async function cleanLeftovers(home: string): Promise<readonly Cleaned[]> {
  const cleaned: Cleaned[] = []
  for (const run of killedRuns(home, isAlive)) {
    const { stopped, problems } = await cleanUp(processesFile(run.path))
    const faults =
      run.faultsOpen.length === 0 ? 'no fault was on' : `${run.faultsOpen.join(', ')} ended with it`
    const rest =
      stopped.length === 0
        ? 'nothing was left behind'
        : `stopped ${stopped.map((one) => one.service).join(', ')}`
    const text = `run ${run.id} was killed at ${run.lastAt} after ${run.lastEvent}: ${faults}; ${rest}`
    if (problems.length === 0) closeKilledRun(run, text)
    cleaned.push({ id: run.id, text, problems })
  }
  return cleaned
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
  return statOf(pid)?.isDead !== true
}
