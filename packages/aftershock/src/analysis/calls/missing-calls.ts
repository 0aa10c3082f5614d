import type { Forest } from '../assemble/forest.ts'
import { wasReachedUnseen } from '../assemble/reached.ts'
import { callTo } from './bursts.ts'
import { Fail } from './failure.ts'
import { isHedged, type LogicalCalls } from './logical-calls.ts'
import type { Missed, UsualCall } from './usual-callees.ts'

/**
 * Calls that are usual for the owner's operation, missed of late, and not made by this one: of each callee the first such.
 *
 * @param mute - operations of owners that tell of no calls: no call's span can be lost between such and an answer
 */
export function missing(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  missed: Missed,
  owner: number,
  mute: ReadonlySet<number>,
): readonly UsualCall[] {
  const usual = missed.get(forest.op[owner])
  if (usual === undefined) return []
  const isMade = (callee: number, nth: number): boolean =>
    nth === 0 || callTo(forest, logical, owner, callee, nth) !== -1
  const isReached = (callee: number): boolean =>
    wasReachedUnseen(forest, owner, callee, forest.start[owner], forest.end[owner])
  return usual
    .filter(({ callee, nth }) => isMade(callee, nth - 1) && !isMade(callee, nth))
    .filter(({ callee }) => !anyCallFailed(forest, fail, logical, owner, callee))
    .filter(({ callee }) => mute.has(forest.op[owner]) || !isReached(callee))
}

/** One that failed for good is why no other followed. */
function anyCallFailed(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  owner: number,
  callee: number,
): boolean {
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    const call = logical.calls[i]
    const isCutOff = fail[call] === Fail.cancelled && isHedged(logical, call)
    if (forest.callee[call] !== callee || fail[call] === Fail.ok || isCutOff) continue
    if (logical.next[call] === -1) return true
  }
  return false
}
