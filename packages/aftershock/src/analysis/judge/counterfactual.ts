import { CLIENT } from '../../model/span-kind.ts'
import { type Children, childrenByStart, firstChild, nextChild } from '../assemble/children.ts'
import { Phase } from '../assemble/phases.ts'
import { Fail } from '../calls/failure.ts'
import { isLeftByItsCaller } from '../calls/given-up.ts'
import { isHedged } from '../calls/logical-calls.ts'
import { calleeWasSlow } from '../calls/origins.ts'
import { columnOf } from '../numbers/columns.ts'
import { type Components, PARTS, Part, SAMPLES_MIN } from './components.ts'
import { failsAllTheSame } from './fails-all-the-same.ts'
import type { Judged } from './judged.ts'
import { leftOutCalls } from './left-out.ts'
import { isSentOn } from './sent-on.ts'

/** What is to be thought away: failures that begin (or are blamed) here, and time in excess here. */
export type Removal = {
  failure(p: number): boolean
  /** Whether a failure that begins here is as frequent without it. */
  stays(p: number): boolean
  excess(p: number): boolean
  /** Whether a failed answer may have come late: time outside it that is more than usual is to go. */
  wayBack(p: number): boolean
  /** Whether an owner is to make a call that it went without: a breaker kept it back. */
  keptBack(p: number): boolean
  /** Whether all is to go that a span took longer than its like: what of it was whose nobody can tell. */
  whole(p: number): boolean
}

/**
 * hit: without it the span would not have failed. brought: it failed by itself, within an attempt that would not have been made.
 * sooner: it was given up because of it, and would have failed in the end all the same.
 */
export const Because = { hit: 1, brought: 2, sooner: 3 } as const

export type Counterfactual = {
  /** `Because` of what is removed a span failed; 0 elsewhere. */
  readonly failed: Uint8Array
  /** How long each span would have taken without it, ns. An estimate. */
  readonly durationNs: Float64Array
}

const LOOK_BACK = 64

/**
 * Thinks something away, span by span from the leaves: time in excess shrinks to its median, a failed call
 * becomes a typical good one, later attempts and the pauses before them vanish, and what followed moves
 * forward. A time-out is explained where the callee would then have answered within the limit, and a call that was
 * tried in vain where any of its attempts is: no other would have followed that one.
 */
export function counterfactual(
  { forest, fail, parts, logical, origins, leftOut }: Known,
  phaseOfTrace: Uint8Array,
  removal: Removal,
): Counterfactual {
  const n = forest.length
  const [failed, durationNs] = [columnOf(Uint8Array, n), columnOf(Float64Array, n)]
  const newEnd = columnOf(Float64Array, n)
  const children = childrenByStart(forest)
  const known = { forest, fail, parts, logical, origins, leftOut }
  const isGone = (p: number): boolean => failed[p] === Because.hit
  const work: Work = { ...known, removal, failed, isGone, durationNs, newEnd, children }
  for (let t = 0; t < forest.traces; t++) {
    if (phaseOfTrace[t] === Phase.none) continue
    if (isTouched(t, work)) replay(t, work)
    else
      for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++)
        durationNs[p] = forest.end[p] - forest.start[p]
  }
  for (let p = 0; p < n; p++) {
    if (fail[p] === Fail.ok) continue
    // Who gave up because its own caller had left failed for that caller's reason.
    const cause = origins.cause[p]
    if (fail[p] !== Fail.cancelled && (cause === -1 || fail[cause] !== Fail.cancelled)) continue
    const call = forest.parent[forest.owner[p]]
    if (call !== -1) failed[p] = failed[call]
  }
  return { failed, durationNs }
}

type Known = Pick<Judged, 'forest' | 'fail' | 'parts' | 'logical' | 'origins' | 'leftOut'>

type Work = Known & {
  readonly removal: Removal
  readonly failed: Uint8Array
  isGone(p: number): boolean
  readonly durationNs: Float64Array
  readonly newEnd: Float64Array
  readonly children: Children
}

/** Whether anything in a trace is removed, or failed: what is left of it takes as long as it took. */
function isTouched(t: number, { forest: { traceStart }, fail, removal }: Work): boolean {
  for (let p = traceStart[t]; p < traceStart[t + 1]; p++)
    if (fail[p] !== Fail.ok || removal.excess(p) || removal.whole(p)) return true
  return false
}

function replay(t: number, work: Work): void {
  const { forest, fail, failed, durationNs, removal } = work
  for (let p = forest.traceStart[t + 1] - 1; p >= forest.traceStart[t]; p--) {
    if (fail[p] !== Fail.ok && explained(p, work))
      failed[p] =
        fail[p] === Fail.timeout && failsAllTheSame(work, p, removal.stays) ? Because.sooner : Because.hit
    durationNs[p] = forest.callee[p] !== -1 ? callWithout(p, work) : workWithout(p, work)
  }
}

