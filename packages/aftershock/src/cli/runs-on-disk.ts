import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { listRuns, type RunListing } from '../engine/list-runs.ts'
import { readEvents } from '../engine/run-folder.ts'
import type { RunResult, TraceFull } from '../model/result.ts'
import type { TimedRunEvent } from '../model/run.ts'
import type { RunsPort } from '../server/runs-port.ts'
import { isAlive } from './clean-leftovers.ts'
import { evidenceOfFolder } from './evidence-of-folder.ts'

const lookMs = 500

/** The runs of a folder as the API shows them; a run of another process is followed through its files. */
export function runsOnDisk(home: string): RunsPort {
  const results = new Map<string, { readonly mtimeMs: number; readonly result: RunResult }>()
  const pathOf = (id: string): string | undefined =>
    /^[\w-]+$/.test(id) ? join(home, 'runs', id) : undefined
  const listed = (id: string): RunListing | undefined => listRuns(home).find((run) => run.id === id)
  const result = (id: string): RunResult | undefined => {
    const path = pathOf(id)
    if (path === undefined) return undefined
    try {
      const file = join(path, 'result.json')
      const { mtimeMs } = statSync(file)
      const known = results.get(id)
      if (known?.mtimeMs === mtimeMs) return known.result
      const read = JSON.parse(readFileSync(file, 'utf8')) as RunResult
      results.set(id, { mtimeMs, result: read })
      return read
    } catch {
      return undefined
    }
  }
  return {
    list: () => listRuns(home).map((run) => ({ ...run, running: runnerOf(run.path) !== undefined })),
    result,
    file: (id, name) => {
      const path = pathOf(id)
      try {
        return path === undefined ? undefined : readFileSync(join(path, name))
      } catch {
        return undefined
      }
    },
    trace: async (id, traceId): Promise<TraceFull | undefined> => {
      const path = pathOf(id)
      const read = result(id)
      if (path === undefined || read === undefined) return undefined
      const [trace] = await evidenceOfFolder(path, read, [traceId])
      return trace
    },
    events: (id, after, signal) =>
      listed(id) === undefined ? undefined : followEvents(join(home, 'runs', id), after, signal),
    stop: (id) => {
      const run = listed(id)
      const pid = run === undefined ? undefined : runnerOf(run.path)
      if (run === undefined) return 'unknown'
      if (pid === undefined) return 'not-running'
      process.kill(pid, 'SIGTERM')
      return 'told'
    },
  }
}

/** The process that runs it now. */
function runnerOf(path: string): number | undefined {
  const events = readEvents(path)
  const started = events.find((event) => event.type === 'run-started')
  const isOver = events.some((event) => event.type === 'run-ended')
  return started !== undefined && !isOver && isAlive(started.pid) ? started.pid : undefined
}

async function* followEvents(
  path: string,
  after: number,
  signal: AbortSignal,
): AsyncGenerator<TimedRunEvent> {
  let next = after
  while (!signal.aborted) {
    const events = readEvents(path)
    for (const event of events.slice(next)) yield event
    next = Math.max(next, events.length)
    if (events.some((event) => event.type === 'run-ended') || runnerOf(path) === undefined) return
    await new Promise((resolve) => setTimeout(resolve, lookMs))
  }
}
