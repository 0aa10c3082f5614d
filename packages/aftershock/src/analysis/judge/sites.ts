import type { Forest } from '../assemble/forest.ts'
import { Phase, type Phases } from '../assemble/phases.ts'
import { Fail } from '../calls/failure.ts'
import { opportunities } from '../calls/opportunities.ts'
import type { Origins } from '../calls/origins.ts'
import { columnOf } from '../numbers/columns.ts'
import { discoveries, isFarMore, LIKELY, LIKELY_HITS_MIN, moreOften } from '../numbers/compare.ts'
import { grains, summed } from '../numbers/sums.ts'
import { TupleIds } from '../numbers/tuple-ids.ts'
import { joinedTaken, type TakenAfter } from './backlog-end.ts'
import { type Components, SAMPLES_MIN } from './components.ts'
import type { MessageWait, UsualWaits } from './message-waits.ts'
import { addTallies, noTallies, type SiteTallies } from './site-tallies.ts'
import { type Waited, waitedSeen } from './wait-sites.ts'

/**
 * A place where requests can lose time or fail, compared between baseline and chaos: a service's own work
 * (`callee` -1), or an edge. `slow` sites count values in excess, `fail` sites failures that begin there, `wait` sites
 * messages that lay longer than any of the baseline's between who sent and who took them up.
 */
export type Site = SiteTallies & {
  readonly what: 'self' | 'gap' | 'leaf' | 'fail' | 'wait'
  readonly service: number
  readonly callee: number
  /** For `fail`: `Fail`. */
  readonly as: number
  /** For `fail` of calls: calls of the edge that failed because their answer did, by `Phase`. */
  readonly answered: Float64Array
  /** Start of the first event in chaos, ns. */
  firstNs: number
  /** How likely chance alone makes as much of it, by `Phase`; 1 for the baseline. */
  readonly chance: Float64Array
  /** Happens more often than in the baseline: significant after correction, and by enough to matter. */
  shifted: boolean
}

export type Sites = {
  readonly list: readonly Site[]
  /** Position → its time site, -1 without. */
  readonly ofPart: Int32Array
  /** Position → its failure site when a failure begins there, -1 without. */
  readonly ofFailure: Int32Array
  /** 1 where the component is above what the baseline knows. */
  readonly excess: Uint8Array
  /** Position of a consumer's span → its wait site and how much longer than usual the message waited, ns; of those in excess. */
  readonly waited: ReadonlyMap<number, Waited>
}

const WHAT = { self: 0, gap: 1, leaf: 2, fail: 3, wait: 4 } as const
const NAMES = ['self', 'gap', 'leaf', 'fail', 'wait'] as const
/** At most this share of the sites called shifted may be false. */
const FALSE_RATE = 0.001
const HITS_MIN = 3
/** So many of a window's messages are no dozens now and then. */
const LONG_SHARE = 0.3
/** Less than this share on one side of an answer is nothing. */
const OTHER_SIDE_MIN = 0.1

/** A partition's tallies of sites (numbers are its own), of calls by edge and of requests by service, by phase. */
export type SitesSeen = {
  readonly list: readonly Site[]
  /** `(service * services + callee) * 4 + phase`. */
  readonly calls: Float64Array
  /** The same of calls that failed because their answer did. */
  readonly answered: Float64Array
  /** `service * 4 + phase`. */
  readonly requests: Float64Array
  readonly taken: TakenAfter
}

