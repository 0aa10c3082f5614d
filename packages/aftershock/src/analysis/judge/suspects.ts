import { percentText } from '../../model/numbers.ts'
import type { Suspect } from '../../model/result.ts'
import { edgeOf } from '../assemble/edge-key.ts'
import type { Forest, System } from '../assemble/forest.ts'
import { Phase, type Phases } from '../assemble/phases.ts'
import { Fail, OWN_POOL, SLOW_CALLEE } from '../calls/failure.ts'
import { ALWAYS, type Truncation, type TurnBack } from '../calls/structure.ts'
import { push } from '../numbers/push.ts'
import { joined } from '../numbers/samples.ts'
import { SAMPLES_MIN } from './components.ts'
import { isLikelyAt, rate, type Site } from './sites.ts'
import { ownWorkText, suspectText } from './suspect-text.ts'

type Evidence = { readonly weight: number; readonly text: string }

/** A failure weighs as much as this many typical requests' time. */
const FAILURE_WEIGHT = 3
/** A request that left out what its like always did, against one that failed; and one that may have been asked for less. */
const TRUNCATION_WEIGHT = 1 / 3
const CHANGE_WEIGHT = 1 / 6
/** What comes out of a service may be laid to either end; by this much less to the caller, all else equal. */
const CALLER_SHARE = 0.9
/** Failures that are reactions to others never accuse anybody. */
const REACTIONS: readonly number[] = [Fail.rejected, Fail.shed, Fail.cancelled, SLOW_CALLEE, OWN_POOL]

/**
 * Ranks services by what began at them, without knowing the experiment. Time lost or failures on an edge
 * may come from either end: which of an end's edges shift *together* decides, so an end is believed by the
 * share of its traffic on that side that shifted. Its own work counts in full.
 */
export function suspectsOf(
  forest: System,
  list: readonly Site[],
  requestNs: number,
  left: { readonly steps: readonly Truncation[]; readonly turnBacks: readonly TurnBack[] },
): readonly Suspect[] {
  const evidence = new Map<number, Evidence[]>()
  const accuse = (service: number, weight: number, text: string): void => {
    if (weight <= 0) return
    push(evidence, service, { weight, text })
  }
  const into = coverage(list, (site) => site.callee)
  const outOf = coverage(list, (site) => (site.callee === -1 ? -1 : site.service))
  const busy = busyServices(list)
  const late = lateCallers(list)
  const gaps = list.filter(({ what, n }) => what === 'gap' && n[Phase.chaos] > 0)
  // A call given up takes its connection along: the next one pays for a handshake on the way there, whoever is slow.
  const givenUp = new Set(list.filter((site) => isLikelyAt(site) && site.as === Fail.timeout).map(edgeOf))
  for (const site of list) {
    if (
      site.what === 'wait' ||
      isWaitingForTurn(site) ||
      !isLikelyAt(site) ||
      REACTIONS.includes(site.as) ||
      isAnswerLost(forest, site)
    )
      continue
    const all = weightOf(site, requestNs)
    const own =
      site.aroundNs[Phase.chaos] === 0 ? 0 : (all * site.aroundNs[Phase.chaos]) / site.excessNs[Phase.chaos]
    accuse(site.service, own, ownWorkText(site))
    const weight = all - own
    const text = suspectText(forest, site)
    if (site.callee === -1) accuse(site.service, weight, text)
    else {
      const there = givenUp.has(edgeOf(site)) ? 0.5 : thereShare(site, gaps)
      // Names are looked up by the caller: the callee is not even asked.
      const isDns = site.what === 'fail' && site.as === Fail.dns
      const isBusy = busy.has(site.service)
      const callers = late.get(site.callee)?.size ?? 1
      const side = isBusy ? Math.min(1, sideOf(1 - there)) : sideOf(1 - there)
      // Of several callers alike each would need a fault of its own: their callee needs but one.
      const toCallee = isDns ? 0.3 : callers > 1 ? Math.max(1, side) : side
      const toCaller = isDns ? 1 : (isBusy ? Math.max(1, sideOf(there)) : sideOf(there)) / callers
      const out = isDns ? 1 : (outOf.get(site.service) ?? 0) ** 2 * CALLER_SHARE
      accuse(site.callee, weight * (into.get(site.callee) ?? 0) ** 2 * toCallee, text)
      accuse(site.service, weight * out * toCaller, text)
    }
  }
  for (const { service, weight, text } of leftOut(forest, left)) accuse(service, weight, text)
  // How long somebody waited tells who was full, and not who began it: who takes up no messages shows in nothing else.
  if (evidence.size === 0)
    for (const site of list)
      if ((site.what === 'wait' || isWaitingForTurn(site)) && isLikelyAt(site))
        accuse(
          site.what === 'wait' ? site.callee : site.service,
          weightOf(site, requestNs),
          suspectText(forest, site),
        )
  const all = [...evidence].filter(([s]) => forest.services[s].kind !== 'user')
  const total = all.reduce((sum, [, list]) => sum + list.reduce((a, e) => a + e.weight, 0), 0)
  return all
    .map(([s, list]) => {
      const best = list.toSorted((a, b) => b.weight - a.weight)
      return {
        service: forest.services[s].name,
        score: Math.round((best.reduce((a, e) => a + e.weight, 0) / total) * 1000) / 1000,
        why: best
          .slice(0, 2)
          .map((e) => e.text)
          .join('; '),
      }
    })
    .toSorted((a, b) => b.score - a.score || (a.service < b.service ? -1 : 1))
    .slice(0, 10)
}

