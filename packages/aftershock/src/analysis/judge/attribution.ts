import { edgeKey, edgeOf } from '../assemble/edge-key.ts'
import type { System } from '../assemble/forest.ts'
import { Phase } from '../assemble/phases.ts'
import { Fail, OWN_POOL } from '../calls/failure.ts'
import { columnOf } from '../numbers/columns.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import { grains, summed } from '../numbers/sums.ts'
import type { EdgeFailures, Reason } from './blame.ts'
import { Because, type Counterfactual } from './counterfactual.ts'
import { type OthersSeen, othersSeen } from './fails-anyway.ts'
import type { Judged } from './judged.ts'
import { type AlikeSeen, alikeSeen } from './lost-parts.ts'
import { STATE_LEVEL } from './near-sites.ts'
import { isOpenedByFault, mayHaveOpened, type Rejected } from './opened-by-fault.ts'
import { isOfTime, isShiftedAt, isShiftedIn, rate, type Site } from './sites.ts'

/** Requests in progress at a service must grow by this share for waiting there to be laid to the fault. */
const PRESSURE_MIN = 1
/** Who takes up messages is never busier than all the time: it falls behind with little more to do. */
const MESSAGE_PRESSURE_MIN = 0.2
/** Share of requests, over the baseline's, that must wait. */
const WAITING_MIN = 0.05
/** Who waits for room waits for those who hold it: at least this share of the time the fault holds them there. */
const WAIT_SHARE_MIN = 0.2
/** Who waits for a connection does so before the call is sent: this share of the time in excess at least. */
const THERE_SHARE_MIN = 0.8
/** Rounds of `addState` at most: each may open the way for the next. */
export const ROUNDS_MAX = 5

/** 1 where time in excess is laid to the fault. */
export function overOf({ forest, sites }: Judged, reasons: readonly Reason[]): Uint8Array {
  const over = columnOf(Uint8Array, forest.length)
  for (let p = 0; p < forest.length; p++) {
    const site = sites.ofPart[p]
    if (site !== -1 && sites.excess[p] === 1 && reasons[site] !== 'none') over[p] = 1
  }
  return over
}

/** Adds sites that the fault reached through state; returns whether any was. */
export function addState(
  list: readonly Site[],
  system: System,
  reasons: Reason[],
  spread: Spread,
  upstream: ReadonlySet<number>,
): boolean {
  const { edges, pressure } = spread
  let grew = false
  list.forEach((site, i) => {
    if (reasons[i] !== 'none' || !(isShiftedAt(site, STATE_LEVEL) || isLostAnswer(site))) return
    const isRejected = site.what === 'fail' && site.as === Fail.rejected
    if (isRejected || isLostAnswer(site)) {
      // Answered with an error, and the answer's span is lost: as the edge's other failures.
      const edge = edges.get(edgeOf(site))
      const isFromFault = isRejected
        ? isOpenedByFault(spread, site.service, site.callee)
        : edge !== undefined && edge.attributed >= 0.8 * edge.all && system.services[site.callee].hasSpans
      if (!isFromFault) return
      reasons[i] = 'state'
      grew = true
      return
    }
    const waiting = rate(site, Phase.chaos) - rate(site, Phase.baseline)
    const isFuller = site.shifted && isShiftedIn(site, Phase.chaos, STATE_LEVEL)
    const place = waitsForOwnPool(list, reasons, site) ? site.service : waitsAt(site)
    const full = isFuller && (site.what === 'fail' || waiting >= WAITING_MIN) ? place : -1
    const pressureMin = site.what === 'wait' ? MESSAGE_PRESSURE_MIN : PRESSURE_MIN
    if (full === -1 || !upstream.has(full) || pressure.added[full] < pressureMin) return
    if (!isAtOnce(site) && meanExcess(site) < WAIT_SHARE_MIN * pressure.heldNs[full]) return
    reasons[i] = 'sideways'
    grew = true
  })
  return grew
}

/** Services that the fault fills up, and what is late there for a reason not yet known; indices. */
export function crowdable(
  list: readonly Site[],
  reasons: readonly Reason[],
  { pressure }: Spread,
  upstream: ReadonlySet<number>,
): readonly number[] {
  return list.flatMap((site, i) => {
    const place = isOfTime(site) ? waitsAt(site) : -1
    const mayBe = reasons[i] === 'none' && place !== -1 && upstream.has(place)
    const isFuller = mayBe && pressure.added[place] >= PRESSURE_MIN
    return isFuller && site.shifted && isShiftedIn(site, Phase.chaos, STATE_LEVEL) ? [i] : []
  })
}

/** Fullness shows without waiting where it is said, and on calls, which show no wait of their own. */
function isAtOnce(site: Site): boolean {
  return site.what === 'fail' && (site.as === Fail.shed || site.callee !== -1)
}

/** Calls of a service that is out of connections are late on the way there: some wait in vain, others get one in the end. */
function waitsForOwnPool(list: readonly Site[], reasons: readonly Reason[], site: Site): boolean {
  if (site.what !== 'gap' || site.thereNs[Phase.chaos] < THERE_SHARE_MIN * site.excessNs[Phase.chaos])
    return false
  return list.some(
    ({ service, as }, i) => as === OWN_POOL && service === site.service && reasons[i] !== 'none',
  )
}

