import { SERVER } from '../../model/span-kind.ts'
import type { Forest } from '../assemble/forest.ts'
import { columnOf } from '../numbers/columns.ts'
import { Fail, saysTimedOut } from './failure.ts'
import { type Habit, type Habits, habitOf } from './habits.ts'
import { type HiddenAttempts, hiddenAttempts, isHandedOn } from './hidden-attempts.ts'
import type { OwnersCalls } from './owners-calls.ts'
import { TextClasses } from './text-class.ts'

/** Which calls are attempts of the same call (design.md 5.6), by position. */
export type LogicalCalls = OwnersCalls & {
  /** The attempt before, -1 for a first one (and for what is no call). */
  readonly previous: Int32Array
  readonly next: Int32Array
  /** 1 = first; 0 = no call. */
  readonly attempt: Uint16Array
  /** 1 where this attempt was begun while the former still ran. */
  readonly hedged: Uint8Array
  /** Attempts within one span. */
  readonly inner: HiddenAttempts
}

/** Attempts further apart than this are not tries of one call. */
const BACKOFF_MAX_NS = 60e9

/**
 * Groups attempts: the same owner calls the same operation again after the former attempt failed. Where a
 * healthy owner makes several such calls anyway (N+1), the next item after a failed one is no retry: there
 * it takes a resend count, more calls than a healthy owner ever makes, or a pause longer than between items.
 */
export function logicalCalls(
  forest: Forest,
  fail: Uint8Array,
  { callStart, calls }: OwnersCalls,
  habits: Habits,
): LogicalCalls {
  const previous = columnOf(Int32Array, forest.length, -1)
  const next = columnOf(Int32Array, forest.length, -1)
  const attempt = columnOf(Uint16Array, forest.length)
  const hedged = columnOf(Uint8Array, forest.length)
  const handedOn = new Set<number>()
  const links = { previous, next }
  for (let owner = 0; owner < forest.length; owner++) {
    const from = callStart[owner]
    const to = callStart[owner + 1]
    for (let i = from; i < to; i++) {
      const p = calls[i]
      // Most owners call but once: nothing can have come before.
      const before =
        i === from
          ? -1
          : formerAttempt(
              forest,
              fail,
              calls,
              from,
              i,
              links,
              habitOf(forest, habits, owner, p),
              hedged,
              handedOn,
            )
      previous[p] = before
      attempt[p] = before === -1 ? 1 : attempt[before] + 1
      if (before !== -1) next[before] = p
    }
  }
  if (forest.orphans > 0) cutOffByLost(forest, fail, { previous, next })
  const inner = hiddenAttempts(forest, habits.answersMax, (p) => previous[p] === -1 && !handedOn.has(p))
  return { previous, next, attempt, hedged, inner, callStart, calls }
}

/**
 * By how much the next attempt may seem to begin before the former ended. Clocks of SDKs tick in ms, and a call
 * that is given up ends its span only after the caller has gone on; short calls are given less, since they may
 * really run side by side.
 */
function slackNs(forest: Forest, call: number, next: number): number {
  const tick = forest.start[next] > forest.start[call] && startsOnATick(forest, next) ? TICK_NS - 1 : 0
  return Math.min(SLACK_MAX_NS, Math.max(1_000, tick, (forest.end[call] - forest.start[call]) / 50))
}

const TICK_NS = 1e6

/** The SDK of JavaScript cuts starts off at the millisecond, and not ends: a span may have begun up to one later. */
function startsOnATick({ table, row }: Forest, p: number): boolean {
  return (Number(table.epochNs % 1_000_000n) + table.startNs[row[p]]) % TICK_NS === 0
}

const SLACK_MAX_NS = 1.5e6

