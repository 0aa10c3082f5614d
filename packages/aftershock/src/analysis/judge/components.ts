import type { Forest } from '../assemble/forest.ts'
import { Phase, type Phases } from '../assemble/phases.ts'
import { Fail } from '../calls/failure.ts'
import type { LogicalCalls } from '../calls/logical-calls.ts'
import { columnOf } from '../numbers/columns.ts'
import {
  type Distribution,
  joinedByKey,
  NOTHING,
  quantileIn,
  type Values,
  valuesByGroup,
} from '../numbers/distribution.ts'
import { samplesSeen } from '../numbers/samples.ts'

/** self: an owner's time outside its calls; gap: a call's time outside its answer; leaf: a call nobody's span answers. */
export const Part = { self: 0, gap: 1, leaf: 2 } as const

/** What one kind of span takes in the baseline, ns. */
export type Normal = {
  readonly n: number
  readonly median: number
  /** Above it a value is in excess: the 99th percentile, and at least 1.3 times the median. */
  readonly high: number
}

/**
 * Every span's share of its request's time that is its own: the parts add up to the request where nothing
 * runs in parallel. Compared like with like, by operation.
 */
export type Components = OwnTimes & Usual

/** Of each span. */
export type OwnTimes = {
  /** ns; NaN where the span has none (internal spans, failed calls). */
  readonly value: Float64Array
  /** Index into `normals`; operation and part. */
  readonly group: Uint32Array
  readonly part: Uint8Array
  /** The part of it before the answer began (the way there), for gaps; before its first call, for own work; ns. */
  readonly there: Float64Array
}

/** What is normal in the baseline. */
export type Usual = {
  /** Group → what `there` is in the baseline, ns; NaN if unseen. */
  readonly usualThere: Float64Array
  readonly normals: readonly Normal[]
  /** Median and 99th percentile of the whole duration of good spans of an operation in the baseline; NaN if unseen. */
  readonly typical: Float64Array
  readonly typicalHigh: Float64Array
}

export function ownTimes(forest: Forest, fail: Uint8Array, logical: LogicalCalls, phases: Phases): OwnTimes {
  const n = forest.length
  const value = columnOf(Float64Array, n, Number.NaN)
  const part = columnOf(Uint8Array, n)
  const there = columnOf(Float64Array, n, Number.NaN)
  const group = columnOf(Uint32Array, n)
  const { callee, owner, server, start, end, op } = forest
  for (let p = 0; p < n; p++) {
    if (phases.ofTrace[forest.trace[p]] === Phase.none) continue
    // A root that is a call (a load generator's, a browser's) is a call, and not its service's own work.
    if (callee[p] === -1) {
      if (owner[p] !== p) continue
      const isKnown = tellsOfCalls(forest, logical, p) && !lostACall(forest, logical, p)
      value[p] = isKnown ? selfTime(forest, fail, logical, p) : Number.NaN
      part[p] = Part.self
      there[p] = Math.min(value[p], beforeCalls(forest, logical, p))
    } else if (fail[p] === Fail.ok) {
      const answer = server[p]
      const whole = end[p] - start[p]
      part[p] = answer === -1 ? Part.leaf : Part.gap
      if (answer === -1) value[p] = forest.services[callee[p]].hasSpans ? Number.NaN : whole
      else there[p] = start[answer] - start[p]
      if (answer !== -1) value[p] = Math.max(0, whole - (end[answer] - start[answer]))
    }
    group[p] = op[p] * PARTS + part[p]
  }
  return { value, group, part, there }
}

export const PARTS = 3
/** A normal is known from this many spans of the baseline. */
export const SAMPLES_MIN = 4

/** Good spans of the baseline: their own times, ways there and whole durations. */
export type TimesSeen = TimesBy<Values>
type TimesBy<Times> = Readonly<Record<'own' | 'there' | 'whole', ReadonlyMap<number, Times>>>