/** Of a few failed calls of an edge the failed answer is missing, where most have it: it was lost, and began nothing. */
function isAnswerLost({ services }: System, { what, as, callee, hits, answered }: Site): boolean {
  if (what !== 'fail' || as !== Fail.error || callee === -1 || !services[callee].hasSpans) return false
  return hits[Phase.chaos] < LOST_SHARE * (hits[Phase.chaos] + answered[Phase.chaos])
}

/** Answers that may be lost, of failed ones. */
const LOST_SHARE = 0.2

/** What requests of the baseline took, ns. */
export function requestsSeen(forest: Forest, phases: Phases): Float64Array {
  const took: number[] = []
  for (let t = 0; t < forest.traces; t++) {
    const entry = forest.entry[t]
    if (entry !== -1 && phases.ofTrace[t] === Phase.baseline)
      took.push(forest.end[entry] - forest.start[entry])
  }
  return Float64Array.from(took)
}

/** Median of the baseline's requests: the yardstick for lost time. */
export function typicalRequest(seen: readonly Float64Array[]): number {
  const took = joined(seen).sort()
  return Math.max(1e6, took[took.length >> 1] ?? 1e8)
}

/** Share of the traffic on one side of a service that shifted, by time or by failures. */
function coverage(list: readonly Site[], endOf: (site: Site) => number): ReadonlyMap<number, number> {
  const edges = new Map<number, Map<number, { n: number; shifted: boolean }>>()
  for (const site of list) {
    const end = endOf(site)
    if (end === -1 || site.what === 'self' || site.what === 'wait' || REACTIONS.includes(site.as)) continue
    const other = site.callee === end ? site.service : site.callee
    const known = edges.get(end) ?? new Map<number, { n: number; shifted: boolean }>()
    edges.set(end, known)
    const edge = known.get(other) ?? { n: 0, shifted: false }
    edge.n = Math.max(edge.n, site.n[Phase.chaos])
    edge.shifted ||= isLikelyAt(site)
    known.set(other, edge)
  }
  const shares = new Map<number, number>()
  for (const [end, byOther] of edges) {
    let [all, shifted] = [0, 0]
    for (const edge of byOther.values()) {
      if (edge.n < SAMPLES_MIN && !edge.shifted) continue
      all += Math.sqrt(edge.n)
      if (edge.shifted) shifted += Math.sqrt(edge.n)
    }
    shares.set(end, all === 0 ? 0 : shifted / all)
  }
  return shares
}

/** Events beyond the baseline's rate, each by what it cost. */
function weightOf(site: Site, requestNs: number): number {
  const more = beyondBaseline(site)
  if (more <= 0) return 0
  if (site.what === 'fail') return more * FAILURE_WEIGHT
  const cost = site.excessNs[Phase.chaos] / site.hits[Phase.chaos] / requestNs
  // A fault takes most of what its target does; a long tail takes a few of anything.
  return more * Math.min(FAILURE_WEIGHT, cost) * Math.sqrt(more / site.n[Phase.chaos])
}

/** Events while the fault was on that the baseline's rate does not explain; below 0 where it had more. */
function beyondBaseline(site: Site): number {
  return site.hits[Phase.chaos] - rate(site, Phase.baseline) * site.n[Phase.chaos]
}

/**
 * Share of a gap's excess on the way there. A delay of what leaves a container shows on the way there
 * when it is the caller's, and then on its own answers as well; on the way back when it is the callee's. A half where
 * it cannot be told. None of a refusal.
 */
function thereShare(site: Site, gaps: readonly Site[]): number {
  // Refused or cut off: the other end says so, or nobody is there.
  if (site.what === 'fail' && site.as === Fail.network) return 0
  if (site.what !== 'gap' || site.excessNs[Phase.chaos] <= 0) return 0.5
  const share = Math.min(1, Math.max(0, site.thereNs[Phase.chaos] / site.excessNs[Phase.chaos]))
  return share <= 0.5 ? share : 0.5 + (share - 0.5) * lateAnswers(site, gaps)
}

