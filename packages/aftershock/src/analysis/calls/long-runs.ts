import { lowerBound } from '../numbers/lower-bound.ts'
import {
  BURST_MIN,
  BURST_NS,
  type CallTimes,
  callAnywhere,
  edgeOfPlace,
  placeOf,
  type TimesSeen,
  timesOf,
} from './bursts.ts'

/** Place (`placeOfCall`) → spells in which a breaker rejected whoever came by. */
export type LongRuns = ReadonlyMap<number, readonly { readonly fromNs: number; readonly toNs: number }[]>

/** So many in a row that leave out a call, and none that makes it, are no bad luck. */
const RUN_MIN = 5

/**
 * Of traces of which a share was kept too few failures are told for a burst. One request after the other that fails
 * without the call, from one that made it to the next, are a breaker's all the same where the last calls before them
 * failed: two, or one where the same call has a breaker in another instance of the service.
 *
 * @param alone - such requests, by place
 * @param known - places where a breaker is known
 */
export function longRuns(
  alone: readonly TimesSeen[],
  times: CallTimes,
  known: ReadonlySet<number>,
): LongRuns {
  const siblings = new Set([...known].map(callAnywhere))
  const runs = new Map<number, { readonly fromNs: number; readonly toNs: number }[]>()
  for (const [place, rejected] of timesOf(alone)) {
    const made = times.starts.get(place) ?? new Float64Array(0)
    const found = [...Map.groupBy(rejected, (at) => lowerBound(made, at)).values()].flatMap((run) => {
      const failed = failedBefore(times, edgeOfPlace(place), run[0])
      const isOpen = failed >= BURST_MIN - 1 || (failed > 0 && siblings.has(callAnywhere(place)))
      return run.length >= RUN_MIN && isOpen ? [{ fromNs: run[0], toNs: run[run.length - 1] }] : []
    })
    if (found.length > 0) runs.set(place, found)
  }
  return runs
}

/** How many of the last two calls of an operation of the edge failed, from the last one back. */
function failedBefore(times: CallTimes, edge: number, atNs: number): number {
  let most = 0
  for (const op of times.opsOf.get(edge) ?? []) {
    const ends = times.ends.get(placeOf(edge, op)) ?? new Float64Array(0)
    const failures = times.failures.get(placeOf(edge, op)) ?? new Float64Array(0)
    const ended = lowerBound(ends, atNs)
    let failed = 0
    while (failed < BURST_MIN - 1 && failed < ended && hasFailed(failures, ends[ended - 1 - failed], atNs))
      failed += 1
    most = Math.max(most, failed)
  }
  return most
}

function hasFailed(failures: Float64Array, endNs: number, atNs: number): boolean {
  return failures[lowerBound(failures, endNs)] === endNs && atNs - endNs <= BURST_NS
}
