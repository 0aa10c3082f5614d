import { edgeKey } from '../assemble/edge-key.ts'
import { Phase } from '../assemble/phases.ts'
import type { Traced } from '../calls/traced.ts'
import type { Attribution, Blame } from './blame.ts'
import { type Counterfactual, counterfactual, type Removal } from './counterfactual.ts'
import type { Judged } from './judged.ts'
import { type Alike, lostAlike } from './lost-parts.ts'
import { STATE_LEVEL } from './near-sites.ts'
import { isOpenedByFault } from './opened-by-fault.ts'
import { isShiftedIn, type Site } from './sites.ts'

/** With what breakers kept back. */
type Held = Judged & Pick<Traced, 'hidden'>

/** What the spans of a partition would have done without what is laid to the fault. */
export function withoutSites(judged: Judged, blame: Blame): Counterfactual {
  return counterfactual(judged, judged.phases.ofTrace, removalOf(judged, blame))
}

/** The same with every excess and every failure removed, whoever caused it: what spans of these traces should take, ns. */
export function healthyNs(judged: Held, traces: ReadonlySet<number>): Float64Array {
  const { sites, hidden } = judged
  return counterfactual(judged, only(judged, traces), {
    failure: () => true,
    stays: () => false,
    excess: (p) => sites.excess[p] === 1,
    wayBack: () => true,
    keptBack: (p) => hidden.quiet[p] !== -1,
    whole: () => false,
  }).durationNs
}

/**
 * Once more for traces in which something is not there. That lost spans: it is taken for what the others of their kind
 * show. Whose call a breaker kept back that the fault opened: without it the call would have been made.
 */
export function withMissingParts(
  judged: Held,
  blame: Blame,
  now: Counterfactual,
  alike: Alike,
  failures: Pick<Attribution, 'edges' | 'openers'>,
): Counterfactual {
  const lost = lostAlike(judged, alike)
  const kept = keptBackByFault(judged, failures)
  if (lost.size === 0 && kept.size === 0) return now
  const { forest } = judged
  const traces = new Set([...lost, ...kept].map((p) => forest.trace[p]))
  const removal = removalOf(judged, blame)
  const then = counterfactual(judged, only(judged, traces), {
    ...removal,
    failure: (p) => lost.has(p) || removal.failure(p),
    keptBack: (p) => kept.has(p),
    whole: (p) => lost.has(p),
  })
  const [failed, durationNs] = [now.failed.slice(), now.durationNs.slice()]
  for (const t of traces) {
    for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
      failed[p] = then.failed[p]
      durationNs[p] = then.durationNs[p]
    }
  }
  return { failed, durationNs }
}

function keptBackByFault(
  { forest, hidden }: Held,
  failures: Pick<Attribution, 'edges' | 'openers'>,
): ReadonlySet<number> {
  const kept = new Set<number>()
  for (let p = 0; p < forest.length; p++)
    if (hidden.quiet[p] !== -1 && isOpenedByFault(failures, forest.service[p], hidden.quiet[p])) kept.add(p)
  return kept
}

function only({ phases }: Judged, traces: ReadonlySet<number>): Uint8Array {
  return phases.ofTrace.map((phase, t) => (traces.has(t) ? phase : Phase.none))
}

function removalOf({ forest, sites, phases }: Judged, { reasons, onsets, afterwards }: Blame): Removal {
  const removed = Uint8Array.from(reasons, (reason) => (reason === 'none' ? 0 : 1))
  const late = new Set(
    sites.list.flatMap(({ what, service, callee }, i) =>
      what === 'gap' && removed[i] === 1 ? [edgeKey(service, callee)] : [],
    ),
  )
  return {
    failure: (p) => {
      const site = sites.ofFailure[p]
      if (site === -1) return false
      const isGone = phases.ofTrace[forest.trace[p]] === Phase.recovery && afterwards.has(site)
      if (removed[site] === 1 && !isGone) return true
      const spells = (isGone ? afterwards : onsets).get(site)
      return spells?.some((s) => forest.start[p] >= s.fromNs && forest.start[p] <= s.toNs) === true
    },
    stays: (p) => sites.ofFailure[p] !== -1 && !isWorse(sites.list[sites.ofFailure[p]]),
    excess: (p) => sites.excess[p] === 1 && removed[sites.ofPart[p]] === 1,
    wayBack: (p) => late.has(edgeKey(forest.service[p], forest.callee[p])),
    keptBack: () => false,
    whole: () => false,
  }
}

/** Failures more frequent while the fault is on may be its doing, also where no way leads to it. */
function isWorse(site: Site): boolean {
  return isShiftedIn(site, Phase.chaos, STATE_LEVEL)
}
