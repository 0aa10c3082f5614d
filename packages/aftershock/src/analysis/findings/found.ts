import { Phase } from '../assemble/phases.ts'
import { Outcome } from '../judge/outcomes.ts'
import type { Told } from '../judge/told.ts'
import {
  type Distribution,
  distributionOf,
  distributionsOf,
  joinedByKey,
  joinedDistribution,
} from '../numbers/distribution.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import { mergedSorted } from '../numbers/samples.ts'
import { summedByKey } from '../numbers/sums.ts'
import { type Examples, examplesOf, joinedExamples, type Seeking, seek, seeking } from './examples.ts'

/** What happened between a caller and a callee, counted. Of what the fault brought about, but for the first two. */
type Counts = {
  /** In chaos and recovery, but not because of the fault. */
  others: number
  /** In the baseline. */
  before: number
  count: number
  /** Those of which the telemetry says so itself: an error names the time-out or the breaker, a status the refusal, two spans a message's wait. */
  told: number
  /** Those whose request failed for the user. */
  lost: number
  /** Those in recovery. */
  late: number
  /** retry: those rescued. hedge: those won. duplicate-work: those that wrote. timeout: those of the caller's own pool. */
  marked: number
  /** retry: attempts beyond the first. */
  extra: number
  /** duplicate-work: requests that wrote the same more than once. */
  repeated: number
  /** duplicate-work: how long after the caller had left the work went on, in all, ns. */
  sumNs: number
  /** retry: most attempts of a call. */
  attemptsMax: number
  /** When it first happened, ns: a call is tried again when the next try begins, and given up when it ends. */
  firstNs: number
  /** Start of the last, ns. */
  lastNs: number
}

export type Found = Readonly<Counts> & {
  readonly kind: string
  readonly caller: number
  readonly callee: number
  readonly examples: Examples | undefined
  /** Of those marked. */
  readonly marks: Examples | undefined
  /** timeout: what the answer needed that was finished after the caller had left. queueing: how much longer than usual it waited. */
  readonly ms: Distribution
  /** timeout: how long the caller waited. */
  readonly waitedMs: Distribution
  /** retry: pauses before the second, third, … attempt. */
  readonly pausesMs: ReadonlyMap<number, Distribution>
  /** circuit-breaker: instance → starts of the calls rejected, in order, ns. */
  readonly rejected: ReadonlyMap<number, Float64Array>
  /** circuit-breaker: operation → owners whose calls were rejected. */
  readonly rejectedOf: ReadonlyMap<number, number>
  /** circuit-breaker: calls to the same service that these owners made well, by `callKey`. */
  readonly letIn: ReadonlyMap<number, number>
}

/** The same while a partition counts. */
export type Tally = Counts & {
  readonly kind: string
  readonly caller: number
  readonly callee: number
  readonly seeking: Seeking
  readonly seekingMarked: Seeking
  readonly ms: number[]
  readonly waitedMs: number[]
  readonly pausesMs: Map<number, number[]>
  readonly rejected: Map<number, number[]>
  readonly rejectedOf: Map<number, number>
  readonly letIn: Map<number, number>
  /** The request that was `repeated` last. */
  lastRepeated: number
}

export function emptyTally(kind: string, caller: number, callee: number): Tally {
  return {
    kind,
    caller,
    callee,
    others: 0,
    before: 0,
    count: 0,
    told: 0,
    lost: 0,
    late: 0,
    marked: 0,
    extra: 0,
    repeated: 0,
    lastRepeated: -1,
    sumNs: 0,
    attemptsMax: 0,
    firstNs: Number.POSITIVE_INFINITY,
    lastNs: Number.NEGATIVE_INFINITY,
    seeking: seeking(),
    seekingMarked: seeking(),
    ms: [],
    waitedMs: [],
    pausesMs: new Map(),
    rejected: new Map(),
    rejectedOf: new Map(),
    letIn: new Map(),
  }
}

/** Counts one that the fault brought about; positions come in order. */
export function countHit({ forest, phases, outcomes }: Told, tally: Tally, p: number, atNs: number): void {
  const t = forest.trace[p]
  tally.count += 1
  if (outcomes.outcome[t] === Outcome.failed) tally.lost += 1
  if (phases.ofTrace[t] === Phase.recovery) tally.late += 1
  if (atNs < tally.firstNs) tally.firstNs = atNs
  if (forest.start[p] > tally.lastNs) tally.lastNs = forest.start[p]
  seek(tally.seeking, forest, p)
}

export function mark({ forest }: Told, tally: Tally, p: number): void {
  tally.marked += 1
  seek(tally.seekingMarked, forest, p)
}

export function foundOf({ forest }: Told, tally: Tally): Found {
  const { seeking: all, seekingMarked: marked, lastRepeated: _, ...counts } = tally
  return {
    ...counts,
    examples: examplesOf(all, forest),
    marks: examplesOf(marked, forest),
    ms: distributionOf(new Float64Array(tally.ms)),
    waitedMs: distributionOf(new Float64Array(tally.waitedMs)),
    pausesMs: distributionsOf(tally.pausesMs),
    rejected: new Map([...tally.rejected].map(([i, starts]) => [i, new Float64Array(starts).sort()])),
  }
}

const SUMS = [
  'others',
  'before',
  'count',
  'told',
  'lost',
  'late',
  'marked',
  'extra',
  'repeated',
  'sumNs',
] as const

export function joinedFound(seen: readonly Found[]): Found {
  if (seen.length === 1) return seen[0]
  const sums = Object.fromEntries(SUMS.map((what) => [what, seen.reduce((sum, one) => sum + one[what], 0)]))
  return {
    ...seen[0],
    ...sums,
    attemptsMax: Math.max(...seen.map((one) => one.attemptsMax)),
    firstNs: Math.min(...seen.map((one) => one.firstNs)),
    lastNs: Math.max(...seen.map((one) => one.lastNs)),
    examples: joinedExamples(seen.map((one) => one.examples)),
    marks: joinedExamples(seen.map((one) => one.marks)),
    ms: joinedDistribution(seen.map((one) => one.ms)),
    waitedMs: joinedDistribution(seen.map((one) => one.waitedMs)),
    pausesMs: joinedByKey(seen.map((one) => one.pausesMs)),
    rejected: joinedMaps(
      seen.map((one) => one.rejected),
      mergedSorted,
    ),
    rejectedOf: summedByKey(seen.map((one) => one.rejectedOf)),
    letIn: summedByKey(seen.map((one) => one.letIn)),
  }
}
