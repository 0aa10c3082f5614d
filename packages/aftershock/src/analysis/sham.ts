import type { QualityNote } from '../model/result.ts'
import { inquire } from './crew.ts'
import type { Facts } from './facts.ts'
import { judgement } from './judge.ts'
import type { Told } from './judge-steps.ts'
import { percent, plural } from './occurrences.ts'
import { Outcome } from './outcomes.ts'
import type { Traced } from './partition-steps.ts'
import { Phase, type Phases } from './phases.ts'

/** The same analysis over a window in which nothing was injected: the second half of the baseline. */
export type ShamControl = {
  readonly requests: number
  /** Requests that were attributed although there was nothing to attribute them to. */
  readonly attributed: number
  readonly note: QualityNote
}

const REQUESTS_MIN = 200
/** Of a longer baseline its first requests are taken: this many tell the rate well enough, whatever the load. */
const REQUESTS_MAX = 4000

/** Undefined when the baseline is too short to be cut in two. */
export function shamControl(facts: Facts): ShamControl | undefined {
  const { phases, targets } = facts
  const baseline: number[] = []
  for (let t = 0; t < phases.ofTrace.length && baseline.length < REQUESTS_MAX; t++) {
    if (phases.ofTrace[t] === Phase.baseline) baseline.push(t)
  }
  if (baseline.length < REQUESTS_MIN * 2 || targets.size === 0) return undefined
  const whole = facts.phases.ofTrace.reduce((n, phase) => n + (phase === Phase.baseline ? 1 : 0), 0)
  const begun = upToTrace(facts, baseline[baseline.length - 1] + 1)
  const halved = halvedPhases(facts, begun.forest.traces, baseline, baseline.length / whole)
  const { after } = inquire(
    judgement(begun.forest, halved.lengthNs, () => targets),
    [{ ...begun, phases: halved }],
  )
  const { outcome, attributed } = (after[0] as Told).outcomes
  const requests = baseline.filter((t) => halved.ofTrace[t] === Phase.chaos)
  const hit = requests.filter(
    (t) => attributed[t] === 1 && (outcome[t] === Outcome.failed || outcome[t] === Outcome.slow),
  ).length
  const share = hit / requests.length
  return {
    requests: requests.length,
    attributed: hit,
    note: {
      level: share > 0.01 ? 'warn' : 'info',
      id: 'sham-control',
      count: hit,
      text: `Control: with the second half of the baseline taken for the fault, ${hit} of ${plural(requests.length, 'request')} (${percent(share)}) would have been laid to it.`,
    },
  }
}

/** The same facts, cut off after a trace: positions and traces are numbered by time, so nothing is copied. */
function upToTrace(facts: Facts, traces: number): Omit<Traced, 'phases'> {
  const { forest, fail, logical, origins, hidden } = facts
  const n = forest.traceStart[traces]
  return {
    forest: {
      ...forest,
      length: n,
      traces,
      entry: forest.entry.subarray(0, traces),
      traceStart: forest.traceStart.subarray(0, traces + 1),
    },
    fail: fail.subarray(0, n),
    logical: { ...logical, callStart: logical.callStart.subarray(0, n + 1) },
    origins,
    hidden,
  }
}

/** The first half as the baseline; the second as chaos, so that an instant between them is looked at too. */
function halvedPhases(facts: Facts, traces: number, baseline: readonly number[], share: number): Phases {
  const { forest, phases } = facts
  const ofTrace = new Uint8Array(traces)
  // Traces are numbered by start, so the later half of the numbers is the later half of the time.
  baseline.forEach((t, i) => {
    ofTrace[t] = i < baseline.length / 2 ? Phase.baseline : Phase.chaos
  })
  const half = (phases.lengthNs[Phase.baseline] * share) / 2
  const startOf = (t: number): number => forest.start[forest.traceStart[t]]
  const from = startOf(baseline[Math.ceil(baseline.length / 2)])
  const to = startOf(baseline[baseline.length - 1])
  return { ofTrace, baseline: [], chaos: [{ from, to }], recovery: [], lengthNs: [0, half, half, 0] }
}
