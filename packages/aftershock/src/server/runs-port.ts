import type { RunListing } from '../engine/list-runs.ts'
import type { RunResult, TraceFull } from '../model/result.ts'
import type { TimedRunEvent } from '../model/run.ts'

/** What the API needs of the runs on disk; `cli/serve.ts` gives it. */
export type RunsPort = {
  list(): readonly (RunListing & { readonly running: boolean })[]
  /** Undefined: no such run, or no result yet. */
  result(id: string): RunResult | undefined
  /** Any file of the run folder that a browser may have. */
  file(id: string, name: 'report.html' | 'summary.md' | 'junit.xml' | 'journal.json'): Buffer | undefined
  trace(id: string, traceId: string): Promise<TraceFull | undefined>
  /** Events from `after` on, as they come; ends with the run or with `signal`. Undefined: no such run. */
  events(id: string, after: number, signal: AbortSignal): AsyncIterable<TimedRunEvent> | undefined
  /** Asks the runner to stop and undo. */
  stop(id: string): 'told' | 'not-running' | 'unknown'
}

/** The page as it was built. */
export type PageAssets = { readonly html: string; readonly js: string; readonly css: string }
