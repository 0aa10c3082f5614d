import type { Mechanism, Recovery } from '../model/result.ts'
import { type EntryTraces, hitsOf } from './entries.ts'
import { type Facts, nameOf, offsetMs } from './facts.ts'
import { Fail } from './failure.ts'
import type { Told } from './judge-steps.ts'
import { mergedRuns } from './merge-runs.ts'
import { Outcome } from './outcomes.ts'
import { Phase, type Span } from './phases.ts'
import { joined, mergedSorted } from './samples.ts'
import type { MechanismHits } from './steps.ts'
import { formatMs } from './timeouts.ts'

/** A hop still bad this near to the end of the data (share of the recovery window) has not come back. */
const STILL_BAD = 0.05
/** Users are kept down when this share of the last quarter's requests is still hit. */
const METASTABLE_SHARE = 0.05
/** A lonely slow request is what any busy machine does: among this many before it another must be bad. */
const LOOK_BACK = 10
/**
 * What the fault left behind goes on from it. After so many good requests, and so long, users were back: what is bad
 * again then has a cause of its own.
 */
const WELL_AGAIN = { slow: LOOK_BACK, failed: 20, forNs: 2e9, surelyForNs: 10e9 } as const

const RULE =
  'Back: the end of the last request, after the fault ended, that failed or, because of the fault, took more than twice its time and longer than 99 % of its like in the baseline; a slow one counts only when one of the ten before it was bad too, and none counts any more once users were back for 2 s and 20 requests (slow ones: 10), or for 10 s.'

/** Per service on the fault's way: when it was back in its baseline band, and what held it back. */
export function recoveryOf(
  facts: Facts,
  entries: readonly EntryTraces[],
  hits: readonly MechanismHits[],
): Recovery {
  const window = facts.phases.recovery.at(-1)
  const chaosEnd = Math.max(...facts.phases.chaos.map((s) => s.to))
  if (window === undefined || facts.targets.size === 0) {
    return { overallMs: null, metastable: false, hops: [], rule: RULE }
  }
  const last = new Map<number, number>(
    [...facts.tallies.work].flatMap(([s, work]) =>
      work.bad.length === 0 ? [] : [[s, lastEnd(work, chaosEnd)]],
    ),
  )
  const touched = [...last.keys()].filter((s) => facts.forest.services[s].kind !== 'user')
  const hops = touched
    .map((s) => {
      const backAfterMs = backMs(last.get(s) ?? chaosEnd, chaosEnd, window)
      const heldBy = heldBack(facts, s, hits, offsetMs(facts, chaosEnd), backAfterMs)
      return { id: nameOf(facts, s), backAfterMs, ...(heldBy === undefined ? {} : { heldBy }) }
    })
    .sort((a, b) => (a.backAfterMs ?? Infinity) - (b.backAfterMs ?? Infinity) || (a.id < b.id ? -1 : 1))
  const overallMs = backMs(lastHit(facts, entries, chaosEnd), chaosEnd, window)
  return {
    overallMs,
    metastable: overallMs === null && isMetastable(facts, entries, window),
    hops,
    rule: RULE,
  }
}

function backMs(lastNs: number, chaosEnd: number, window: Span): number | null {
  if (lastNs > window.to - STILL_BAD * (window.to - window.from)) return null
  return Math.max(0, Math.round((lastNs - chaosEnd) / 1e6))
}

type Requests = {
  /** In order. */
  readonly starts: Float64Array
  /** Start, end and 1 for failed, else 0, of each bad one; by start and end. */
  readonly bad: Float64Array
}

/** Service → its requests of chaos and recovery: when they began, and those that were bad because of the fault. */
export type WorkTallies = ReadonlyMap<number, Requests>

export function tallyWork({ forest, phases, attribution, fail, parts }: Told): WorkTallies {
  const { owner, service, start, end, trace, op } = forest
  const begun = new Uint32Array(forest.services.length)
  const isWork = (p: number): boolean => owner[p] === p && phases.ofTrace[trace[p]] >= Phase.chaos
  for (let p = 0; p < forest.length; p++) if (isWork(p)) begun[service[p]] += 1
  const starts = Array.from(begun, (n) => new Float64Array(n))
  const bad = Array.from(begun, () => [] as number[])
  begun.fill(0)
  for (let p = 0; p < forest.length; p++) {
    if (!isWork(p)) continue
    const s = service[p]
    starts[s][begun[s]++] = start[p]
    const took = end[p] - start[p]
    const isBad =
      fail[p] === Fail.ok
        ? took > 2 * attribution.durationNs[p] && !(took <= parts.typicalHigh[op[p]])
        : attribution.failed[p] === 1
    if (isBad) bad[s].push(start[p], end[p], fail[p] === Fail.ok ? 0 : 1)
  }
  return new Map(starts.map((own, s) => [s, { starts: own.sort(), bad: inOrder(bad[s]) }]))
}

export function joinedWork(seen: readonly WorkTallies[]): WorkTallies {
  const services = new Set(seen.flatMap((s) => [...s.keys()]))
  return new Map(
    [...services].map((service) => {
      const all = seen.flatMap((s) => s.get(service) ?? [])
      return [
        service,
        { starts: mergedSorted(all.map((s) => s.starts)), bad: mergedBad(all.map((s) => s.bad)) },
      ]
    }),
  )
}

