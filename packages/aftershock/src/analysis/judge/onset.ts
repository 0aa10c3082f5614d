import { edgeKey, edgeOf } from '../assemble/edge-key.ts'
import type { Forest } from '../assemble/forest.ts'
import { Phase, type Phases } from '../assemble/phases.ts'
import { Fail } from '../calls/failure.ts'
import { moreOften } from '../numbers/compare.ts'
import { push } from '../numbers/push.ts'
import type { Site, Sites } from './sites.ts'

/**
 * Failures that crowd together just after a fault began (or was taken away): a killed process is back within a
 * second, so a few refused connections are all there is, too few among a whole window's calls to stand out.
 */
export type Onset = { readonly when: Instant['when']; readonly fromNs: number; readonly toNs: number }

/** Where a fault began, or was gone again. */
export type Instant = { readonly when: 'begun' | 'gone'; readonly atNs: number }

/** Calls after the instant that are looked at: what comes later is no longer "at once". */
const CALLS_MAX = 256
/** An instant is known to a second (Chaos Mesh writes whole seconds; clocks differ by less). */
const EARLY_NS = 1e9
/** What a tool does at an instant shows within this. */
const LATE_NS = 10e9
/** Level for each instant, before dividing by the number of spells tried there. */
const LEVEL = 0.002
/** An edge that failed in more than this share of the baseline's calls has no silence to break. */
const QUIET_SHARE = 0.01

/** A call of the site's edge (a request of its service where there is none), and whether it failed, or was late, as the site says. */
type Event = { readonly startNs: number; readonly endNs: number; readonly isHit: boolean }

/** What a partition saw around the fault's instants: site → a list of events for each instant. */
export type OnsetsSeen = {
  readonly instants: readonly Instant[]
  readonly events: ReadonlyMap<number, readonly (readonly Event[])[]>
}

/** Sites whose failures are so rare that a spell of them may be all the fault did; indices. */
export function rareFailures(list: readonly Site[], candidates: readonly number[]): readonly number[] {
  return candidates.filter((i) => {
    const site = list[i]
    if (site.what !== 'fail' || site.as === Fail.rejected || site.as === Fail.cancelled) return false
    const hits = site.hits[Phase.chaos] + site.hits[Phase.recovery]
    return hits > 0 && site.hits[Phase.baseline] <= QUIET_SHARE * site.n[Phase.baseline]
  })
}

export function onsetsSeen(
  { forest, sites, phases }: { readonly forest: Forest; readonly sites: Sites; readonly phases: Phases },
  rare: readonly number[],
): OnsetsSeen {
  const instants = instantsOf(phases)
  const byPlace = new Map<number, number[]>()
  for (const i of rare) {
    push(byPlace, edgeOf(sites.list[i]), i)
  }
  const events = new Map(rare.map((i) => [i, instants.map((): Event[] => [])]))
  if (rare.length === 0) return { instants, events }
  for (let p = 0; p < forest.length; p++) {
    if (forest.callee[p] === -1 && forest.owner[p] !== p) continue
    const here = byPlace.get(edgeKey(forest.service[p], forest.callee[p]))
    if (here === undefined) continue
    const [startNs, endNs] = [forest.start[p], forest.end[p]]
    instants.forEach(({ atNs }, k) => {
      if (startNs < atNs - EARLY_NS || startNs > atNs + LATE_NS) return
      for (const i of here) {
        const isTime = sites.list[i].what !== 'fail'
        if (isTime && sites.ofPart[p] !== i) continue
        const isHit = isTime ? sites.excess[p] === 1 : sites.ofFailure[p] === i
        events.get(i)?.[k].push({ startNs, endNs, isHit })
      }
    })
  }
  return { instants, events }
}

/** One that follows at once upon another's end is that which begins. */
function instantsOf({ chaos }: Phases): readonly Instant[] {
  const begun = new Set(chaos.map((span) => span.from))
  const gone = new Set(chaos.map((span) => span.to).filter((at) => !begun.has(at)))
  const all: readonly Instant[] = [
    ...[...begun].map((atNs) => ({ when: 'begun' as const, atNs })),
    ...[...gone].map((atNs) => ({ when: 'gone' as const, atNs })),
  ]
  return all.toSorted((a, b) => a.atNs - b.atNs)
}

