import { callTo } from '../calls/bursts.ts'
import type { Judged } from './judged.ts'

/**
 * Whether an owner left out a call that its like make as one before it failed for good: the other items of a loop, or
 * what would have been done with the answer. Had the call not failed, it would have gone on to make the others.
 *
 * @param isGone - whether the failure of a call is thought away
 */
export function leftOutCalls(
  judged: Pick<Judged, 'forest' | 'logical' | 'leftOut'>,
  owner: number,
  isGone: (call: number) => boolean,
): boolean {
  const { forest, logical, leftOut } = judged
  const usual = leftOut.get(forest.op[owner])
  if (usual === undefined) return false
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    const call = logical.calls[i]
    if (logical.next[call] !== -1 || !isGone(call)) continue
    const callee = forest.callee[call]
    if (
      usual.some(
        (one) => !one.before.has(callee) && callTo(forest, logical, owner, one.callee, one.nth) === -1,
      )
    )
      return true
  }
  return false
}
