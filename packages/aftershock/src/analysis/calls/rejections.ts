import type { Forest, System } from '../assemble/forest.ts'
import { Phase, type Phases } from '../assemble/phases.ts'
import { columnOf } from '../numbers/columns.ts'
import { type CallTimes, edgeOfInstance, mayBeOpen, placeOfCall, startedAfter } from './bursts.ts'
import type { Ended } from './ended-calls.ts'
import type { Failures } from './failure.ts'
import { AT_ONCE_NS, Fail } from './failure.ts'
import type { LogicalCalls } from './logical-calls.ts'
import { missing } from './missing-calls.ts'
import { namedIn, type Tellers } from './tellers.ts'
import { TextClass, textClassOf } from './text-class.ts'
import { calleeKey, type Missed, type UsualCall } from './usual-callees.ts'

/**
 * Owners that failed because a breaker kept a call from being made, where no span of the call exists:
 * owner → the service that was not called, -1 elsewhere. `how`: 1 its exception says so, 2 inferred.
 */
export type HiddenRejections = {
  readonly callee: Int32Array
  readonly how: Uint8Array
  /** Of those inferred, and of the quiet, which of the owner's calls to that service it was: 1 the first. */
  readonly nth: Uint8Array
  /** 1 for an attempt that failed and was to be followed by another, which a breaker rejected (`cut-short.ts`). */
  readonly cutShort: Uint8Array
  /** Owners that went on without the call, and failed with a later one if at all: owner → the service not called, else -1. */
  readonly quiet: Int32Array
  /** Owner → another service that it did not call for a breaker's sake, side by side with the first. */
  readonly beside: ReadonlyMap<number, number>
  /** Owners of services that tell of no calls: owner → the service whose answer is missing in a failed request, else -1. */
  readonly unanswered: Int32Array
}

/** An open breaker lets at most a probe through in this time; a full service takes in others. */
export const OPEN_NS = 200e6

/** What all partitions together tell about breakers. */
export type RejectionClues = {
  readonly missed: Missed
  /** See `survivedCallees()`. */
  readonly survived: ReadonlySet<number>
  readonly told: Tellers
  readonly times: CallTimes
  /** Operations of owners whose calls are told by the answers alone: one that got none left no trace. */
  readonly mute: ReadonlySet<number>
}

/** The edges by instance on which a breaker may be open: whose starts are worth knowing. */
export function edgesInDoubt({ instances, ops }: System, missed: Missed): ReadonlySet<number> {
  const edges = new Set<number>()
  for (const [op, callees] of missed) {
    for (const [instance, { service }] of instances.entries()) {
      if (service !== ops[op].service) continue
      for (const { callee } of callees) edges.add(edgeOfInstance(instance, callee))
    }
  }
  return edges
}

/** What a partition finds: decided ones, and those of which only all partitions together can tell. */
export type RejectionsFound = {
  readonly hidden: HiddenRejections
  readonly undecided: readonly Undecided[]
  readonly ended: readonly Ended[]
}

/**
 * Breakers such as opossum's or resilience4j's leave no client span. Where the owner's exception names one,
 * the callee is the service it names, else the call healthy owners make that is missing. Where nothing is
 * said, an owner that fails faster than ever before, without the call it always makes, after a burst of
 * failures of that call from the same instance, was rejected.
 */
export function hiddenRejections(
  forest: Forest,
  failures: Failures,
  logical: LogicalCalls,
  phases: Phases,
  clues: RejectionClues,
): Omit<RejectionsFound, 'ended'> {
  const hidden = {
    callee: columnOf(Int32Array, forest.length, -1),
    how: columnOf(Uint8Array, forest.length),
    nth: columnOf(Uint8Array, forest.length),
    cutShort: columnOf(Uint8Array, forest.length),
    quiet: columnOf(Int32Array, forest.length, -1),
    unanswered: columnOf(Int32Array, forest.length, -1),
    beside: new Map<number, number>(),
  }
  const undecided: Undecided[] = []
  for (let p = 0; p < forest.length; p++) {
    if (forest.callee[p] !== -1) continue
    const hasFailed = failures.fail[p] !== Fail.ok
    const one = hasFailed ? lookInto(forest, failures, logical, clues, p, hidden) : undefined
    if (one !== undefined) undecided.push(one)
    if (one !== undefined || hidden.callee[p] !== -1 || forest.owner[p] !== p) continue
    // What a breaker says is not heard of where the owner went on without the call, whoever speaks elsewhere.
    if (phases.ofTrace[forest.trace[p]] < Phase.chaos) continue
    const quiet = quietlyMissing(forest, failures.fail, logical, clues, p)
    if (quiet === undefined) continue
    hidden.quiet[p] = quiet.callee
    hidden.nth[p] = quiet.nth
  }
  return { hidden, undecided }
}