/**
 * For each rare failure the spells at the fault's instants in which it was more frequent than the whole baseline
 * explains: the first k failures of the first m calls after the instant against the baseline's, exact
 * (hypergeometric), Bonferroni over the k, the instants and the beginnings tried.
 *
 * @returns site → its spells; sites without any are absent
 */
export function onsetsOf(
  list: readonly Site[],
  rare: readonly number[],
  seen: readonly OnsetsSeen[],
): ReadonlyMap<number, readonly Onset[]> {
  const instants = seen[0]?.instants ?? []
  const found = new Map<number, readonly Onset[]>()
  for (const i of rare) {
    const spells = instants.flatMap((at, k) => {
      const events = eventsOf(seen, i, k)
      const spells = spellAfter(list[i], at, events, instants.length)
      return spells.length > 0 ? spells : cutOffAt(list[i], at, events, instants.length)
    })
    if (spells.length > 0) found.set(i, spells)
  }
  return found
}

/** The same just after the fault was gone, of calls begun then; every site has its spells, if none. */
export function spellsAfterwards(
  list: readonly Site[],
  calm: readonly number[],
  seen: readonly OnsetsSeen[],
): ReadonlyMap<number, readonly Onset[]> {
  const instants = seen[0]?.instants ?? []
  return new Map(
    calm.map((i) => [
      i,
      instants.flatMap((at, k) => {
        if (at.when !== 'gone') return []
        const events = eventsOf(seen, i, k).filter(({ startNs }) => startNs >= at.atNs)
        return spellAfter(list[i], at, events, instants.length)
      }),
    ]),
  )
}

function eventsOf(seen: readonly OnsetsSeen[], site: number, instant: number): readonly Event[] {
  const events = seen.flatMap((s) => s.events.get(site)?.[instant] ?? [])
  return events.sort(
    (a, b) => a.startNs - b.startNs || a.endNs - b.endNs || Number(a.isHit) - Number(b.isHit),
  )
}

/**
 * The longest spell from the instant on that still breaks the baseline's silence. It begins at the first failure
 * where that lies just before the instant as it was written down; each call it could have begun at is a test more.
 */
function spellAfter(
  site: Site,
  { when, atNs }: Instant,
  events: readonly Event[],
  instants: number,
): readonly Onset[] {
  const first = events.findIndex((event) => event.isHit)
  if (first === -1) return []
  const onTime = events.findIndex((event) => event.startNs >= atNs)
  const isEarly = onTime === -1 || first < onTime
  const near = events.slice(isEarly ? first : onTime).slice(0, CALLS_MAX)
  const beginnings = isEarly ? Math.max(1, onTime === -1 ? events.length : onTime) : 1
  const hits = near.filter((event) => event.isHit).length
  const level = LEVEL / (hits * instants * beginnings)
  let [seen, last] = [0, -1]
  near.forEach((event, at) => {
    if (!event.isHit) return
    seen += 1
    if (moreOften(site.hits[Phase.baseline], site.n[Phase.baseline], seen, at + 1) < level) last = at
  })
  return last === -1 ? [] : [{ when, fromNs: events[first].startNs, toNs: near[last].startNs }]
}

/** Calls that are cut off by one event end within this, ns. */
const AT_ONCE_NS = 20e6

/**
 * Calls under way as the fault began, or ended, of which several failed at one moment: those against all that were out
 * then. Each moment at which one failed is a test more.
 */
function cutOffAt(
  site: Site,
  { when, atNs }: Instant,
  events: readonly Event[],
  instants: number,
): readonly Onset[] {
  if (site.what !== 'fail') return []
  const failed = events.filter(({ isHit, endNs }) => isHit && Math.abs(endNs - atNs) <= EARLY_NS)
  const level = LEVEL / (failed.length * instants)
  const moments = failed.map(({ endNs }) => endNs).sort((a, b) => a - b)
  for (const endNs of moments) {
    const out = events.filter((event) => event.startNs < endNs && event.endNs >= endNs)
    const cut = out.filter((event) => event.isHit && event.endNs <= endNs + AT_ONCE_NS)
    if (cut.length < 2) continue
    if (moreOften(site.hits[Phase.baseline], site.n[Phase.baseline], cut.length, out.length) >= level)
      continue
    return [{ when, fromNs: cut[0].startNs, toNs: cut[cut.length - 1].startNs }]
  }
  return []
}