export function sitesSeen(
  forest: Forest,
  parts: Components,
  origins: Origins,
  phases: Phases,
  messages: readonly MessageWait[],
  usual: UsualWaits,
): { readonly own: Omit<Sites, 'list'>; readonly seen: SitesSeen } {
  const ids = new TupleIds()
  const list: Site[] = []
  const site = (what: number, service: number, callee: number, as = 0): number => {
    const id = ids.id(what, service, callee + 1, as)
    if (id === list.length) list.push(newSite(NAMES[what], service, callee, as))
    return id
  }
  // Time sites are the same for all spans of a group.
  const ofGroup = new Int32Array(parts.normals.length).fill(-1)
  const n = forest.length
  const ofPart = columnOf(Int32Array, n, -1)
  const ofFailure = columnOf(Int32Array, n, -1)
  const excess = columnOf(Uint8Array, n)
  for (let p = 0; p < n; p++) {
    const phase = phases.ofTrace[forest.trace[p]]
    const value = parts.value[p]
    const group = parts.group[p]
    if (!Number.isNaN(value) && parts.normals[group].n >= SAMPLES_MIN) {
      const normal = parts.normals[group]
      const what = WHAT_OF_PART[parts.part[p]]
      if (ofGroup[group] === -1)
        ofGroup[group] = site(what, forest.service[p], what === WHAT.self ? -1 : forest.callee[p])
      const tally = list[ofGroup[group]]
      ofPart[p] = ofGroup[group]
      tally.n[phase] += 1
      if (what === WHAT.self) tally.inCallsNs[phase] += grains(forest.end[p] - forest.start[p] - value)
      tally.ownNs[phase] += grains(value)
      tally.roomNs[phase] += grains(normal.high - normal.median)
      if (value > normal.high) {
        excess[p] = 1
        hit(tally, phase, forest.start[p])
        tally.excessNs[phase] += grains(value - normal.median)
        const thereNs = parts.there[p] - parts.usualThere[group]
        if (what !== WHAT.leaf) tally.thereNs[phase] += grains(thereNs)
        if (what === WHAT.gap && isAroundUntold(forest, p, thereNs, value - normal.median))
          tally.aroundNs[phase] += grains(value - normal.median)
      }
    }
    if (origins.begins[p] === 1) {
      const callee = forest.callee[p] !== -1 ? forest.callee[p] : origins.rejectedBy[p]
      ofFailure[p] = site(WHAT.fail, forest.service[p], callee, origins.as[p])
      hit(list[ofFailure[p]], phase, forest.start[p])
      if (excess[p] === 1) list[ofFailure[p]].excessNs[phase] += grains(value - parts.normals[group].median)
    }
  }
  const siteOf = (service: number, callee: number): number => site(WHAT.wait, service, callee)
  const { waited, taken } = waitedSeen(forest, phases, messages, usual, siteOf, (id, phase, late) => {
    list[id].n[phase] += 1
    if (late === undefined) return
    hit(list[id], phase, late.atNs)
    list[id].excessNs[phase] += grains(late.moreNs)
    if (late.isFar) list[id].far[phase] += 1
  })
  return {
    own: { ofPart, ofFailure, excess, waited },
    seen: { list, ...opportunities(forest, origins, phases), taken },
  }
}

/**
 * A call that nobody told of was put in with the time around it. What is lost on one side of the answer is lost on the
 * way, what is lost on both is the caller's own.
 */
function isAroundUntold({ untold }: Forest, p: number, thereNs: number, excessNs: number): boolean {
  if (untold.length === 0 || untold[p] === 0) return false
  return Math.min(thereNs, excessNs - thereNs) > OTHER_SIDE_MIN * excessNs
}

function hit(site: Site, phase: number, startNs: number): void {
  site.hits[phase] += 1
  if (phase === Phase.chaos && startNs < site.firstNs) site.firstNs = startNs
}

const WHAT_OF_PART: readonly number[] = [WHAT.self, WHAT.gap, WHAT.leaf]

function newSite(what: Site['what'], service: number, callee: number, as: number): Site {
  return {
    ...{ what, service, callee, as },
    ...noTallies(),
    answered: new Float64Array(4),
    firstNs: Number.POSITIVE_INFINITY,
    chance: new Float64Array(4).fill(1),
    shifted: false,
  }
}

/** Several partitions' tallies as one's. */
export function joinedSites(seen: readonly SitesSeen[]): SitesSeen {
  const byKey = new Map<string, Site>()
  for (const one of seen.flatMap((s) => s.list)) {
    const known = byKey.get(siteKey(one)) ?? newSite(one.what, one.service, one.callee, one.as)
    byKey.set(siteKey(one), known)
    known.firstNs = Math.min(known.firstNs, one.firstNs)
    addTallies(known, one)
  }
  return {
    list: [...byKey.values()],
    calls: summed(seen.map((s) => s.calls)),
    answered: summed(seen.map((s) => s.answered)),
    requests: summed(seen.map((s) => s.requests)),
    taken: joinedTaken(seen.map((s) => s.taken)),
  }
}