function lastHit(facts: Facts, entries: readonly EntryTraces[], chaosEnd: number): number {
  const { forest } = facts
  const ends = entries.map((e) => {
    const starts: number[] = []
    const bad: number[] = []
    for (const t of [...e.traces[Phase.chaos], ...e.traces[Phase.recovery]]) {
      const [start, end] = [forest.start[forest.entry[t]], forest.end[forest.entry[t]]]
      starts.push(start)
      const failed = forest.outcome[t] === Outcome.failed
      if (forest.attributed[t] === 1 && (failed || forest.outcome[t] === Outcome.slow))
        bad.push(start, end, failed ? 1 : 0)
    }
    return lastEnd({ starts: Float64Array.from(starts).sort(), bad: inOrder(bad) }, chaosEnd)
  })
  return Math.max(chaosEnd, ...ends)
}

/** The end of the last bad request that counts (`RULE`); 0 where none does. */
function lastEnd({ starts, bad }: Requests, chaosEnd: number): number {
  let last = 0
  let at = 0
  /** Until when users surely were hit: the end of the fault, then the start of the one that counted last. */
  let counted = chaosEnd
  for (let i = 0; i < bad.length; i += 3) {
    const [start, end, failed] = [bad[i], bad[i + 1], bad[i + 2] === 1]
    while (at < starts.length && starts[at] < start) at += 1
    const before = (requests: number): number => starts[Math.max(0, at - requests)]
    const isLonely = i === 0 || bad[i - 3] < before(LOOK_BACK)
    const wellSince = Math.max(
      Math.min(before(failed ? WELL_AGAIN.failed : WELL_AGAIN.slow), start - WELL_AGAIN.forNs),
      start - WELL_AGAIN.surelyForNs,
    )
    if (counted < wellSince || (!failed && isLonely)) continue
    counted = Math.max(counted, start)
    last = Math.max(last, end)
  }
  return last
}

/** Start, end and kind of each, by start and end. */
function inOrder(bad: ArrayLike<number>): Float64Array {
  const order = Uint32Array.from({ length: bad.length / 3 }, (_, i) => 3 * i).sort(
    (a, b) => bad[a] - bad[b] || bad[a + 1] - bad[b + 1] || bad[a + 2] - bad[b + 2],
  )
  return triplesAt(bad, order)
}

function triplesAt(bad: ArrayLike<number>, order: Uint32Array): Float64Array {
  const triples = new Float64Array(bad.length)
  for (let i = 0; i < order.length; i++) {
    for (let k = 0; k < 3; k++) triples[3 * i + k] = bad[order[i] + k]
  }
  return triples
}

function mergedBad(lists: readonly Float64Array[]): Float64Array {
  const bad = joined(lists)
  const isAfter = (a: number, b: number): boolean =>
    (bad[3 * a] - bad[3 * b] || bad[3 * a + 1] - bad[3 * b + 1] || bad[3 * a + 2] - bad[3 * b + 2]) > 0
  const order = mergedRuns(
    lists.map((list) => list.length / 3),
    isAfter,
  )
  return triplesAt(
    bad,
    order.map((i) => 3 * i),
  )
}

function heldBack(
  facts: Facts,
  service: number,
  hits: readonly MechanismHits[],
  chaosEndMs: number,
  backAfterMs: number | null,
): string | undefined {
  if (backAfterMs !== null && backAfterMs < 500) return undefined
  const mine = hits.filter(
    ({ found }) => found.caller === service || (found.caller === -1 && found.callee === service),
  )
  const openFor = (m: Mechanism): number =>
    Math.max(
      0,
      ...(m.openings ?? []).map((o) => (o.closedAt ?? chaosEndMs + (backAfterMs ?? 0)) - chaosEndMs),
    )
  const breaker = mine.map((h) => h.mechanism).sort((a, b) => openFor(b) - openFor(a))[0]
  if (breaker !== undefined && openFor(breaker) > 200) {
    return `breaker to ${breaker.callee} open for ${formatMs(openFor(breaker))} after the fault`
  }
  const late = (kind: Mechanism['kind']): MechanismHits | undefined =>
    mine.find(
      (h) =>
        h.mechanism.kind === kind &&
        h.found.hits.some((p) => facts.forest.ofPhase[facts.forest.trace[p]] === Phase.recovery),
    )
  if (late('load-shed') !== undefined || late('queueing') !== undefined)
    return 'a backlog of waiting requests'
  const retry = late('retry')
  return retry === undefined ? undefined : `retries of ${retry.mechanism.callee} still running`
}

function isMetastable(facts: Facts, entries: readonly EntryTraces[], window: Span): boolean {
  const from = window.to - (window.to - window.from) / 4
  const late = entries
    .flatMap((e) => e.traces[Phase.recovery])
    .filter((t) => facts.forest.start[facts.forest.entry[t]] >= from)
  return late.length >= 10 && hitsOf(facts, late) > METASTABLE_SHARE * late.length
}