function explained(p: number, work: Work): boolean {
  const { forest, fail, parts, origins, removal } = work
  const cause = origins.cause[p]
  if (cause !== -1) return anyAttemptHit(cause, work)
  if (origins.begins[p] === 0) return false
  if (fail[p] !== Fail.timeout || forest.callee[p] === -1) return removal.failure(p)
  const answer = forest.server[p]
  if (answer === -1) return removal.failure(p)
  if (!calleeWasSlow(forest, p)) return removal.failure(p) || work.failed[answer] === Because.hit
  const limit = forest.end[p] - forest.start[p]
  const took = forest.end[answer] - forest.start[answer]
  const without = work.durationNs[answer]
  if (removal.failure(p) && (without - unknownNs(answer, work) < limit || !isUsualWork(answer, parts)))
    return true
  if (fail[answer] !== Fail.ok && work.failed[answer] === Because.hit) return without < limit
  const usual = parts.typicalHigh[forest.op[answer]]
  return (
    without < limit && took - without > 0.3 * (took - (Number.isNaN(usual) ? 0 : Math.min(usual, took * 0.5)))
  )
}

/** What took the answer so long was not its own work, but something below it. */
function isUsualWork(answer: number, { value, normals, group }: Components): boolean {
  return value[answer] <= normals[group[answer]].high
}

/** Time in calls that the baseline does not know (a connection that is opened anew): the fault's as likely as not. */
function unknownNs(answer: number, { forest, parts }: Work): number {
  let sum = 0
  const upTo = answer + forest.size[answer]
  for (let p = answer + 1; p < upTo; ) {
    const isUnknown = forest.callee[p] !== -1 && parts.normals[parts.group[p]].n < SAMPLES_MIN
    if (isUnknown) sum += forest.end[p] - forest.start[p]
    p += isUnknown ? forest.size[p] : 1
  }
  return sum
}

/** One attempt that would have come through is enough. */
function anyAttemptHit(last: number, { logical, failed }: Work): boolean {
  for (let p = last; p !== -1; p = logical.previous[p]) if (failed[p] === Because.hit) return true
  return false
}

function callWithout(p: number, work: Work): number {
  const { forest, fail, parts } = work
  const took = forest.end[p] - forest.start[p]
  const typical = parts.typical[forest.op[p]]
  if (fail[p] !== Fail.ok) {
    if (fail[p] === Fail.cancelled) return cutOffWithout(p, work)
    if (work.failed[p] === 0 || work.failed[p] === Because.sooner) return failedDuration(p, work)
    // Best told by the attempt that came through for the same request, else by what such calls take.
    for (let q = work.logical.next[p]; q !== -1; q = work.logical.next[q]) {
      if (fail[q] === Fail.ok) return goodDuration(q, work)
    }
    return Number.isNaN(typical) ? took : typical
  }
  return goodDuration(p, work)
}

/** It would have failed all the same, and sooner where its answer was held up. */
function failedDuration(p: number, work: Work): number {
  const { forest, fail, failed, parts, removal, durationNs } = work
  const took = forest.end[p] - forest.start[p]
  const answer = forest.server[p]
  if (answer === -1) return took
  const { normals, usualThere } = parts
  const group = forest.op[p] * PARTS + Part.gap
  if (failed[p] === Because.sooner) {
    const there = forest.start[answer] - forest.start[p]
    return Math.min(took, (there > usualThere[group] ? usualThere[group] : there) + durationNs[answer])
  }
  if (fail[p] === Fail.timeout) return took
  const gap = took - (forest.end[answer] - forest.start[answer])
  if (gap < 0) return took
  const normal = normals[group]
  return durationNs[answer] + (gap > normal.high && removal.wayBack(p) ? normal.median : gap)
}

/** The loser of a hedge, or a call whose owner was left, would have been answered as such calls are, where its callee was only held up. */
function cutOffWithout(p: number, work: Work): number {
  const { forest, fail, parts, logical, removal, durationNs } = work
  const took = forest.end[p] - forest.start[p]
  const typical = parts.typical[forest.op[p]]
  const answer = forest.server[p]
  const isHeldUp = removal.failure(p) || (answer !== -1 && removal.excess(answer))
  if (isHeldUp) return Number.isNaN(typical) ? took : Math.min(took, typical)
  const winner = !isHedged(logical, p) ? -1 : logical.next[p] === -1 ? logical.previous[p] : logical.next[p]
  if (answer !== -1 && fail[answer] !== Fail.ok && winner !== -1 && fail[winner] === Fail.ok)
    return Math.min(took, goodDuration(winner, work))
  // What held the answer up below may be gone.
  if (answer === -1 || durationNs[answer] >= forest.end[answer] - forest.start[answer]) return took
  return Math.min(took, Math.max(0, forest.start[answer] - forest.start[p]) + durationNs[answer])
}

