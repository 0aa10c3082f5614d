import { durationText, timesText } from '../../model/numbers.ts'
import type { Mechanism, Recovery } from '../../model/result.ts'
import { chaosEndOf, type Span } from '../assemble/phases.ts'
import { type Facts, nameOf, offsetMs } from '../findings/facts.ts'
import type { MechanismHits } from '../findings/mechanisms.ts'
import { isOfWaitingMessages } from '../findings/waiting-messages.ts'
import {
  type BadWork,
  joinedBad,
  type Ranks,
  type RanksAsked,
  type RanksSeen,
} from '../findings/work-tallies.ts'
import { WELL_AGAIN } from '../judge/well-again.ts'
import { lowerBound } from '../numbers/lower-bound.ts'
import type { Entry } from './entries.ts'

/** A hop still bad this near to the end of the data (share of the recovery window) has not come back. */
const STILL_BAD = 0.05
/** Users are kept down when this share of the last quarter's requests is still hit. */
const METASTABLE_SHARE = 0.05
/** A lonely slow request is what any busy machine does: among this many before it another must be bad. */
const LOOK_BACK = 10
/** So many good requests, see `WELL_AGAIN`. */
const REQUESTS_WELL = { slow: LOOK_BACK, failed: 20 } as const

const RULE =
  'Back: the end of the last request, after the fault ended, that failed or, because of the fault, took more than twice its time and longer than 99 % of its like in the baseline, or (the start of) the last message taken up that had lain so long; a slow one that began after the fault counts only when one of the ten before it was bad too, and none counts any more once users were back for 2 s and 20 requests (slow ones: 10), or for 10 s.'

/**
 * Per service on the fault's way: when it was back in its baseline band, and what held it back.
 *
 * @param ranks - how many requests began before each instant of `ranksAsked`
 */
export function recoveryOf(
  facts: Facts,
  entries: readonly Entry[],
  hits: readonly MechanismHits[],
  ranks: RanksSeen,
): Recovery {
  const window = facts.phases.recovery.at(-1)
  const chaosEnd = chaosEndOf(facts.phases)
  if (window === undefined || facts.targets.size === 0) {
    return { overallMs: null, metastable: false, hops: [], rule: RULE }
  }
  const { services } = facts.system
  const ends = entries.map((e) => ({
    service: facts.system.ops[e.asked[0]]?.service,
    end: lastBadEnd(
      badOf(facts, e),
      chaosEnd,
      e.asked.map((op) => ranks.asked.get(op)),
    ),
  }))
  const hops = [...facts.tallies.work]
    .filter(([s]) => services[s].kind !== 'user')
    .map(([s, work]) => {
      // Among many good requests of a service those of one entry may be lost: it is not back before its users are.
      const ofUsers = ends.filter(({ service }) => service === s).map(({ end }) => end)
      const end = Math.max(lastBadEnd(work, chaosEnd, [ranks.services.get(s)]), ...ofUsers)
      const backAfterMs = backMs(end, chaosEnd, window)
      const heldBy = heldBack(s, hits, offsetMs(facts, chaosEnd), backAfterMs)
      return { id: nameOf(facts, s), backAfterMs, ...(heldBy === undefined ? {} : { heldBy }) }
    })
    .sort((a, b) => (a.backAfterMs ?? Infinity) - (b.backAfterMs ?? Infinity) || (a.id < b.id ? -1 : 1))
  const overallMs = backMs(Math.max(chaosEnd, ...ends.map(({ end }) => end)), chaosEnd, window)
  const { n, hit } = facts.digest.entries.last
  const metastable = overallMs === null && n >= 10 && hit > METASTABLE_SHARE * n
  const heldBy = metastable ? storm(hits) : undefined
  return {
    overallMs,
    metastable,
    ...(heldBy === undefined ? {} : { heldBy }),
    hops,
    rule: RULE,
  }
}

function badOf({ digest: { entries } }: Facts, { asked }: Entry): BadWork {
  return joinedBad(asked.flatMap((op) => entries.bad.get(op) ?? []))
}

/** What has to be known to tell which bad requests still were the fault's. */
export function ranksAsked(facts: Facts, entries: readonly Entry[]): RanksAsked {
  const chaosEnd = chaosEndOf(facts.phases)
  const isNeeded = facts.phases.recovery.length > 0 && facts.targets.size > 0
  const asked = isNeeded
    ? entries.flatMap((e) => {
        const at = instantsOf(badOf(facts, e), chaosEnd)
        return e.asked.map((op): [number, Float64Array] => [op, at])
      })
    : []
  const services = isNeeded
    ? [...facts.tallies.work].map(([s, work]): [number, Float64Array] => [s, instantsOf(work, chaosEnd)])
    : []
  const some = (all: readonly (readonly [number, Float64Array])[]): ReadonlyMap<number, Float64Array> =>
    new Map(all.filter(([, at]) => at.length > 0))
  return { services: some(services), asked: some(asked) }
}

