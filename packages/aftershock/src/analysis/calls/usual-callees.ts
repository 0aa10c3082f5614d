import type { Forest } from '../assemble/forest.ts'
import { Phase, type Phases } from '../assemble/phases.ts'
import { moreOften } from '../numbers/compare.ts'
import { push } from '../numbers/push.ts'
import { addTo, summed } from '../numbers/sums.ts'
import { TupleIds } from '../numbers/tuple-ids.ts'
import { Fail } from './failure.ts'
import { CUT_OFF_NS } from './logical-calls.ts'
import type { OwnersCalls } from './owners-calls.ts'

/** A call that healthy owners of an operation make at least this often is missed when absent. */
export const ALWAYS = 0.9
/** One that so many make would more likely than not have been made: of three calls in a row a lost span hides one more often than of one. */
export const MOSTLY = 0.8
/** Owners that must lack it beyond what lost spans explain. */
const MISSED_MIN = 3
/** What is missed only says where to look: each rejection is told by a burst before it and by no call beside it. */
const MISSED_LEVEL = 0.01

/** Owners by operation, and of these who called whom, in the baseline (good ones), in chaos and in recovery. */
export type CallingSeen = {
  readonly before: Float64Array
  readonly during: Float64Array
  readonly after: Float64Array
  readonly called: readonly Called[]
  /** Operations of owners that tell of none of their calls. */
  readonly mute: readonly number[]
}

type Called = {
  readonly op: number
  readonly callee: number
  /** Owners that made so many calls, or more. */
  readonly least: number
  readonly before: number
  readonly during: number
  readonly after: number
  /** The sum of its places among the calls of those before, one after the other: 0 first. */
  readonly places: number
  /** Owners that made so many and no more, and went on without error, or failed, as the last had failed for good. */
  readonly survived: number
  readonly fatal: number
}

/**
 * Owner operation → the calls that its healthy baseline requests nearly always make, and later ones miss, by callee and
 * the first before the second.
 */
export type Missed = ReadonlyMap<number, readonly UsualCall[]>

export type UsualCall = {
  readonly callee: number
  /** The first, second, … call to that callee. */
  readonly nth: number
  /** Callees that are usually called after that call. */
  readonly before: ReadonlySet<number>
  /** Its owners mostly do well without when it fails. */
  readonly isDispensable: boolean
}

/** Calls made one after the other; now and then one of those before is left out. */
const PLACES_APART = 0.9
/** What clocks of one process cannot tell apart. */
const TICK_NS = 1e6

/** Calls to one callee that are told apart: of more, as many as these. */
export const CALLS_MAX = 4

export function callingSeen(forest: Forest, fail: Uint8Array, own: OwnersCalls, phases: Phases): CallingSeen {
  const ops = forest.ops.length
  const zeros = (): Float64Array => new Float64Array(ops)
  const owners = { before: zeros(), during: zeros(), after: zeros() }
  const tally: Tally = {
    pairs: new TupleIds(),
    before: [],
    during: [],
    after: [],
    places: [],
    survived: [],
    fatal: [],
    mute: new Set(),
  }
  for (let p = 0; p < forest.length; p++) {
    if (forest.owner[p] !== p || forest.callee[p] !== -1) continue
    const phase = phases.ofTrace[forest.trace[p]]
    if (phase === Phase.none || (phase === Phase.baseline && fail[p] !== Fail.ok)) continue
    const when = phase === Phase.baseline ? 'before' : phase === Phase.chaos ? 'during' : 'after'
    owners[when][forest.op[p]] += 1
    countCalls(forest, fail, own, p, tally, when)
  }
  const { pairs } = tally
  const called = Array.from({ length: pairs.length }, (_, id) => ({
    op: pairs.part(id, 0),
    callee: pairs.part(id, 1),
    least: pairs.part(id, 2),
    before: tally.before[id] ?? 0,
    during: tally.during[id] ?? 0,
    after: tally.after[id] ?? 0,
    places: tally.places[id] ?? 0,
    survived: tally.survived[id] ?? 0,
    fatal: tally.fatal[id] ?? 0,
  }))
  return { ...owners, called, mute: [...tally.mute] }
}

/** By operation, callee and how many calls at least. */
type Tally = {
  readonly pairs: TupleIds
  readonly before: number[]
  readonly during: number[]
  readonly after: number[]
  readonly places: number[]
  readonly survived: number[]
  readonly fatal: number[]
  readonly mute: Set<number>
}

function countCalls(
  forest: Forest,
  fail: Uint8Array,
  { callStart, calls }: OwnersCalls,
  p: number,
  tally: Tally,
  when: 'before' | 'during' | 'after',
): void {
  const { pairs, places, survived, fatal, mute } = tally
  const called = tally[when]
  const from = callStart[p]
  const to = callStart[p + 1]
  let place = -1
  let latestNs = Number.NEGATIVE_INFINITY
  for (let i = from; i < to; i++) {
    const callee = forest.callee[calls[i]]
    // Side by side they have one place.
    if (place === -1 || forest.start[calls[i]] >= latestNs - TICK_NS) place += 1
    latestNs = Math.max(latestNs, forest.end[calls[i]])
    if (forest.untold[calls[i]] === 1) mute.add(forest.op[p])
    if (fail[calls[i]] !== Fail.ok && isLast(forest, calls, i, to)) {
      const made = Math.min(CALLS_MAX, callsFrom(forest, fail, calls, from, from, to, callee))
      const id = pairs.id(forest.op[p], callee, made)
      const ended = fail[p] === Fail.ok ? survived : fatal
      ended[id] = (ended[id] ?? 0) + 1
    }
    const least = callsFrom(forest, fail, calls, from, i, to, callee)
    if (least === 0 || least > CALLS_MAX) continue
    const id = pairs.id(forest.op[p], callee, least)
    called[id] = (called[id] ?? 0) + 1
    if (when === 'before') places[id] = (places[id] ?? 0) + place
  }
}

