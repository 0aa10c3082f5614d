import { TOLERANCE_NS } from '../assemble/clock-skew.ts'
import type { Forest } from '../assemble/forest.ts'
import { copyOf } from '../numbers/columns.ts'
import { Fail, saysTimedOut } from './failure.ts'
import type { OwnersCalls } from './owners-calls.ts'
import { TextClasses } from './text-class.ts'

/**
 * Calls that outlive the owner that failed for want of them: a time-out around a call (opossum, a future with a limit,
 * a race with a timer) ends the waiting, not the call's span, which ends when the answer comes or never. Waiting for
 * them was over when the owner ended, whatever their spans say.
 *
 * @param waitForLast - 1 for services whose owners wait for their last call where nothing is wrong
 * @returns `fail` with such calls told as time-outs, and `end` with the end of the waiting; as given without any
 */
export function givenUpByOwners(
  forest: Forest,
  given: Uint8Array,
  owners: OwnersCalls,
  waitForLast: Uint8Array,
): { readonly fail: Uint8Array; readonly end: Float64Array } {
  let [fail, end] = [given, forest.end]
  const classes = new TextClasses(forest.table.strings)
  for (let owner = 0; owner < forest.length; owner++) {
    if (given[owner] === Fail.ok || forest.callee[owner] !== -1) continue
    for (const call of leftBehind(forest, given, classes, owners, owner, waitForLast)) {
      if (fail === given) [fail, end] = [copyOf(given), copyOf(forest.end)]
      fail[call] = Fail.timeout
      end[call] = forest.end[owner]
    }
  }
  return { fail, end }
}

/** Calls that ran on when their owner failed, if that is why it failed: the last begun, and those that nobody tells of. */
function leftBehind(
  forest: Forest,
  fail: Uint8Array,
  classes: TextClasses,
  { callStart, calls }: OwnersCalls,
  owner: number,
  waitForLast: Uint8Array,
): readonly number[] {
  const over = forest.end[owner] + TOLERANCE_NS
  const left: number[] = []
  for (let i = callStart[owner]; i < callStart[owner + 1]; i++) {
    const call = calls[i]
    const isUntold = forest.untold[call] === 1
    const runsOn = isUntold ? runsOnUntold(forest, fail, call, over) : forest.end[call] > over
    // What failed in time is why.
    if (!runsOn && fail[call] !== Fail.ok && forest.end[call] > forest.end[owner] - NEAR_NS) return []
    if (runsOn && forest.start[call] < forest.end[owner]) left.push(call)
  }
  if (left.length === 0) return []
  const last = left[left.length - 1]
  const says = saysTimedOut(forest, classes, owner)
  if (!says && isLeftByItsCaller(forest, fail, owner)) return []
  if (forest.untold[last] === 1) return left.filter((call) => forest.untold[call] === 1)
  return fail[last] === Fail.timeout || says || isLeft(forest, waitForLast, owner, last) ? [last] : []
}

/**
 * The span of a call by the JDK's client goes on until the answer comes, though nobody waits for it any more: who always
 * waits, and fails without a reason of its own, has given it up.
 */
function isLeft(
  { table, row, service, end }: Forest,
  waitForLast: Uint8Array,
  owner: number,
  last: number,
): boolean {
  if (waitForLast[service[owner]] === 0 || end[last] <= end[owner] + NEAR_NS) return false
  // A status is no reason.
  const type = table.strings[table.errorType[row[owner]]]
  return table.errorMessage[row[owner]] === 0 && /^\d*$/.test(type)
}

/** An owner fails so soon after the call that failed it, ns. */
export const NEAR_NS = 20e6

/**
 * A failed answer that seems to end soon after its owner is why that failed: where nobody tells of the call the clocks
 * of the two are known less well.
 */
function runsOnUntold({ server, end }: Forest, fail: Uint8Array, call: number, over: number): boolean {
  const answer = server[call]
  if (answer === -1 || end[answer] <= over) return false
  return fail[answer] === Fail.ok || end[answer] - over > NEAR_NS
}

/** Its caller waits for its answer no more. */
export function isGivenUp(fail: Uint8Array, call: number): boolean {
  return fail[call] === Fail.timeout || fail[call] === Fail.cancelled
}

/**
 * Ended because its own caller had left, or the caller of that: it gave up nobody. Such news goes down from one to the
 * next in a moment, through calls that nobody tells of as well.
 */
export function isLeftByItsCaller(forest: Forest, fail: Uint8Array, owner: number): boolean {
  const { parent, callee, end, untold, owner: ownerOf } = forest
  let call = parent[owner]
  while (call !== -1 && callee[call] !== -1 && Math.abs(end[call] - end[owner]) <= NEAR_NS) {
    if (isGivenUp(fail, call)) return true
    if (untold[call] !== 1) return false
    call = parent[ownerOf[call]]
  }
  return false
}