/** Each once, in order; none where nothing bad began after the fault. */
function instantsOf({ startNs, after }: BadWork, chaosEnd: number): Float64Array {
  if (after.length === 0) return new Float64Array(0)
  const starts = after.filter((_, i) => i % 3 === 0)
  const known = Number.isFinite(startNs) ? [startNs, chaosEnd] : [chaosEnd]
  return Float64Array.from(new Set([...known, ...starts]))
}

/** The end of the last bad request that counts (`RULE`); −∞ where none does. */
export function lastBadEnd(work: BadWork, chaosEnd: number, ranks: readonly (Ranks | undefined)[]): number {
  const at = instantsOf(work, chaosEnd)
  const sum = (what: keyof Ranks, ns: number): number => {
    const i = lowerBound(at, ns)
    return ranks.reduce((n, one) => n + (one?.[what][i] ?? 0), 0)
  }
  let last = work.endNs
  let before = work.startNs
  /** Until when users surely were hit: the end of the fault, then the start of the one that counted last. */
  let counted = chaosEnd
  for (let i = 0; i < work.after.length; i += 3) {
    const [start, end, failed] = [work.after[i], work.after[i + 1], work.after[i + 2] === 1]
    const begun = sum('before', start)
    const isLonely = !Number.isFinite(before) || sum('upTo', before) <= begun - LOOK_BACK
    const lookBack = failed ? REQUESTS_WELL.failed : REQUESTS_WELL.slow
    const isWell =
      counted < start - WELL_AGAIN.surelyForNs ||
      (counted < start - WELL_AGAIN.forNs && sum('upTo', counted) <= Math.max(0, begun - lookBack))
    before = start
    if (isWell || (!failed && isLonely)) continue
    counted = Math.max(counted, start)
    last = Math.max(last, end)
  }
  return last
}

function backMs(lastNs: number, chaosEnd: number, window: Span): number | null {
  if (lastNs > window.to - STILL_BAD * (window.to - window.from)) return null
  return Math.max(0, Math.round((lastNs - chaosEnd) / 1e6))
}

function heldBack(
  service: number,
  hits: readonly MechanismHits[],
  chaosEndMs: number,
  backAfterMs: number | null,
): string | undefined {
  if (backAfterMs !== null && backAfterMs < 500) return undefined
  const mine = hits.filter(({ found }) => found.caller === service)
  const openFor = (m: Mechanism): number =>
    Math.max(
      0,
      ...(m.openings ?? []).map((o) => (o.closedAt ?? chaosEndMs + (backAfterMs ?? 0)) - chaosEndMs),
    )
  const breaker = mine.map((h) => h.mechanism).sort((a, b) => openFor(b) - openFor(a))[0]
  if (breaker !== undefined && openFor(breaker) > 200) {
    return `breaker to ${breaker.callee} open for ${durationText(openFor(breaker))} after the fault`
  }
  const goesOn = hits.filter(({ found }) => found.late > 0)
  // Those who wait for room, or find none, do so at the callee.
  const waiting = goesOn.filter(
    ({ mechanism: { kind }, found }) =>
      (kind === 'load-shed' || kind === 'queueing') && found.callee === service,
  )
  if (waiting.length > 0) {
    const isOfMessages = waiting.every(({ found }) => isOfWaitingMessages(found))
    return isOfMessages ? 'a backlog of waiting messages' : 'a backlog of waiting requests'
  }
  const retries = goesOn.filter(({ mechanism }) => mechanism.kind === 'retry')
  const own = retries.find(({ found }) => found.caller === service)
  if (own !== undefined) return `retries of calls to ${own.mechanism.callee} going on`
  const others = retries.find(({ found }) => found.callee === service)
  return others === undefined ? undefined : `retries by ${others.mechanism.caller} going on`
}

/** Retries this heavy keep up what began them. */
const STORM_LOAD = 2

/** The retries that go on after the fault and bring most load, with those above them. */
function storm(hits: readonly MechanismHits[]): string | undefined {
  const retries = hits.flatMap(({ mechanism, found }) =>
    mechanism.kind === 'retry' && found.late > 0 ? [mechanism] : [],
  )
  const worst = retries.toSorted((a, b) => (b.amplificationX ?? 1) - (a.amplificationX ?? 1))[0]
  if (worst === undefined || (worst.amplificationX ?? 1) < STORM_LOAD) return undefined
  return `retries, which bring ${timesText(worst.amplificationX)} the load on ${worst.callee}`
}
