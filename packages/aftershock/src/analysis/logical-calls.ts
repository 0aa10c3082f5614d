import { Fail } from './failure.ts'
import type { Forest } from './forest.ts'
import { Phase } from './phases.ts'
import { TupleIds } from './tuple-ids.ts'

/** Which calls are attempts of the same call (design.md 5.6), by position. */
export type LogicalCalls = {
  /** The attempt before, -1 for a first one (and for what is no call). */
  readonly previous: Int32Array
  readonly next: Int32Array
  /** 1 = first; 0 = no call. */
  readonly attempt: Uint16Array
  /** 1 where this attempt was begun while the former still ran. */
  readonly hedged: Uint8Array
  /** Owner → its calls, by start: `calls[callStart[p]] … calls[callStart[p + 1]]`. */
  readonly callStart: Uint32Array
  readonly calls: Uint32Array
}

/** Attempts further apart than this are not tries of one call. */
const BACKOFF_MAX_NS = 60e9

/**
 * Groups attempts: the same owner calls the same operation again after the former attempt failed. Where a
 * healthy owner makes several such calls anyway (N+1), the next item after a failed one is no retry: there
 * it takes a resend count, more calls than a healthy owner ever makes, or a pause longer than between items.
 */
export function logicalCalls(forest: Forest, fail: Uint8Array, phaseOfTrace: Uint8Array): LogicalCalls {
  const { callStart, calls } = callsByOwner(forest)
  const sites = siteHabits(forest, fail, phaseOfTrace, callStart, calls)
  const previous = new Int32Array(forest.length).fill(-1)
  const next = new Int32Array(forest.length).fill(-1)
  const attempt = new Uint16Array(forest.length)
  const hedged = new Uint8Array(forest.length)
  for (let owner = 0; owner < forest.length; owner++) {
    const [from, to] = [callStart[owner], callStart[owner + 1]]
    for (let i = from; i < to; i++) {
      const p = calls[i]
      const before = formerAttempt(forest, fail, calls, from, i, next, sites.of(owner, p), hedged)
      previous[p] = before
      attempt[p] = before === -1 ? 1 : attempt[before] + 1
      if (before !== -1) next[before] = p
    }
  }
  return { previous, next, attempt, hedged, callStart, calls }
}

/**
 * By how much the next attempt may seem to begin before the former ended. Clocks of SDKs tick in ms, and a call
 * that is given up ends its span only after the caller has gone on; short calls are given less, since they may
 * really run side by side.
 */
function slackNs(forest: Forest, call: number): number {
  return Math.min(SLACK_MAX_NS, Math.max(1_000, (forest.end[call] - forest.start[call]) / 50))
}

const SLACK_MAX_NS = 1.5e6

function callsByOwner(forest: Forest): { callStart: Uint32Array; calls: Uint32Array } {
  const n = forest.length
  const callStart = new Uint32Array(n + 1)
  for (let p = 0; p < n; p++) if (forest.callee[p] !== -1) callStart[forest.owner[p] + 1] += 1
  for (let p = 0; p < n; p++) callStart[p + 1] += callStart[p]
  const at = callStart.slice()
  const calls = new Uint32Array(callStart[n])
  for (let p = 0; p < n; p++) if (forest.callee[p] !== -1) calls[at[forest.owner[p]]++] = p
  for (let p = 0; p < n; p++) {
    if (callStart[p + 1] - callStart[p] > 1) {
      calls
        .subarray(callStart[p], callStart[p + 1])
        .sort((a, b) => forest.start[a] - forest.start[b] || a - b)
    }
  }
  return { callStart, calls }
}

type Habit = { readonly callsMax: number; readonly gapMaxNs: number }

function formerAttempt(
  forest: Forest,
  fail: Uint8Array,
  calls: Uint32Array,
  from: number,
  i: number,
  next: Int32Array,
  habit: Habit,
  hedged: Uint8Array,
): number {
  const p = calls[i]
  const resent = forest.table.resendCount[forest.row[p]] > 0
  let before = -1
  let same = 1
  for (let j = i - 1; j >= from && i - j < 256; j--) {
    const q = calls[j]
    if (forest.op[q] !== forest.op[p]) continue
    same += 1
    if (next[q] !== -1 || before !== -1) continue
    const gap = forest.start[p] - forest.end[q]
    if (gap < -slackNs(forest, q)) {
      if (wasHedged(forest, fail, q, p, habit)) {
        hedged[p] = 1
        before = q
      }
      continue
    }
    if ((fail[q] !== Fail.ok || resent) && gap < BACKOFF_MAX_NS) before = q
  }
  if (before === -1 || hedged[p] === 1) return before
  if (resent || habit.callsMax <= 1) return before
  const gap = forest.start[p] - forest.end[before]
  return same > habit.callsMax || gap > habit.gapMaxNs * 1.5 + 1e6 ? before : -1
}

/** A second call begun while the first ran, where a healthy owner makes one: the loser was cut off by the winner. */
function wasHedged(forest: Forest, fail: Uint8Array, first: number, second: number, habit: Habit): boolean {
  if (habit.callsMax > 1) return false
  const cut = (loser: number, winner: number): boolean =>
    fail[loser] !== Fail.ok &&
    fail[winner] === Fail.ok &&
    Math.abs(forest.end[loser] - forest.end[winner]) < 5e6
  return cut(first, second) || cut(second, first)
}

/** How often and how closely a healthy owner of the baseline calls an operation. */
class SiteHabits {
  readonly ids = new TupleIds()
  readonly callsMax: number[] = []
  readonly gapMaxNs: number[] = []
  readonly #forest: Forest

  constructor(forest: Forest) {
    this.#forest = forest
  }

  of(owner: number, p: number): Habit {
    const id = this.ids.find(this.#forest.op[owner], this.#forest.op[p])
    return id === -1
      ? { callsMax: 1, gapMaxNs: 0 }
      : { callsMax: this.callsMax[id], gapMaxNs: this.gapMaxNs[id] }
  }

  saw(owner: number, p: number, calls: number, gapNs: number): void {
    const id = this.ids.id(this.#forest.op[owner], this.#forest.op[p])
    this.callsMax[id] = Math.max(this.callsMax[id] ?? 0, calls)
    this.gapMaxNs[id] = Math.max(this.gapMaxNs[id] ?? 0, gapNs)
  }
}

function siteHabits(
  forest: Forest,
  fail: Uint8Array,
  phaseOfTrace: Uint8Array,
  callStart: Uint32Array,
  calls: Uint32Array,
): SiteHabits {
  const habits = new SiteHabits(forest)
  // Without a baseline every healthy owner tells; with one only those of the baseline.
  const hasBaseline = phaseOfTrace.includes(Phase.baseline)
  for (let owner = 0; owner < forest.length; owner++) {
    const [from, to] = [callStart[owner], callStart[owner + 1]]
    if (from === to || (hasBaseline && phaseOfTrace[forest.trace[owner]] !== Phase.baseline)) continue
    for (let i = from; i < to; i++) {
      const p = calls[i]
      let count = 1
      let gap = 0
      let healthy = fail[p] === Fail.ok
      for (let j = i - 1; j >= from && i - j < 256; j--) {
        const q = calls[j]
        if (forest.op[q] !== forest.op[p]) continue
        if (count === 1) gap = Math.max(0, forest.start[p] - forest.end[q])
        count += 1
        healthy &&= fail[q] === Fail.ok
      }
      if (healthy) habits.saw(owner, p, count, gap)
    }
  }
  return habits
}
