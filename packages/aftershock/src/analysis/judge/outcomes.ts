import type { Forest } from '../assemble/forest.ts'
import { Phase, type Phases } from '../assemble/phases.ts'
import { Fail } from '../calls/failure.ts'
import type { HiddenRejections } from '../calls/rejections.ts'
import { columnOf } from '../numbers/columns.ts'
import { moreOften, quantilesOf, select } from '../numbers/compare.ts'
import { joinedSamples, type Samples, samplesSeen } from '../numbers/samples.ts'
import { summed } from '../numbers/sums.ts'
import type { Attribution } from './blame.ts'
import { isOpenedByFault } from './opened-by-fault.ts'
import type { Sites } from './sites.ts'
import { waitLaidToFault } from './waits-laid.ts'

export const Outcome = { unknown: 0, ok: 1, failed: 2, slow: 3, absorbed: 4, late: 5 } as const

/** As results name them. Whoever sent a message that came late was answered all the same: the queue coped. */
export const OUTCOME_NAMES = ['unknown', 'ok', 'failed', 'slow', 'absorbed', 'absorbed'] as const

/** As chains and affected requests name those that the fault brought about. */
export function harmName(outcome: number): 'failed' | 'slow' | 'absorbed' {
  const name = OUTCOME_NAMES[outcome]
  return name === 'slow' || name === 'absorbed' ? name : 'failed'
}

export type Outcomes = {
  /** Trace → `Outcome`; unknown where the root was lost. */
  readonly outcome: Uint8Array
  readonly attributed: Uint8Array
  readonly hung: Uint8Array
  /**
   * Entry operation → 99th percentile of good answers in the baseline, ns: the smallest that fewer than 1 % exceeded. A
   * value between two of them would call some of the baseline's own kind slow.
   */
  readonly entryHighNs: Float64Array
  /** Entry operation → the middle of the same, ns. */
  readonly entryMiddleNs: Float64Array
}

type Fails = { readonly fail: Uint8Array; readonly hidden: HiddenRejections; readonly sites: Sites }

/** Fewer good requests than this do not tell what is slow. */
export const ENTRY_SAMPLES_MIN = 10

/**
 * failed: the entry failed. slow: it succeeded above the baseline's 99th percentile of its entry and took
 * more than twice what it would have (see `counterfactual.ts`). absorbed: the fault made something fail
 * below, or the breaker that it opened kept a call from being made, and the user saw none of it. late: nothing
 * failed, but a message that was sent or taken up in it lay longer because of the fault.
 *
 * @param healthyNs - what spans of the given traces should take, whoever caused them to take longer
 */
export function outcomesOf(
  forest: Forest,
  { fail, hidden, sites }: Fails,
  attribution: Attribution,
  phases: Phases,
  { entryHighNs, entryMiddleNs, hangs, failsAnyway }: EntriesKnown,
  healthyNs: (traces: ReadonlySet<number>) => Float64Array,
): Outcomes {
  const outcome = columnOf(Uint8Array, forest.traces)
  const attributed = columnOf(Uint8Array, forest.traces)
  const hung = columnOf(Uint8Array, forest.traces)
  const late = new Set<number>()
  for (let t = 0; t < forest.traces; t++) {
    const entry = forest.entry[t]
    if (entry === -1) {
      if (hangs[topOf(forest, t)] === 0 || phases.ofTrace[t] < Phase.chaos) continue
      outcome[t] = Outcome.failed
      hung[t] = 1
      attributed[t] = anyAttributed(forest, attribution, t) ? 1 : 0
      continue
    }
    if (fail[entry] !== Fail.ok) {
      outcome[t] = Outcome.failed
      attributed[t] = failsAnyway[forest.op[entry]] === 0 && attribution.failed[entry] !== 0 ? 1 : 0
      continue
    }
    const took = forest.end[entry] - forest.start[entry]
    outcome[t] = Outcome.ok
    if (took > entryHighNs[forest.op[entry]]) {
      if (took > 2 * attribution.durationNs[entry]) {
        attributed[t] = 1
        outcome[t] = Outcome.slow
      } else late.add(t)
    }
  }
  const usualNs = late.size === 0 ? new Float64Array(0) : healthyNs(late)
  for (const t of late) {
    const entry = forest.entry[t]
    if (forest.end[entry] - forest.start[entry] > 2 * usualNs[entry]) outcome[t] = Outcome.slow
  }
  for (let t = 0; t < forest.traces; t++) {
    if (outcome[t] !== Outcome.ok) continue
    if (!anyAttributed(forest, attribution, t) && !anyKeptBack(forest, hidden, attribution, t)) continue
    outcome[t] = Outcome.absorbed
    attributed[t] = 1
  }
  for (const p of sites.waited.keys()) {
    const t = forest.trace[p]
    if (outcome[t] !== Outcome.ok || phases.ofTrace[t] < Phase.chaos) continue
    if (waitLaidToFault(sites, attribution, p) === undefined) continue
    outcome[t] = Outcome.late
    attributed[t] = 1
  }
  return { outcome, attributed, hung, entryHighNs, entryMiddleNs }
}

