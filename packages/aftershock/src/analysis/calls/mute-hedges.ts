import { CLIENT } from '../../model/span-kind.ts'
import { TOLERANCE_NS } from '../assemble/clock-skew.ts'
import type { Forest } from '../assemble/forest.ts'
import { NEAR_NS } from './given-up.ts'
import type { OwnersCalls } from './owners-calls.ts'

/** Two calls of one operation of which nobody tells: how many such pairs, and those whose owner went on with the first answer. */
export type Beside = { pairs: number; firstUsed: number }

/** Fewer may have gone on just then for another reason, be it a time-out of its own. */
const FIRST_USED_MIN = 3
const FIRST_USED_SHARE = 0.3

/**
 * A caller of which no calls are told asked twice. After a time-out nobody waits for the first answer any more, and
 * after a failure there is none; of a hedge the first to come is used, now and then that of the first call.
 *
 * @param keyOf - a number for an owner's and a call's operation
 */
export function mutePairsSeen(
  forest: Forest,
  owners: OwnersCalls,
  keyOf: (owner: number, call: number) => number,
): ReadonlyMap<number, Beside> {
  const seen = new Map<number, Beside>()
  for (let owner = 0; forest.untold.length > 0 && owner < forest.length; owner++) {
    if (owners.callStart[owner + 1] - owners.callStart[owner] < 2) continue
    const calls = untoldCalls(forest, owners, owner)
    for (const call of calls) {
      const again = nextLike(forest, calls, call)
      if (again === -1) continue
      const key = keyOf(owner, call)
      const pair = seen.get(key) ?? { pairs: 0, firstUsed: 0 }
      seen.set(key, pair)
      pair.pairs += 1
      if (wentOnWith(forest, calls, owner, call, again)) pair.firstUsed += 1
    }
  }
  return seen
}

export function areHedges(seen: Beside | undefined): boolean {
  return (
    seen !== undefined && seen.firstUsed >= FIRST_USED_MIN && seen.firstUsed >= FIRST_USED_SHARE * seen.pairs
  )
}

/** Calls that were put in and answered. */
export function untoldCalls(
  forest: Forest,
  { callStart, calls }: OwnersCalls,
  owner: number,
): readonly number[] {
  const found: number[] = []
  for (let i = callStart[owner]; i < callStart[owner + 1]; i++) {
    const call = calls[i]
    if (forest.untold[call] === 1 && forest.kind[call] === CLIENT && forest.server[call] !== -1)
      found.push(call)
  }
  return found
}

/** The next call of the same operation, by when the answers began; -1 without one. */
export function nextLike({ op, start, server }: Forest, calls: readonly number[], call: number): number {
  const at = start[server[call]]
  let next = -1
  for (const one of calls) {
    if (one === call || op[one] !== op[call]) continue
    const from = start[server[one]]
    if (from < at || (from === at && one < call)) continue
    if (next === -1 || from < start[server[next]]) next = one
  }
  return next
}

/** As the first answer came, and well before the second, the owner called somebody else, or ended. */
function wentOnWith(
  { op, start, end, server }: Forest,
  calls: readonly number[],
  owner: number,
  first: number,
  second: number,
): boolean {
  const cameNs = end[server[first]]
  const isThen = (at: number): boolean =>
    at >= cameNs - TOLERANCE_NS && at <= cameNs + NEAR_NS && at < end[server[second]] - TOLERANCE_NS
  return isThen(end[owner]) || calls.some((call) => op[call] !== op[first] && isThen(start[server[call]]))
}