/**
 * Share of a caller's own answers that come late, of what is late of its calls. Only those answers count that would be
 * in excess if they were as late.
 */
function lateAnswers(site: Site, gaps: readonly Site[]): number {
  const byNs = site.excessNs[Phase.chaos] / site.hits[Phase.chaos]
  const own = gaps.filter(
    ({ callee, roomNs, n }) => callee === site.service && roomNs[Phase.chaos] / n[Phase.chaos] < byNs,
  )
  const sum = (numberOf: (answers: Site) => number): number => own.reduce((a, b) => a + numberOf(b), 0)
  const n = sum((answers) => answers.n[Phase.chaos])
  const late = sum((answers) => Math.max(0, beyondBaseline(answers)))
  // One more that was late: a few that were in time prove little.
  return Math.min(1, (late + 1) / (n + 1) / rate(site, Phase.chaos))
}

/** Callee → those of its callers whose calls take longer outside its work. */
function lateCallers(list: readonly Site[]): ReadonlyMap<number, ReadonlySet<number>> {
  const callers = new Map<number, Set<number>>()
  for (const site of list) {
    if (site.what !== 'gap' || !isLikelyAt(site)) continue
    callers.set(site.callee, (callers.get(site.callee) ?? new Set()).add(site.service))
  }
  return callers
}

/** One for a half; the side that holds all of it counts half as much again, the other half as much. */
function sideOf(share: number): number {
  return 0.5 + share
}

/**
 * Requests that leave out what they did turned back unseen: in their own service, unless those of several services
 * turn back after calls to the same one. Whoever calls a service whose requests turn back only passes that on.
 */
function leftOut(
  forest: System,
  left: { readonly steps: readonly Truncation[]; readonly turnBacks: readonly TurnBack[] },
) {
  const common = [...Map.groupBy(left.turnBacks, (t) => t.callee)]
    .map(([callee, all]) => ({ callee, all, callers: new Set(all.map((t) => t.service)) }))
    .filter(({ callers }) => callers.size > 1)
  const thrown = common.map(({ callee, all, callers }) => ({
    service: callee,
    weight: all.reduce((sum, t) => sum + t.requests, 0) * FAILURE_WEIGHT * TRUNCATION_WEIGHT,
    text: `requests of ${callers.size} services turn back after calls to it`,
  }))
  const passedOn = new Set(common.flatMap(({ callers }) => [...callers]))
  const own = left.steps.filter((t) => !passedOn.has(t.service))
  const deepest = own.filter((t) => !own.some((u) => calls(forest, t.service, u.service)))
  const returned = deepest.map((t) => {
    const share = `done by ${percentText(t.before)} before, ${percentText(t.during)} during`
    const weight = t.before >= ALWAYS ? TRUNCATION_WEIGHT : CHANGE_WEIGHT
    return {
      service: t.service,
      weight: t.requests * weight * FAILURE_WEIGHT,
      text: `its requests leave out ${t.what} (${share})`,
    }
  })
  return [...thrown, ...returned]
}

function calls(forest: System, caller: number, callee: number): boolean {
  return caller !== callee && forest.ops.some((op) => op.service === caller && op.callee === callee)
}

/**
 * Own work that takes longer before its first call only, where requests spend far more time in calls than before: each
 * holds its worker or connection for longer, and the others wait for their turn. Who is slow itself is so everywhere.
 */
function isWaitingForTurn({ what, excessNs, thereNs, n, ownNs, inCallsNs }: Site): boolean {
  if (what !== 'self' || thereNs[Phase.chaos] < BEFORE_SHARE_MIN * excessNs[Phase.chaos]) return false
  const usualNs = (ownNs[Phase.baseline] + inCallsNs[Phase.baseline]) / n[Phase.baseline]
  return inCallsNs[Phase.chaos] / n[Phase.chaos] - inCallsNs[Phase.baseline] / n[Phase.baseline] > usualNs
}

const BEFORE_SHARE_MIN = 0.9

/** Services whose own work got slower for a tenth of their requests: they may be late to read an answer too. */
function busyServices(list: readonly Site[]): ReadonlySet<number> {
  const busy = list.filter(
    (site) =>
      site.what === 'self' &&
      isLikelyAt(site) &&
      !isWaitingForTurn(site) &&
      rate(site, Phase.chaos) - rate(site, Phase.baseline) > 0.1,
  )
  return new Set(busy.map((site) => site.service))
}