/** Notes which call a breaker kept from being made, where one did; returns it where only all partitions can tell. */
function lookInto(
  forest: Forest,
  { fail, speaksOfBreaker }: Failures,
  logical: LogicalCalls,
  clues: RejectionClues,
  p: number,
  hidden: Omit<HiddenRejections, 'beside'> & { readonly beside: Map<number, number> },
): Undecided | undefined {
  const { missed, told } = clues
  const { callee, how, unanswered, beside } = hidden
  const owner = forest.owner[p]
  if (speaksOfBreaker[p] === 0 && owner !== p) return undefined
  if (speaksOfBreaker[p] === 1) {
    if (anyCallRejected(fail, logical, owner)) return undefined
    if (owner !== p && (callee[owner] !== -1 || speaksOfBreaker[owner] === 1)) return undefined
    const named = namedIn(forest, p)
    const meant = named !== -1 ? named : triedBefore(forest, fail, logical, clues, p)
    callee[owner] =
      meant !== -1 ? meant : (missing(forest, fail, logical, missed, owner, clues.mute)[0]?.callee ?? -1)
    how[owner] = callee[owner] === -1 ? 0 : 1
    return undefined
  }
  const isMute = clues.mute.has(forest.op[owner])
  const spoken = told.get(forest.service[p])
  // Whoever's breaker it was would have spoken here.
  if (!isMute && spoken?.has(-1) === true) return undefined
  if (!isMute && fail[p] === Fail.shed) return undefined
  if (isExplained(forest, fail, logical, owner, clues.survived)) return undefined
  const lacking = missing(forest, fail, logical, missed, owner, clues.mute)
  // Who does well without the call when it fails does so when it is rejected.
  const mayBe = (call: UsualCall): boolean => !call.isDispensable && mayBeRejected(forest, clues, p, call)
  const after =
    spoken === undefined ? lacking.filter(mayBe) : isMute ? [] : silent(lacking, spoken).filter(mayBe)
  const absent = after.filter(
    (call) => startedAfter(clues.times, placeAt(forest, p, call), forest.start[p], OPEN_NS) <= 1,
  )
  if (isMute && absent.length === 0) {
    // A call that got no answer leaves no span either.
    unanswered[p] = firstOf(lacking).find((call) => forest.services[call.callee].hasSpans)?.callee ?? -1
    return undefined
  }
  if (absent.length === 0) {
    if (spoken !== undefined) return undefined
    const [one] =
      after.length > 0 ? after : firstOf(lacking.filter((call) => waitedForNo(forest, clues, p, call)))
    if (one !== undefined)
      return { p, callee: one.callee, atNs: after.length > 0 ? forest.start[p] : forest.end[p] }
    // Who is full refuses before doing anything, one after the other as well.
    if (forest.end[p] - forest.start[p] < AT_ONCE_NS) return undefined
    const [alone] = firstOf(lacking).filter(
      (call) => !call.isDispensable && !passed(forest, logical, p, call),
    )
    if (alone === undefined) return undefined
    return { p, callee: alone.callee, atNs: forest.start[p], nth: alone.nth }
  }
  const [first, other] = firstOf(absent)
  callee[p] = first.callee
  how[p] = 2
  hidden.nth[p] = first.nth
  if (other !== undefined) beside.set(p, other.callee)
  return undefined
}