/** The service whose fullness a site could come from. */
export function waitsAt(site: Site): number {
  if (site.what === 'self') return site.service
  if (site.what === 'gap' || site.what === 'wait') return site.callee
  if (site.what === 'leaf') return -1
  if (site.as === OWN_POOL || site.as === Fail.shed || (site.as === Fail.error && site.callee === -1))
    return site.service
  return site.callee !== -1 && (site.as === Fail.timeout || site.as === Fail.network) ? site.callee : -1
}

/** What failed and what piled up while the fault was on, once a part of it is thought away. */
export type SpreadSeen = {
  readonly edges: ReadonlyMap<number, EdgeFailures>
  readonly openers: ReadonlyMap<number, EdgeFailures>
  /** By service: time at work in the baseline, and time that the fault added in chaos, ns. */
  readonly busyNs: Float64Array
  readonly addedNs: Float64Array
  /** By service: requests that took more than twice their time, and by how much, ns. */
  readonly held: Float64Array
  readonly heldNs: Float64Array
  readonly alike: AlikeSeen
  readonly others: OthersSeen
}

export type Spread = {
  /** `edgeKey` → failed calls in chaos and recovery, and how many of them are the fault's. */
  readonly edges: ReadonlyMap<number, EdgeFailures>
  /** The same of those that may have opened a breaker. */
  readonly openers: ReadonlyMap<number, EdgeFailures>
  readonly pressure: Pressure
}

export function spreadSeen(judged: Judged, now: Counterfactual, rejected: Rejected): SpreadSeen {
  const { forest, fail, phases } = judged
  const [edges, openers] = [new Map<number, EdgeFailures>(), new Map<number, EdgeFailures>()]
  const zeros = (): Float64Array => new Float64Array(forest.services.length)
  const [busyNs, addedNs, held, heldNs] = [zeros(), zeros(), zeros(), zeros()]
  for (let p = 0; p < forest.length; p++) {
    const phase = phases.ofTrace[forest.trace[p]]
    const service = forest.service[p]
    if (forest.callee[p] !== -1 && fail[p] !== Fail.ok && fail[p] !== Fail.rejected && phase >= Phase.chaos) {
      const key = edgeKey(service, forest.callee[p])
      const hit = now.failed[p] === Because.hit ? 1 : 0
      countFailure(edges, key, hit)
      if (mayHaveOpened(rejected, key, forest.op[forest.owner[p]], forest.end[p]))
        countFailure(openers, key, hit)
    }
    if (forest.owner[p] !== p) continue
    const took = forest.end[p] - forest.start[p]
    if (phase === Phase.baseline) busyNs[service] += grains(took)
    else if (phase === Phase.chaos) {
      const more = Math.max(0, took - now.durationNs[p])
      addedNs[service] += grains(more)
      if (more <= now.durationNs[p]) continue
      heldNs[service] += grains(more)
      held[service] += 1
    }
  }
  return {
    edges,
    openers,
    busyNs,
    addedNs,
    held,
    heldNs,
    alike: alikeSeen(judged, now),
    others: othersSeen(judged, now),
  }
}

function countFailure(edges: Map<number, EdgeFailures>, key: number, hit: number): void {
  const edge = edges.get(key) ?? { all: 0, attributed: 0 }
  edge.all += 1
  edge.attributed += hit
  edges.set(key, edge)
}

export function spreadOf(seen: readonly SpreadSeen[], lengthNs: readonly number[]): Spread {
  const sum = (what: 'busyNs' | 'addedNs' | 'held' | 'heldNs'): Float64Array =>
    summed(seen.map((s) => s[what]))
  const [busyNs, held] = [sum('busyNs'), sum('held')]
  const [, baselineNs, chaosNs] = lengthNs
  const added = sum('addedNs').map((ns, s) =>
    chaosNs === 0 || baselineNs === 0 ? 0 : ns / chaosNs / Math.max(busyNs[s] / baselineNs, 1e-9),
  )
  return {
    edges: joinedMaps(
      seen.map((s) => s.edges),
      failuresOf,
    ),
    openers: joinedMaps(
      seen.map((s) => s.openers),
      failuresOf,
    ),
    pressure: { added, heldNs: sum('heldNs').map((ns, s) => (held[s] === 0 ? 0 : ns / held[s])) },
  }
}

function failuresOf(seen: readonly EdgeFailures[]): EdgeFailures {
  return {
    all: seen.reduce((sum, s) => sum + s.all, 0),
    attributed: seen.reduce((sum, s) => sum + s.attributed, 0),
  }
}

function meanExcess(site: Site): number {
  const hits = site.hits[Phase.chaos]
  return hits === 0 ? 0 : site.excessNs[Phase.chaos] / hits
}

type Pressure = {
  /** Service → requests in progress that the fault added, over those it had in the baseline. */
  readonly added: Float64Array
  /** Service → how much longer the fault held those requests there that took more than twice their time, mean, ns. */
  readonly heldNs: Float64Array
}

/** Services that call a target, directly or through others. */
export function callersOf({ ops }: System, targets: ReadonlySet<number>): ReadonlySet<number> {
  const callers = new Map<number, Set<number>>()
  for (const { service, callee } of ops) {
    if (callee === -1) continue
    const known = callers.get(callee)
    if (known === undefined) callers.set(callee, new Set([service]))
    else known.add(service)
  }
  const found = new Set<number>()
  const open = [...targets]
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const caller of callers.get(next) ?? []) {
      if (found.has(caller)) continue
      found.add(caller)
      open.push(caller)
    }
  }
  return found
}

/** A few of an edge's failed calls without the failed answer, where others have it: too few to test. */
function isLostAnswer(site: Site): boolean {
  return site.what === 'fail' && site.callee !== -1 && site.as === Fail.error
}
