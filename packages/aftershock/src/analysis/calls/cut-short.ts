import { columnOf } from '../numbers/columns.ts'
import { lowerBound } from '../numbers/lower-bound.ts'
import { BURST_NS } from './bursts.ts'
import type { Tries } from './ended-calls.ts'
import type { LogicalCalls } from './logical-calls.ts'
import type { HiddenRejections, RejectionsFound } from './rejections.ts'

/** So often a failure of that kind must have been followed by another attempt. */
const FOLLOWED_MIN = 3

/** Marks the attempts after which a breaker rejected the next one: `rejectedAt` has, by place, when it rejected others. */
export function markCutShort(
  { fail, end, logical }: Readonly<{ fail: Uint8Array; end: Float64Array; logical: LogicalCalls }>,
  { ended }: RejectionsFound,
  tries: Tries,
  rejectedAt: ReadonlyMap<number, Float64Array>,
): HiddenRejections['cutShort'] {
  const cutShort = columnOf(Uint8Array, fail.length)
  for (const { p, place, key, nextNs } of ended) {
    const rejected = rejectedAt.get(place)
    const like = tries.get(key)
    if (rejected === undefined || like === undefined || logical.attempt[p] >= like.most) continue
    if ((like.followed[fail[p]] ?? 0) < FOLLOWED_MIN) continue
    const at = rejected[lowerBound(rejected, end[p])] ?? Number.POSITIVE_INFINITY
    if (at < nextNs && at <= end[p] + BURST_NS) cutShort[p] = 1
  }
  return cutShort
}
