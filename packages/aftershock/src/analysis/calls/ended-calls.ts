import type { Forest } from '../assemble/forest.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import { lowerBound } from '../numbers/lower-bound.ts'
import { type CallTimes, edgeOfInstance, placeOfCall } from './bursts.ts'
import { Fail } from './failure.ts'
import type { LogicalCalls } from './logical-calls.ts'
import { CALLS_MAX, type Missed } from './usual-callees.ts'

/** A call that failed for good, where its breaker sits, and when the next such call was begun. */
export type Ended = {
  readonly p: number
  readonly place: number
  readonly key: number
  readonly nextNs: number
}

/** Key (owner's and call's operation, and which of such calls) → how often attempts failed, as `Fail`, and another followed. */
export type Tries = ReadonlyMap<number, { readonly most: number; readonly followed: readonly number[] }>

/**
 * Breakers within retries: a call that failed with fewer attempts than its like take, just before its breaker is seen to
 * reject others, was tried again, and that attempt rejected without a span. Here the calls that ended so early that it
 * may be, and what their like do.
 */
export function endedCalls(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  missed: Missed,
  times: CallTimes,
): { readonly ended: readonly Ended[]; readonly tries: Tries } {
  const ended: Ended[] = []
  const tries = new Map<number, { most: number; followed: number[] }>()
  for (let p = 0; missed.size > 0 && p < forest.length; p++) {
    if (forest.callee[p] === -1 || fail[p] === Fail.ok) continue
    const owner = forest.owner[p]
    if (missed.get(forest.op[owner])?.some(({ callee }) => callee === forest.callee[p]) !== true) continue
    const nth = nthCall(forest, logical, owner, p)
    const key = (forest.op[owner] * forest.ops.length + forest.op[p]) * CALLS_MAX + nth - 1
    if (logical.next[p] === -1) {
      const place = placeOfCall(edgeOfInstance(forest.instance[p], forest.callee[p]), forest.op[owner], nth)
      const starts = times.starts.get(place) ?? NEVER
      const nextNs = starts[lowerBound(starts, forest.end[p])] ?? Number.POSITIVE_INFINITY
      ended.push({ p, place, key, nextNs })
      continue
    }
    const known = tries.get(key) ?? { most: 0, followed: [] }
    tries.set(key, known)
    known.most = Math.max(known.most, logical.attempt[p] + 1)
    known.followed[fail[p]] = (known.followed[fail[p]] ?? 0) + 1
  }
  return { ended, tries }
}

const NEVER = new Float64Array(0)

/** The first, second, … of the owner's calls to that service, tries of one counted once. */
function nthCall({ callee }: Forest, logical: LogicalCalls, owner: number, p: number): number {
  let nth = 0
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    const call = logical.calls[i]
    if (callee[call] === callee[p] && logical.previous[call] === -1) nth += 1
    if (call === p) break
  }
  return Math.min(nth, CALLS_MAX)
}

export function joinedTries(seen: readonly Tries[]): Tries {
  return joinedMaps(seen, (all) => ({
    most: Math.max(...all.map((one) => one.most)),
    followed: Array.from({ length: Fail.dns + 1 }, (_, as) =>
      all.reduce((n, one) => n + (one.followed[as] ?? 0), 0),
    ),
  }))
}
