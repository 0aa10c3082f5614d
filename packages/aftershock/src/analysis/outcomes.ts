import type { Attribution } from './attribution.ts'
import { moreOften, quantileOf } from './compare.ts'
import type { Components } from './components.ts'
import { samplesByGroup } from './components.ts'
import { Fail } from './failure.ts'
import type { Forest } from './forest.ts'
import { Phase, type Phases } from './phases.ts'

export const Outcome = { unknown: 0, ok: 1, failed: 2, slow: 3, absorbed: 4 } as const

export type Outcomes = {
  /** Trace → `Outcome`; unknown where the root was lost. */
  readonly outcome: Uint8Array
  readonly attributed: Uint8Array
  readonly hung: Uint8Array
  /** Entry operation → 99th percentile of good answers in the baseline, ns. */
  readonly entryHighNs: Float64Array
}

/** Fewer good requests than this do not tell what is slow. */
const ENTRY_SAMPLES_MIN = 10

/**
 * failed: the entry failed. slow: it succeeded above the baseline's 99th percentile of its entry and took
 * more than twice what it would have (see `counterfactual.ts`). absorbed: the fault made something fail
 * below, and the user saw none of it.
 */
export function outcomesOf(
  forest: Forest,
  fail: Uint8Array,
  parts: Components,
  attribution: Attribution,
  phases: Phases,
): Outcomes {
  const entryHighNs = entryHighs(forest, fail, parts, phases)
  const outcome = new Uint8Array(forest.traces)
  const attributed = new Uint8Array(forest.traces)
  const hung = new Uint8Array(forest.traces)
  const hangs = requestsHang(forest, phases)
  for (let t = 0; t < forest.traces; t++) {
    const entry = forest.entry[t]
    if (entry === -1) {
      if (!hangs || phases.ofTrace[t] < Phase.chaos) continue
      outcome[t] = Outcome.failed
      hung[t] = 1
      attributed[t] = anyAttributed(forest, attribution, t) ? 1 : 0
      continue
    }
    if (fail[entry] !== Fail.ok) {
      outcome[t] = Outcome.failed
      attributed[t] = attribution.failed[entry]
      continue
    }
    const took = forest.end[entry] - forest.start[entry]
    outcome[t] = Outcome.ok
    if (took > entryHighNs[forest.op[entry]]) {
      if (took > 2 * attribution.durationNs[entry]) attributed[t] = 1
      if (attributed[t] === 1 || took > 2 * attribution.healthyNs[entry]) outcome[t] = Outcome.slow
    }
    if (outcome[t] === Outcome.ok && anyAttributed(forest, attribution, t)) {
      outcome[t] = Outcome.absorbed
      attributed[t] = 1
    }
  }
  return { outcome, attributed, hung, entryHighNs }
}

/** Roots are missing far more often than in the baseline: spans are sent when they end, and these did not. */
function requestsHang(forest: Forest, phases: Phases): boolean {
  const [rootless, all] = [
    [0, 0],
    [0, 0],
  ]
  for (let t = 0; t < forest.traces; t++) {
    if (phases.ofTrace[t] === Phase.none) continue
    const during = phases.ofTrace[t] === Phase.baseline ? 0 : 1
    all[during] += 1
    if (forest.entry[t] === -1) rootless[during] += 1
  }
  return moreOften(rootless[0] + 1, all[0] + 1, rootless[1], all[1]) < 1e-4
}

function anyAttributed(forest: Forest, attribution: Attribution, t: number): boolean {
  for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
    if (attribution.failed[p] === 1) return true
  }
  return false
}

function entryHighs(forest: Forest, fail: Uint8Array, parts: Components, phases: Phases): Float64Array {
  const took = new Float64Array(forest.length).fill(Number.NaN)
  for (let t = 0; t < forest.traces; t++) {
    const entry = forest.entry[t]
    if (entry !== -1 && phases.ofTrace[t] === Phase.baseline && fail[entry] === Fail.ok) {
      took[entry] = forest.end[entry] - forest.start[entry]
    }
  }
  const samples = samplesByGroup(took, forest.op, parts.typical.length, () => true)
  return Float64Array.from(samples, (sorted) =>
    sorted.length < ENTRY_SAMPLES_MIN ? Number.POSITIVE_INFINITY : quantileOf(sorted, 0.99),
  )
}
