import type { QualityNote } from '../model/result.ts'
import { attribute } from './attribution.ts'
import { componentsOf } from './components.ts'
import type { Facts } from './facts.ts'
import { percent, plural } from './occurrences.ts'
import { Outcome, outcomesOf } from './outcomes.ts'
import { Phase, type Phases } from './phases.ts'
import { sitesOf } from './sites.ts'

/** The same analysis over a window in which nothing was injected: the second half of the baseline. */
export type ShamControl = {
  readonly requests: number
  /** Requests that were attributed although there was nothing to attribute them to. */
  readonly attributed: number
  readonly note: QualityNote
}

const REQUESTS_MIN = 200

/** Undefined when the baseline is too short to be cut in two. */
export function shamControl(facts: Facts): ShamControl | undefined {
  const { forest, phases, fail, logical, origins, targets } = facts
  const baseline = [...phases.ofTrace.keys()].filter((t) => phases.ofTrace[t] === Phase.baseline)
  if (baseline.length < REQUESTS_MIN * 2 || targets.size === 0) return undefined
  const halved = halvedPhases(phases, baseline)
  const parts = componentsOf(forest, fail, logical, halved)
  const sites = sitesOf(forest, parts, origins, halved)
  const attribution = attribute({ forest, fail, parts, logical, origins, sites, phases: halved }, targets)
  const { outcome, attributed } = outcomesOf(forest, fail, parts, attribution, halved)
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

function halvedPhases(phases: Phases, baseline: readonly number[]): Phases {
  const ofTrace = new Uint8Array(phases.ofTrace.length)
  // Traces are numbered by start, so the later half of the numbers is the later half of the time.
  baseline.forEach((t, i) => {
    ofTrace[t] = i < baseline.length / 2 ? Phase.baseline : Phase.chaos
  })
  const half = phases.lengthNs[Phase.baseline] / 2
  return { ofTrace, baseline: [], chaos: [], recovery: [], lengthNs: [0, half, half, 0] }
}