function goodDuration(p: number, work: Work): number {
  const { forest, parts, removal } = work
  const took = forest.end[p] - forest.start[p]
  const answer = forest.server[p]
  const own = parts.value[p]
  if (removal.whole(p)) return Math.min(took, parts.typical[forest.op[p]])
  if (Number.isNaN(own) || isSentOn(forest, p)) return took
  const kept = removal.excess(p) ? Math.min(own, parts.normals[parts.group[p]].median) : own
  return answer === -1 ? kept : kept + work.durationNs[answer]
}

/** Replays a span's children in order: each begins as long after the one it waited for as it did. */
function workWithout(p: number, work: Work): number {
  const { forest, fail, parts, logical, removal, newEnd, failed, children } = work
  const owner = forest.owner[p]
  const scale = removal.excess(owner)
    ? Math.min(1, parts.normals[parts.group[owner]].median / Math.max(1, parts.value[owner]))
    : 1
  const end = forest.end[p]
  let latest = forest.start[p]
  let result = 0
  for (let c = firstChild(forest, children, p); c !== -1; c = nextChild(forest, children, p, c)) {
    const former = forest.callee[c] === -1 ? -1 : logical.previous[c]
    if (
      former !== -1 &&
      (logical.hedged[c] === 1 ? isNotNeeded(c, former, work) : isSpared(failed[former]))
    ) {
      bringAbout(c, work)
      newEnd[c] = forest.parent[former] === p ? newEnd[former] : 0
      work.durationNs[c] = 0
    } else {
      newEnd[c] = startWithout(p, c, work, scale) + work.durationNs[c]
      // Who lost the race is cut off as the other is answered, however late that was.
      if (former !== -1 && logical.hedged[c] === 1 && fail[c] === Fail.cancelled)
        newEnd[c] = Math.min(newEnd[c], newEnd[former])
    }
    if (forest.end[c] > end + 1e6) {
      if (!isWaitedFor(p, c, work)) continue
      // Until it was given up: no longer than it would have taken.
      const waited = Math.max(0, end - forest.start[c])
      newEnd[c] += Math.min(waited, work.durationNs[c]) - work.durationNs[c]
      latest = end
      result = Math.max(result, newEnd[c])
      continue
    }
    latest = Math.max(latest, forest.end[c])
    result = Math.max(result, newEnd[c])
  }
  const without = result + Math.max(0, end - latest) * scale
  if (owner === p && removal.whole(p)) return Math.min(without, parts.typical[forest.op[p]])
  if (failed[p] === Because.hit && owner === p) {
    const typical = parts.typical[forest.op[p]]
    return Number.isNaN(typical) ? without : typical
  }
  const isShortened =
    owner === p && fail[p] === Fail.ok && (removal.keptBack(p) || leftOutCalls(work, p, work.isGone))
  return isShortened ? Math.max(without, parts.typical[forest.op[p]]) : without
}

/** What outlives its owner was waited for where nobody tells of the call, and where the owner ended as it was left. */
function isWaitedFor(p: number, c: number, { forest, fail }: Work): boolean {
  if (forest.callee[c] !== -1 && forest.kind[c] !== CLIENT) return false
  if (forest.untold[c] === 1) return true
  // Also from within a span of its own, a handler's.
  const owner = forest.owner[p]
  return forest.callee[p] === -1 && forest.owner[c] === owner && isLeftByItsCaller(forest, fail, owner)
}

/** Without it nothing would have to follow: no other attempt, no fallback. */
export function isSpared(because: number): boolean {
  return because === Because.hit || because === Because.brought
}

/** What failed within an attempt that would not have been made. */
function bringAbout(attempt: number, { forest, fail, failed }: Work): void {
  for (let p = attempt; p < attempt + forest.size[attempt]; p++)
    if (fail[p] !== Fail.ok && failed[p] === 0) failed[p] = Because.brought
}

/** A hedge is sent only while the first call is still out. */
function isNotNeeded(second: number, first: number, { forest, durationNs }: Work): boolean {
  return durationNs[first] <= forest.start[second] - forest.start[first]
}

function startWithout(p: number, c: number, work: Work, scale: number): number {
  const { forest, newEnd, children } = work
  let before = -1
  let looked = 0
  let s = firstChild(forest, children, p)
  for (; s !== c && looked < LOOK_BACK * 4; s = nextChild(forest, children, p, s), looked++) {
    if (forest.end[s] <= forest.start[c] + 1000 && (before === -1 || forest.end[s] > forest.end[before]))
      before = s
  }
  const waited = before === -1 ? forest.start[p] : forest.end[before]
  const from = before === -1 ? 0 : newEnd[before]
  return from + Math.max(0, forest.start[c] - waited) * scale
}