function formerAttempt(
  forest: Forest,
  fail: Uint8Array,
  calls: Uint32Array,
  from: number,
  i: number,
  { previous, next }: Pick<LogicalCalls, 'previous' | 'next'>,
  habit: Habit,
  hedged: Uint8Array,
  handedOn: Set<number>,
): number {
  const p = calls[i]
  const resent = forest.table.resendCount[forest.row[p]] > 0
  let before = -1
  let same = 1
  let lastEnd = Number.NEGATIVE_INFINITY
  for (let j = i - 1; j >= from && i - j < 256; j--) {
    const q = calls[j]
    if (forest.op[q] !== forest.op[p]) continue
    // Another attempt is no other item.
    if (previous[q] === -1) same += 1
    if (forest.end[q] <= forest.start[p]) lastEnd = Math.max(lastEnd, forest.end[q])
    if (next[q] !== -1 || before !== -1) continue
    const gap = forest.start[p] - forest.end[q]
    if (gap < 0 && gap < -slackNs(forest, q, p)) {
      const isUsual = habit.overlaps && callsLike(forest, calls, from, p) <= habit.callsMax
      if (!isUsual && wasHedged(forest, fail, q, p)) {
        hedged[p] = 1
        cutOffLosers(forest, fail, q, p)
        before = q
      }
      continue
    }
    if (resent && isHandedOn(forest, q)) handedOn.add(p)
    const isTriedAgain = fail[q] !== Fail.ok || (resent && !handedOn.has(p))
    if (isTriedAgain && gap < BACKOFF_MAX_NS) before = q
  }
  if (before === -1 || hedged[p] === 1) return before
  if (resent || habit.callsMax <= 1) return before
  // Items that always have another call between them are told from tries, which follow each other.
  if (habit.apart && same <= habit.callsMax) return follows(forest, calls, i, before) ? before : -1
  // From the item before, which need not be the one that failed.
  const gap = forest.start[p] - Math.max(lastEnd, forest.end[before])
  return same > habit.callsMax || gap > habit.gapMaxNs * 1.5 + 1e6 ? before : -1
}

/** No call of another operation was begun between the two. */
function follows({ op }: Forest, calls: Uint32Array, i: number, before: number): boolean {
  for (let j = i - 1; calls[j] !== before; j--) if (op[calls[j]] !== op[before]) return false
  return true
}

/** The loser of a hedge was cut off by its own caller, who had an answer: it did not fail, and nobody gave up. */
function cutOffLosers(forest: Forest, fail: Uint8Array, first: number, second: number): void {
  const loser = fail[first] === Fail.timeout ? first : second
  if (fail[loser] === Fail.timeout && forest.callee[loser] !== -1) fail[loser] = Fail.cancelled
}

/**
 * The winner of a hedge may be what was lost: its answer is there, without a parent, and the other call ended with it.
 * Of calls that say how they ended only those that were called off, and not those that ran into their own limit.
 */
function cutOffByLost(
  forest: Forest,
  fail: Uint8Array,
  { previous, next }: Pick<LogicalCalls, 'previous' | 'next'>,
): void {
  const { trace, traceStart, size, orphan, kind, service, start, end, owner, callee } = forest
  const classes = new TextClasses(forest.table.strings)
  for (let p = 0; p < forest.length; p++) {
    if (fail[p] !== Fail.timeout || callee[p] === -1 || previous[p] !== -1 || next[p] !== -1) continue
    if (saysTimedOut(forest, classes, p)) continue
    const upTo = traceStart[trace[p] + 1]
    for (let q = traceStart[trace[p]]; q < upTo; q += size[q]) {
      if (orphan[q] === 0 || kind[q] !== SERVER || service[q] !== callee[p] || fail[q] !== Fail.ok) continue
      if (start[q] >= start[owner[p]] && end[q] <= end[p] + CUT_OFF_NS && end[q] > end[p] - CUT_OFF_NS)
        fail[p] = Fail.cancelled
    }
  }
}

/** Calls of the same operation that the owner made. */
function callsLike(forest: Forest, calls: Uint32Array, from: number, p: number): number {
  let made = 0
  for (let j = from; j < calls.length && forest.owner[calls[j]] === forest.owner[p]; j++) {
    if (forest.op[calls[j]] === forest.op[p]) made += 1
  }
  return made
}

/** The loser of a hedge ends so soon after its winner. */
export const CUT_OFF_NS = 5e6

/**
 * A second call begun while the first ran, beyond what healthy owners make: the loser was cut off by the winner, or by
 * the answer that failed both.
 */
function wasHedged(forest: Forest, fail: Uint8Array, first: number, second: number): boolean {
  if (Math.abs(forest.end[first] - forest.end[second]) >= CUT_OFF_NS) return false
  const cut = (loser: number, winner: number): boolean =>
    fail[winner] === Fail.ok
      ? fail[loser] !== Fail.ok
      : fail[loser] === Fail.timeout && fail[winner] !== Fail.timeout && fail[winner] !== Fail.cancelled
  return cut(first, second) || cut(second, first)
}

/** One of two calls sent side by side. */
export function isHedged({ hedged, next }: LogicalCalls, p: number): boolean {
  return hedged[p] === 1 || (next[p] !== -1 && hedged[next[p]] === 1)
}