export function goodTimesSeen(forest: Forest, fail: Uint8Array, own: OwnTimes, phases: Phases): TimesSeen {
  const ops = forest.ops.length
  const inBaseline = (p: number): boolean =>
    fail[p] === Fail.ok && phases.ofTrace[forest.trace[p]] === Phase.baseline
  const whole = columnOf(Float64Array, forest.length)
  for (let p = 0; p < forest.length; p++) {
    const matters = forest.owner[p] === p || forest.callee[p] !== -1
    whole[p] = matters ? forest.end[p] - forest.start[p] : Number.NaN
  }
  return {
    own: valuesByGroup(samplesSeen(own.value, own.group, ops * PARTS, inBaseline)),
    there: valuesByGroup(samplesSeen(own.there, own.group, ops * PARTS, inBaseline)),
    whole: valuesByGroup(samplesSeen(whole, forest.op, ops, inBaseline)),
  }
}

export function joinedTimes(seen: readonly TimesSeen[]): TimesBy<Distribution> {
  return {
    own: joinedByKey(seen.map((s) => s.own)),
    there: joinedByKey(seen.map((s) => s.there)),
    whole: joinedByKey(seen.map((s) => s.whole)),
  }
}

/** @param ops - how many operations there are */
export function usualTimes(seen: readonly TimesSeen[], ops: number): Usual {
  const { own, there, whole } = joinedTimes(seen)
  const quantiles = (of: ReadonlyMap<number, Distribution>, groups: number, q: number): Float64Array =>
    Float64Array.from({ length: groups }, (_, g) => quantileIn(of.get(g) ?? NOTHING, q))
  return {
    normals: Array.from({ length: ops * PARTS }, (_, g) => normalOf(own.get(g) ?? NOTHING)),
    usualThere: quantiles(there, ops * PARTS, 0.5),
    typical: quantiles(whole, ops, 0.5),
    typicalHigh: quantiles(whole, ops, 0.99),
  }
}

function normalOf(ns: Distribution): Normal {
  const median = quantileIn(ns, 0.5)
  return { n: ns.n, median, high: Math.max(quantileIn(ns, 0.99), median * 1.3) }
}

/** Where calls were put in, the time around them is theirs: what of it is own work nobody can tell. */
function tellsOfCalls({ untold }: Forest, { callStart, calls }: LogicalCalls, p: number): boolean {
  if (untold.length === 0) return true
  for (let i = callStart[p]; i < callStart[p + 1]; i++) if (untold[calls[i]] === 1) return false
  return true
}

/** A request whose parent is not there began when this one did nothing that is told: it may be what it waited for. */
export function lostACall(forest: Forest, { callStart, calls }: LogicalCalls, p: number): boolean {
  if (forest.orphans === 0) return false
  const { traceStart, trace, size, orphan, service, start, end } = forest
  const upTo = traceStart[trace[p] + 1]
  for (let q = traceStart[trace[p]]; q < upTo; q += size[q]) {
    if (orphan[q] === 0 || service[q] === service[p] || start[q] < start[p] || start[q] > end[p]) continue
    let isCovered = false
    for (let i = callStart[p]; i < callStart[p + 1]; i++) {
      const call = calls[i]
      isCovered ||= call !== p && start[call] <= start[q] && end[call] >= start[q]
    }
    if (!isCovered) return true
  }
  return false
}

/**
 * Duration less the union of its calls with the pauses between their attempts, each clipped to it. What comes after
 * a last call that failed (one more pause, an answer for the failure) is the failure's, not the work it usually does.
 */
function selfTime(forest: Forest, fail: Uint8Array, logical: LogicalCalls, p: number): number {
  const end = forest.end[p]
  let covered = 0
  let upTo = forest.start[p]
  let last = -1
  for (let i = logical.callStart[p]; i < logical.callStart[p + 1]; i++) {
    const call = logical.calls[i]
    if (call === p) continue
    const from = Math.max(upTo, waitedSince(forest, logical, call))
    const to = Math.min(end, forest.end[call])
    if (to <= from) continue
    covered += to - from
    upTo = to
    last = call
  }
  const afterFailure = last !== -1 && fail[last] !== Fail.ok ? end - upTo : 0
  return end - forest.start[p] - covered - afterFailure
}

function beforeCalls({ start, end }: Forest, { callStart, calls }: LogicalCalls, p: number): number {
  const first = callStart[p]
  return (first < callStart[p + 1] ? start[calls[first]] : end[p]) - start[p]
}

/** A pause before another attempt is waiting for the callee, not work. */
function waitedSince(forest: Forest, { previous }: LogicalCalls, call: number): number {
  const former = previous[call]
  return former === -1 ? forest.start[call] : Math.min(forest.start[call], forest.end[former])
}