/** Where the breaker of a call sits, if it has one. */
export function placeAt(
  { instance, op }: Forest,
  owner: number,
  { callee, nth }: Pick<UsualCall, 'callee' | 'nth'>,
): number {
  return placeOfCall(edgeOfInstance(instance[owner], callee), op[owner], nth)
}

/** Whether a breaker that keeps this call back may have been open as its owner began. */
function mayBeRejected(forest: Forest, { times }: RejectionClues, owner: number, call: UsualCall): boolean {
  return mayBeOpen(times, placeAt(forest, owner, call), forest.start[owner])
}

/**
 * Whether it may have been kept back at its end: a breaker that makes others wait while it tries one call (its lock)
 * rejects them all as that fails.
 */
function waitedForNo(forest: Forest, { times }: RejectionClues, owner: number, call: UsualCall): boolean {
  if (call.isDispensable) return false
  const place = placeAt(forest, owner, call)
  const endNs = forest.end[owner]
  return mayBeOpen(times, place, endNs) && startedAfter(times, place, endNs, OPEN_NS) <= 1
}

/** Of calls that were not made the first, where its breaker is none of those that speak. */
function silent(lacking: readonly UsualCall[], spoken: ReadonlySet<number>): readonly UsualCall[] {
  return firstOf(lacking).filter(({ callee }) => !spoken.has(callee))
}

/** Of calls that were not made those that come first: for want of them the others were not. */
function firstOf(absent: readonly UsualCall[]): readonly UsualCall[] {
  const isAfter = ({ callee }: UsualCall): boolean =>
    absent.some((one) => one.callee !== callee && one.before.has(callee))
  const first = absent.filter((call) => !isAfter(call))
  return first.length === 0 ? absent : first
}

/** `atNs`: when it would have been rejected. `nth`: which of the owner's calls, where nothing else tells of a breaker there. */
export type Undecided = {
  readonly p: number
  readonly callee: number
  readonly atNs: number
  readonly nth?: number
}

function anyCallRejected(fail: Uint8Array, logical: LogicalCalls, owner: number): boolean {
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    if (fail[logical.calls[i]] === Fail.rejected) return true
  }
  return false
}

/** A call failed without which such owners cannot go on. */
function isExplained(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  owner: number,
  survived: ReadonlySet<number>,
): boolean {
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    const call = logical.calls[i]
    if (fail[call] !== Fail.ok && !survived.has(calleeKey(forest.op[owner], forest.callee[call]))) return true
  }
  return false
}

/** What was thrown is a breaker's and names nobody: it kept the call that had just failed from being tried again. */
function triedBefore(
  forest: Forest,
  fail: Uint8Array,
  { callStart, calls }: LogicalCalls,
  { survived }: RejectionClues,
  p: number,
): number {
  const { table, row, op } = forest
  const owner = forest.owner[p]
  if (textClassOf(table.strings[table.errorType[row[p]]]) !== TextClass.breaker) return -1
  const last = callStart[owner + 1] - 1
  if (last < callStart[owner] || fail[calls[last]] === Fail.ok) return -1
  const callee = forest.callee[calls[last]]
  return survived.has(calleeKey(op[owner], callee)) ? -1 : callee
}

/** It made calls that its like make after the one that it did not make: that was no reason to stop. */
function passed(
  forest: Forest,
  { callStart, calls }: LogicalCalls,
  owner: number,
  { before }: UsualCall,
): boolean {
  for (let i = callStart[owner]; i < callStart[owner + 1]; i++)
    if (before.has(forest.callee[calls[i]])) return true
  return false
}

/** The call its like always make and this one went on without, after a burst of its failures. */
function quietlyMissing(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  clues: RejectionClues,
  p: number,
): UsualCall | undefined {
  if (!clues.missed.has(forest.op[p])) return undefined
  const wentOn = (call: UsualCall): boolean => fail[p] === Fail.ok || passed(forest, logical, p, call)
  const absent = missing(forest, fail, logical, clues.missed, p, clues.mute).filter(wentOn)
  return absent.find((call) => mayBeRejected(forest, clues, p, call))
}
