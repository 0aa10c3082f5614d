import type { Forest } from '../assemble/forest.ts'
import { columnOf } from '../numbers/columns.ts'
import { summed } from '../numbers/sums.ts'
import { NEAR_NS } from './given-up.ts'

/** Owners that ended well, by service, and those of them whose last call was still running. */
export type LastCallsSeen = { readonly owners: Float64Array; readonly left: Float64Array }

type Spans = Pick<Forest, 'table' | 'row' | 'untold' | 'service' | 'callee' | 'owner' | 'end'>

export function lastCallsSeen(spans: Spans, services: number): LastCallsSeen {
  const { table, row, untold, service, callee, owner, end } = spans
  const [owners, left] = [new Float64Array(services), new Float64Array(services)]
  const last = columnOf(Int32Array, row.length, -1)
  // An owner's calls stand in the order in which they began.
  for (let p = 0; p < row.length; p++) if (callee[p] !== -1 && untold[p] !== 1) last[owner[p]] = p
  for (let p = 0; p < row.length; p++) {
    if (last[p] === -1 || table.status[row[p]] === 2 || table.httpStatus[row[p]] >= 500) continue
    owners[service[p]] += 1
    if (end[last[p]] > end[p] + NEAR_NS) left[service[p]] += 1
  }
  return { owners, left }
}

export function joinedLastCalls(seen: readonly LastCallsSeen[]): LastCallsSeen {
  return { owners: summed(seen.map((s) => s.owners)), left: summed(seen.map((s) => s.left)) }
}

/** Of fewer owners nobody can tell. */
const OWNERS_MIN = 10
const LEFT_SHARE = 0.05

/** 1 for services that wait for their last call: who fails while it still runs has given it up. */
export function waitingForLast(seen: readonly LastCallsSeen[]): Uint8Array {
  const { owners, left } = joinedLastCalls(seen)
  return Uint8Array.from(owners, (n, s) => (n >= OWNERS_MIN && left[s] <= LEFT_SHARE * n ? 1 : 0))
}
