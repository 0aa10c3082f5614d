import { ascending } from './order.ts'
import type { Interval } from './window.ts'

/** Those that overlap or touch become one; in order. */
export function unitedIntervals(intervals: readonly Interval[]): readonly Interval[] {
  const sorted = intervals.toSorted(ascending((one) => one.startNs))
  const joined: Interval[] = []
  for (const one of sorted) {
    const last = joined.at(-1)
    if (last === undefined || one.startNs > last.endNs) joined.push(one)
    else if (one.endNs > last.endNs) joined[joined.length - 1] = { startNs: last.startNs, endNs: one.endNs }
  }
  return joined
}
