import { appendFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import { listRuns } from './list-runs.ts'
import { readEvents } from './run-folder.ts'

/** A run whose runner died without ending it. */
export type KilledRun = {
  readonly id: string
  readonly path: string
  readonly pid: number
  /** Faults that its events say were applied and not removed. */
  readonly faultsOpen: readonly string[]
  /** The same, but injected by actions of an experiment: nothing of ours ends them. */
  readonly faultsOfExperiment: readonly string[]
  readonly lastEvent: string
  readonly lastAt: string
}

/** Runs without an end whose process is gone; those whose process lives are somebody's running run. */
export function killedRuns(home: string, isAlive: (pid: number) => boolean): readonly KilledRun[] {
  return listRuns(home).flatMap((run) => {
    const events = readEvents(run.path)
    const started = events.find((event) => event.type === 'run-started')
    const last = events.at(-1)
    if (started === undefined || last === undefined || events.some((event) => event.type === 'run-ended'))
      return []
    if (isAlive(started.pid)) return []
    const open = new Map<string, { readonly label: string; readonly undoneBy: string | undefined }>()
    for (const event of events) {
      if (event.type === 'fault-applying')
        open.set(event.fault, { undoneBy: event.undoneBy, label: event.label })
      if (event.type === 'fault-removed' || event.type === 'fault-failed') open.delete(event.fault)
    }
    return [
      {
        id: run.id,
        path: run.path,
        pid: started.pid,
        faultsOpen: [...open.values()].filter((one) => one.undoneBy === undefined).map((one) => one.label),
        faultsOfExperiment: [...open.values()]
          .filter((one) => one.undoneBy === 'experiment')
          .map((one) => one.label),
        lastEvent: last.type === 'phase' ? `phase ${last.phase}` : last.type,
        lastAt: last.at,
      },
    ]
  })
}

/** Says once and for all in its events how the killed run was brought to an end. */
export function closeKilledRun(run: KilledRun, done: string): void {
  const file = join(run.path, 'events.ndjson')
  if (!existsSync(file)) return
  const at = new Date().toISOString()
  const lines = [
    { at, type: 'log', level: 'warn', text: done },
    { at, type: 'run-ended', verdict: 'killed', exitCode: 137 },
  ]
  // A kill may have cut the last line off: begin on a new one.
  appendFileSync(file, `\n${lines.map((line) => JSON.stringify(line)).join('\n')}\n`)
}
