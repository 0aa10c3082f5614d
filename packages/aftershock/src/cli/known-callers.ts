import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listRuns } from '../engine/list-runs.ts'
import type { RunResult } from '../model/result.ts'

/** Older runs than these say little about the system of today. */
const RUNS_MAX = 5

export type KnownCallers = { readonly run: string; readonly callers: readonly string[] }

/**
 * Who called these services in the newest run that saw them called: before a run starts, nothing else tells.
 *
 * @returns undefined when no run did
 */
export function knownCallers(home: string, services: readonly string[]): KnownCallers | undefined {
  for (const run of listRuns(home).slice(0, RUNS_MAX)) {
    if (run.exitCode === undefined) continue
    const { edges } = JSON.parse(readFileSync(join(run.path, 'result.json'), 'utf8')) as RunResult
    const callers = edges.filter((edge) => services.includes(edge.to)).map((edge) => edge.from)
    if (callers.length > 0) return { run: run.id, callers: [...new Set(callers)].sort() }
  }
  return undefined
}