/** After a failure, or beside the former: a hedge that lost ended as the other was answered. */
function isTriedAgain({ op, start, end }: Forest, fail: Uint8Array, former: number, call: number): boolean {
  if (op[former] !== op[call]) return false
  if (fail[former] !== Fail.ok) return true
  return fail[call] !== Fail.ok && start[call] < end[former] && Math.abs(end[call] - end[former]) < CUT_OFF_NS
}

/** The last call to a callee is how it ended. */
function isLast({ callee }: Forest, calls: Uint32Array, i: number, to: number): boolean {
  for (let later = i + 1; later < to; later++) {
    if (callee[calls[later]] === callee[calls[i]]) return false
  }
  return true
}

/** Calls to a callee from here on, no more than are told apart and one. Another try is no other call. */
function callsFrom(
  forest: Forest,
  fail: Uint8Array,
  calls: Uint32Array,
  from: number,
  i: number,
  to: number,
  callee: number,
): number {
  let times = 0
  for (let at = i; at < to && times <= CALLS_MAX; at++) {
    if (forest.callee[calls[at]] !== callee) continue
    if (at === from || !isTriedAgain(forest, fail, calls[at - 1], calls[at])) times += 1
  }
  return times
}

/** What several partitions saw as if they were one. */
export function joinedCalling(seen: readonly CallingSeen[]): CallingSeen {
  const pairs = new Map<string, Called>()
  for (const { op, callee, least, ...n } of seen.flatMap((s) => s.called)) {
    const key = `${op} ${callee} ${least}`
    const known = pairs.get(key) ?? { before: 0, during: 0, after: 0, places: 0, survived: 0, fatal: 0 }
    pairs.set(key, {
      ...{ op, callee, least },
      before: known.before + n.before,
      during: known.during + n.during,
      after: known.after + n.after,
      places: known.places + n.places,
      survived: known.survived + n.survived,
      fatal: known.fatal + n.fatal,
    })
  }
  return {
    before: summed(seen.map((s) => s.before)),
    during: summed(seen.map((s) => s.during)),
    after: summed(seen.map((s) => s.after)),
    called: [...pairs.values()],
    mute: [...new Set(seen.flatMap((s) => s.mute))],
  }
}

/** @param share - of the baseline's healthy owners that make a call */
export function missedCallees(seen: CallingSeen, share: number): Missed {
  const { before, called } = seen
  const missed = new Map<number, Called[]>()
  const inOrder = called.toSorted((a, b) => a.op - b.op || a.callee - b.callee || a.least - b.least)
  for (const one of inOrder) {
    const { op } = one
    if (before[op] < 10 || one.before < before[op] * share) continue
    if (isMissed(seen, one)) push(missed, op, one)
  }
  const byOp = Map.groupBy(inOrder, ({ op }) => op)
  return new Map(
    [...missed].map(([op, callees]) => [
      op,
      callees.map((one) => ({
        callee: one.callee,
        nth: one.least,
        before: calledAfter(one, byOp.get(op) ?? []),
        isDispensable: one.survived >= MISSED_MIN && one.survived > 2 * one.fatal,
      })),
    ]),
  )
}

/** More often left out than before: in chaos, or, as what the fault left behind goes on, in chaos and recovery. */
function isMissed({ before, during, after }: CallingSeen, one: Called): boolean {
  const { op } = one
  const left0 = before[op] - one.before
  const left1 = during[op] - one.during
  const left2 = left1 + after[op] - one.after
  const isMore = (left: number, n: number): boolean =>
    left >= MISSED_MIN && moreOften(left0, before[op], left, n) < MISSED_LEVEL
  return isMore(left1, during[op]) || isMore(left2, during[op] + after[op])
}

function calledAfter(one: Called, others: readonly Called[]): ReadonlySet<number> {
  const place = ({ places, before }: Called): number => places / before
  const first = new Map<number, number>()
  for (const other of others)
    if (other.before > 0 && other.callee !== one.callee)
      first.set(other.callee, Math.min(place(other), first.get(other.callee) ?? Number.POSITIVE_INFINITY))
  return new Set([...first].filter(([, at]) => at >= place(one) + PLACES_APART).map(([callee]) => callee))
}

/** Of an owner's operation. */
export function calleeKey(op: number, callee: number): number {
  return op * 65536 + callee
}

/** `calleeKey` of calls that its owners do well without when they fail, so that they explain no failure. */
export function survivedCallees({ called }: CallingSeen): ReadonlySet<number> {
  const counts = new Map<number, number>()
  for (const { op, callee, survived } of called) addTo(counts, calleeKey(op, callee), survived)
  return new Set([...counts].filter(([, n]) => n >= MISSED_MIN).map(([key]) => key))
}
