import { TOLERANCE_NS } from '../assemble/clock-skew.ts'
import type { Forest } from '../assemble/forest.ts'
import { columnOf } from '../numbers/columns.ts'
import { Fail, OWN_POOL, SLOW_CALLEE } from './failure.ts'
import type { LogicalCalls } from './logical-calls.ts'
import { poolTimeouts } from './own-pool.ts'
import type { HiddenRejections } from './rejections.ts'
import { calleeKey } from './usual-callees.ts'

/** Where failures begin, and which failure each further one came from. */
export type Origins = {
  /** 1 where a failure begins: no failed call or answer below explains it. */
  readonly begins: Uint8Array
  /** For beginnings: `Fail`, with hidden rejections time-outs of slow callees (`SLOW_CALLEE`) and of own pools (`OWN_POOL`) told apart. */
  readonly as: Uint8Array
  /** Failed span → the failed span it came from; -1 for beginnings and for time-outs of a slow callee. */
  readonly cause: Int32Array
  /** Owner → the service a breaker kept it from calling, or whose answer it did not get, where no call is told; else -1. */
  readonly rejectedBy: Int32Array
}

/** The span at which a failure began. */
export function rootOf({ cause }: Pick<Origins, 'cause'>, p: number): number {
  let at = p
  while (cause[at] !== -1) at = cause[at]
  return at
}

/**
 * A failed call came from its failed answer; a failed owner from the last of its logical calls that failed
 * for good, or from another beside it where such owners do well without that one. Time-outs begin at the caller who
 * stopped waiting.
 *
 * @param survived - see `survivedCallees()`
 */
export function originsOf(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  hidden: HiddenRejections,
  survived: ReadonlySet<number>,
): Origins {
  const n = forest.length
  const begins = columnOf(Uint8Array, n)
  const as = columnOf(Uint8Array, n)
  const cause = columnOf(Int32Array, n, -1)
  const rejectedBy = hidden.callee.slice()
  const isPoolTimeout = poolTimeouts(forest)
  for (let p = 0; p < n; p++) {
    if (fail[p] === Fail.ok) continue
    const isCall = forest.callee[p] !== -1
    if (!isCall && forest.owner[p] !== p) continue
    if (isCall) {
      const answer = forest.server[p]
      const answered = fail[p] === Fail.error || fail[p] === Fail.shed
      if (answered && answer !== -1 && fail[answer] !== Fail.ok) cause[p] = answer
    } else if (hidden.callee[p] === -1) cause[p] = fatalCall(forest, fail, logical, survived, p)
    if (cause[p] !== -1) continue
    begins[p] = 1
    if (!isCall && hidden.unanswered[p] !== -1) rejectedBy[p] = hidden.unanswered[p]
    as[p] = !isCall && hidden.callee[p] !== -1 ? Fail.rejected : fail[p]
    if (isCall && fail[p] === Fail.timeout) {
      if (calleeWasSlow(forest, p)) as[p] = SLOW_CALLEE
      else if (isPoolTimeout(p)) as[p] = OWN_POOL
    }
  }
  return { begins, as, cause, rejectedBy }
}

function fatalCall(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  survived: ReadonlySet<number>,
  owner: number,
): number {
  const last = lastFailedCall(forest, fail, logical, owner, () => true)
  const { op, callee, start, end } = forest
  const isSurvived = (call: number): boolean => survived.has(calleeKey(op[owner], callee[call]))
  if (last === -1 || !isSurvived(last)) return last
  // Who goes on to the next call after one that failed did well without that one too.
  const isBeside = (call: number): boolean => end[call] > start[last] && end[call] <= end[owner]
  const other = lastFailedCall(forest, fail, logical, owner, (call) => isBeside(call) && !isSurvived(call))
  return other === -1 ? last : other
}

function lastFailedCall(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  owner: number,
  isMeant: (call: number) => boolean,
): number {
  let last = -1
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    if (logical.next[logical.calls[i]] !== -1) continue
    const call = answeredOf(fail, logical, logical.calls[i])
    if (call === owner || fail[call] === Fail.ok || !isMeant(call)) continue
    // A call begun after its owner had answered cannot be why it failed; clocks within one process differ by a tick.
    if (forest.start[call] > forest.end[owner] + TOLERANCE_NS) continue
    if (last === -1 || forest.end[call] >= forest.end[last]) last = call
  }
  return last
}

/** Of two calls side by side the one that was not cut off: it had the answer. */
function answeredOf(fail: Uint8Array, { hedged, previous }: LogicalCalls, last: number): number {
  return hedged[last] === 1 && fail[last] === Fail.cancelled ? previous[last] : last
}

/** The callee alone used up the limit: what made it slow lies below, not on this edge. */
export function calleeWasSlow(forest: Forest, call: number): boolean {
  const answer = forest.server[call]
  if (answer === -1) return false
  return forest.end[answer] - forest.start[answer] >= 0.9 * (forest.end[call] - forest.start[call])
}