function anyAttributed(forest: Forest, attribution: Attribution, t: number): boolean {
  for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
    if (attribution.failed[p] !== 0) return true
  }
  return false
}

function anyKeptBack(
  forest: Forest,
  { quiet }: HiddenRejections,
  attribution: Attribution,
  t: number,
): boolean {
  for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
    if (quiet[p] !== -1 && isOpenedByFault(attribution, forest.service[p], quiet[p])) return true
  }
  return false
}

/**
 * Requests of a partition: what good ones of the baseline took; and before and after, by service, how many came by
 * it, and how many of those that lost their root begin with it.
 */
export type EntriesSeen = {
  readonly took: Samples
  readonly rootless: readonly [Float64Array, Float64Array]
  readonly all: readonly [Float64Array, Float64Array]
  /** By entry operation: requests of the baseline, and those of them that failed. */
  readonly asked: Float64Array
  readonly failed: Float64Array
}

export type EntriesKnown = Pick<Outcomes, 'entryHighNs' | 'entryMiddleNs'> & {
  /** By service: roots above it are missing far more often than in the baseline: spans are sent when they end, and these did not. */
  readonly hangs: Uint8Array
  /** By entry operation: it failed so often in the baseline, or beside the fault and after it, that most of what fails would have failed without. */
  readonly failsAnyway: Uint8Array
}

/** Of whatever the fault hits, this share fails anyway: more is more likely background than not. */
export const FAILS_ANYWAY_SHARE = 0.5
/** What fails so often in the baseline may be what fails most of the time later. */
export const FAILS_AT_TIMES_SHARE = 0.05

export function entriesSeen(forest: Forest, fail: Uint8Array, phases: Phases): EntriesSeen {
  const took = columnOf(Float64Array, forest.traces, Number.NaN)
  const op = columnOf(Uint32Array, forest.traces)
  const services = forest.services.length
  const zeros = (): [Float64Array, Float64Array] => [new Float64Array(services), new Float64Array(services)]
  const [rootless, all] = [zeros(), zeros()]
  const [asked, failed] = [new Float64Array(forest.ops.length), new Float64Array(forest.ops.length)]
  const countedFor = new Int32Array(services).fill(-1)
  for (let t = 0; t < forest.traces; t++) {
    const phase = phases.ofTrace[t]
    if (phase === Phase.none) continue
    const during = phase === Phase.baseline ? 0 : 1
    const entry = forest.entry[t]
    for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
      if (countedFor[forest.service[p]] === t) continue
      countedFor[forest.service[p]] = t
      all[during][forest.service[p]] += 1
    }
    if (entry !== -1 && during === 0) {
      asked[forest.op[entry]] += 1
      if (fail[entry] !== Fail.ok) failed[forest.op[entry]] += 1
    }
    if (entry === -1) rootless[during][topOf(forest, t)] += 1
    else if (during === 0 && fail[entry] === Fail.ok) {
      took[t] = forest.end[entry] - forest.start[entry]
      op[t] = forest.op[entry]
    }
  }
  return { took: samplesSeen(took, op, forest.ops.length, () => true), rootless, all, asked, failed }
}

export function joinedEntriesSeen(seen: readonly EntriesSeen[]): EntriesSeen {
  const both = (what: 'rootless' | 'all'): readonly [Float64Array, Float64Array] => [
    summed(seen.map((s) => s[what][0])),
    summed(seen.map((s) => s[what][1])),
  ]
  return {
    took: joinedSamples(seen.map((s) => s.took)),
    rootless: both('rootless'),
    all: both('all'),
    asked: summed(seen.map((s) => s.asked)),
    failed: summed(seen.map((s) => s.failed)),
  }
}

/** @param others - see `failingForOthers`; believed of what failed now and then before the fault too: else it may be what the fault left behind */
export function knownEntries(seen: readonly EntriesSeen[], others: Uint8Array): EntriesKnown {
  const { took: all, rootless, all: came, asked, failed } = joinedEntriesSeen(seen)
  const samples = Array.from(asked, (_, op) => all.values.subarray(all.starts[op], all.starts[op + 1]))
  return {
    failsAnyway: Uint8Array.from(asked, (n, op) =>
      n >= ENTRY_SAMPLES_MIN &&
      failed[op] >= (others[op] === 1 ? FAILS_AT_TIMES_SHARE : FAILS_ANYWAY_SHARE) * n
        ? 1
        : 0,
    ),
    entryHighNs: Float64Array.from(samples, (took) =>
      took.length < ENTRY_SAMPLES_MIN
        ? Number.POSITIVE_INFINITY
        : select(took, Math.floor(took.length * 0.99)),
    ),
    entryMiddleNs: Float64Array.from(samples, (took) => quantilesOf(took, [0.5])[0]),
    hangs: Uint8Array.from(rootless[0], (before, s) =>
      moreOften(before + 1, came[0][s] + 1, rootless[1][s], came[1][s]) < 1e-4 ? 1 : 0,
    ),
  }
}

/** The service of what is left of a trace without a root: who was called by those that never answered. */
function topOf(forest: Forest, t: number): number {
  return forest.service[forest.traceStart[t]]
}
