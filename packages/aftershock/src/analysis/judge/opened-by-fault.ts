import { edgeKey } from '../assemble/edge-key.ts'
import { Phase } from '../assemble/phases.ts'
import { BURST_MIN } from '../calls/bursts.ts'
import { Fail } from '../calls/failure.ts'
import type { HiddenRejections } from '../calls/rejections.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import type { Attribution, EdgeFailures } from './blame.ts'
import type { Judged } from './judged.ts'

/** Edges on which a breaker rejected calls of chaos or recovery: operations whose calls it rejected, and its last rejection, ns. */
export type Rejected = ReadonlyMap<number, { readonly owners: ReadonlySet<number>; readonly lastNs: number }>

export function rejectedSeen(
  { forest, fail, phases }: Judged,
  { callee: hidden, quiet, beside }: HiddenRejections,
): Rejected {
  const { service, callee, owner, op, start } = forest
  const rejected = new Map<number, { owners: Set<number>; lastNs: number }>()
  const add = (p: number, to: number): void => {
    if (phases.ofTrace[forest.trace[p]] < Phase.chaos) return
    const edge = edgeKey(service[p], to)
    const known = rejected.get(edge) ?? { owners: new Set(), lastNs: start[p] }
    known.owners.add(op[owner[p]])
    known.lastNs = Math.max(known.lastNs, start[p])
    rejected.set(edge, known)
  }
  for (let p = 0; p < forest.length; p++) {
    if (callee[p] !== -1) {
      if (fail[p] === Fail.rejected) add(p, callee[p])
    } else if (hidden[p] !== -1) add(p, hidden[p])
    else if (quiet[p] !== -1) add(p, quiet[p])
  }
  for (const [p, to] of beside) if (hidden[p] !== -1) add(p, to)
  return rejected
}

export function rejectedOf(seen: readonly Rejected[]): Rejected {
  return joinedMaps(seen, (all) => ({
    owners: new Set(all.flatMap(({ owners }) => [...owners])),
    lastNs: Math.max(...all.map(({ lastNs }) => lastNs)),
  }))
}

/**
 * Whether a failed call may have opened a breaker of its edge: one whose owner's like was rejected, before the last
 * rejection. What others call at the same service has breakers of its own, or none.
 */
export function mayHaveOpened(rejected: Rejected, edge: number, ownerOp: number, endNs: number): boolean {
  const known = rejected.get(edge)
  return known !== undefined && endNs <= known.lastNs && known.owners.has(ownerOp)
}

/** Most of the failures that may have opened the edge's breaker were the fault's, of too few those of the whole edge. */
export function isOpenedByFault(
  { edges, openers }: Pick<Attribution, 'edges' | 'openers'>,
  caller: number,
  callee: number,
): boolean {
  const key = edgeKey(caller, callee)
  const own = openers.get(key)
  return isMostlyHit(own !== undefined && own.all >= BURST_MIN ? own : edges.get(key))
}

function isMostlyHit(failures: EdgeFailures | undefined): boolean {
  return failures !== undefined && failures.attributed > 0 && failures.attributed >= 0.5 * failures.all
}