/** All partitions' tallies together, judged; sites in an order of their own. */
export function sitesOf(seen: readonly SitesSeen[], services: number): readonly Site[] {
  const { list: all, calls, answered, requests } = joinedSites(seen)
  const list = all.toSorted(
    (a, b) =>
      NAMES.indexOf(a.what) - NAMES.indexOf(b.what) ||
      a.service - b.service ||
      a.callee - b.callee ||
      a.as - b.as,
  )
  for (const site of list) {
    if (site.what !== 'fail') continue
    for (let phase = 0; phase < 4; phase++) {
      const at = (site.service * services + site.callee) * 4 + phase
      const made = site.callee === -1 ? 0 : calls[at]
      site.answered[phase] = site.callee === -1 ? 0 : answered[at]
      const asked = site.callee === -1 || site.as === Fail.rejected ? requests[site.service * 4 + phase] : 0
      site.n[phase] = Math.max(made, asked, site.hits[phase])
    }
  }
  judge(list)
  return list
}

/** Its spans took too long: none failed, no message lay there. */
export function isOfTime({ what }: Site): boolean {
  return what !== 'fail' && what !== 'wait'
}

/** What makes it one site, wherever it was seen. */
export function siteKey(site: Site): string {
  return `${site.what} ${site.service} ${site.callee} ${site.as}`
}

/** Enough to rank by, not to find: whoever asks who is to blame is told who is most likely. */
export function isLikelyAt(site: Site): boolean {
  return site.chance[Phase.chaos] < LIKELY && matters(site, Phase.chaos, LIKELY_HITS_MIN)
}

/**
 * Whether a site shifted when there already is a reason to look at it (it touches the target, or its cause
 * was attributed): the same effect is asked for, but only this much certainty.
 */
export function isShiftedAt(site: Site, level: number): boolean {
  return isShiftedIn(site, Phase.chaos, level) || isShiftedIn(site, Phase.recovery, level)
}

/** The same in one phase. */
export function isShiftedIn(site: Site, phase: number, level: number): boolean {
  return site.chance[phase] < level && matters(site, phase)
}

/** Events of two sites of one edge as one: what tells them apart is not what is asked. */
export function pooled(a: Site, b: Site): Site {
  const sum = (x: Float64Array, y: Float64Array): Float64Array => x.map((value, i) => value + y[i])
  const both = {
    ...a,
    hits: sum(a.hits, b.hits),
    n: a.n.map((n, i) => Math.max(n, b.n[i])),
    firstNs: Math.min(a.firstNs, b.firstNs),
    shifted: false,
  }
  return { ...both, chance: chances(both) }
}

function judge(list: readonly Site[]): void {
  for (const site of list) site.chance.set(chances(site))
  const found = discoveries(
    list.map((site) => Math.min(...site.chance)),
    FALSE_RATE,
  )
  list.forEach((site, i) => {
    site.shifted = found[i] && (matters(site, Phase.chaos) || matters(site, Phase.recovery))
  })
}

function chances(site: Omit<Site, 'chance'>): Float64Array {
  return Float64Array.of(1, 1, shiftP(site, Phase.chaos), shiftP(site, Phase.recovery))
}

/** The threshold was chosen from the baseline itself, so its own count is taken one larger than seen. */
function shiftP(site: Omit<Site, 'chance'>, phase: number): number {
  const known = site.what === 'fail' ? 0 : 1
  const n0 = site.n[Phase.baseline] + known
  if (site.n[phase] === 0) return 1
  // A place that the baseline never saw has nothing to be compared with, but for failures: none of none.
  if (n0 < SAMPLES_MIN && site.what !== 'fail') return 1
  return moreOften(site.hits[Phase.baseline] + known, Math.max(n0, 1), site.hits[phase], site.n[phase])
}

export function rate(site: Site, phase: number): number {
  return site.n[phase] === 0 ? 0 : site.hits[phase] / site.n[phase]
}

function matters(site: Site, phase: number, hitsMin = HITS_MIN): boolean {
  if (site.hits[phase] < hitsMin) return false
  // They lie there together, some dozens now and then: chance is not asked about each.
  if (site.what === 'wait' && site.far[phase] < HITS_MIN && rate(site, phase) < LONG_SHARE) return false
  return isFarMore(rate(site, Phase.baseline), rate(site, phase), site.what === 'fail' ? 0.003 : 0.015)
}
