import type { SpanTable } from '../model/span-table.ts'
import { select } from './compare.ts'

/** How far an instance's clock is from the reference, from calls that were answered. */
export type InstanceOffset = {
  readonly instance: number
  /** Added to the instance's times to compare them with its callers'. 0 where the data is consistent as it is. */
  readonly offsetNs: number
  /** The estimate, also where it was not applied. */
  readonly estimateNs: number
  readonly pairs: number
}

type Spans = {
  readonly instance: Uint32Array
  readonly server: Int32Array
  readonly start: Float64Array
  readonly end: Float64Array
  /** A number drawn from the ids of trace and span: which pairs are looked at does not depend on how spans came. */
  luckOf(p: number): number
  /** The call ended because its answer came. */
  isAnswered(p: number): boolean
}

/** Answered calls between two instances: a sample, and how many there were. */
export type PairsSeen = {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly pairs: readonly Pair[]
}

type Pair = {
  readonly luck: number
  /** Half the difference of the way back and the way there, ns. */
  readonly offsetNs: number
  /** Both ways together, ns. */
  readonly slackNs: number
}

const PAIRS_MIN = 5
/** Calls per pair of instances that are looked at; medians of more do not differ. */
const PAIRS_MAX = 1000

/**
 * Offsets from client/server pairs, NTP's way: half the difference of the way there and the way back,
 * the median over the quickest calls of a pair of instances, then along the calls from the
 * instance that nobody calls. An offset is taken out only where it makes servers answer before they are asked.
 */
export function clockOffsets(
  seen: readonly (readonly PairsSeen[])[],
  instances: readonly { readonly service: number; readonly name: string }[],
): readonly InstanceOffset[] {
  const links = linksOf(seen.flat(), instances.length)
  const estimate = new Float64Array(instances.length)
  const pairs = new Float64Array(instances.length)
  const impossible = new Uint8Array(instances.length)
  const isSeen = new Uint8Array(instances.length)
  const byPairs = [...links].sort((a, b) => b.pairs - a.pairs || a.from - b.from || a.to - b.to)
  // Clocks are told against the one nearest to the user: a caller that nobody calls.
  const called = new Set(links.map((link) => link.to))
  const weights = instances.map((_, i) => weight(byPairs, i))
  const first = [...instances.keys()].sort(
    (a, b) => Number(called.has(a)) - Number(called.has(b)) || weights[b] - weights[a] || a - b,
  )
  for (const root of first) {
    if (isSeen[root] === 1) continue
    isSeen[root] = 1
    for (let grew = true; grew; ) {
      const link = byPairs.find((l) => isSeen[l.from] !== isSeen[l.to])
      grew = link !== undefined
      if (link === undefined) break
      const [known, fresh, sign] =
        isSeen[link.from] === 1 ? [link.from, link.to, 1] : [link.to, link.from, -1]
      estimate[fresh] = estimate[known] + sign * link.offsetNs
      pairs[fresh] = link.pairs
      impossible[fresh] = impossible[known] | (link.impossible ? 1 : 0)
      isSeen[fresh] = 1
    }
  }
  return instances.map((_, i) => ({
    instance: i,
    estimateNs: estimate[i],
    offsetNs: impossible[i] === 1 ? estimate[i] : 0,
    pairs: pairs[i],
  }))
}

type Link = {
  readonly from: number
  readonly to: number
  readonly pairs: number
  readonly offsetNs: number
  readonly impossible: boolean
}

function weight(links: readonly Link[], instance: number): number {
  return links.reduce((sum, l) => sum + (l.from === instance || l.to === instance ? l.pairs : 0), 0)
}

export function pairsSeen(s: Spans, instances: number): readonly PairsSeen[] {
  const found = new Map<number, { count: number; pairs: Pair[]; luckMax: number }>()
  for (let p = 0; p < s.server.length; p++) {
    const answer = s.server[p]
    // Of a call that was given up the way back is not the way back: it ended when the caller chose to.
    if (answer === -1 || s.instance[p] === s.instance[answer] || !s.isAnswered(p)) continue
    const key = s.instance[p] * instances + s.instance[answer]
    let link = found.get(key)
    if (link === undefined) {
      link = { count: 0, pairs: [], luckMax: Number.POSITIVE_INFINITY }
      found.set(key, link)
    }
    link.count += 1
    const luck = s.luckOf(p)
    if (luck > link.luckMax) continue
    const there = s.start[answer] - s.start[p]
    const back = s.end[p] - s.end[answer]
    if (there + back < 0) continue
    link.pairs.push({ luck, offsetNs: (back - there) / 2, slackNs: there + back })
    if (link.pairs.length < 2 * PAIRS_MAX) continue
    link.luckMax = nthOf(link.pairs, PAIRS_MAX - 1, (pair) => pair.luck)
    const lucky = link.pairs.filter((pair) => pair.luck <= link.luckMax)
    // Equal luck is rare; where it is not, sorting tells which stay.
    link.pairs = lucky.length < 1.5 * PAIRS_MAX ? lucky : sampleOf(link.pairs)
  }
  return [...found].map(([key, { count, pairs }]) => ({
    from: Math.floor(key / instances),
    to: key % instances,
    count,
    pairs: sampleOf(pairs),
  }))
}

/** Those of least luck: the same ones whatever the order and however they were shared out. */
function sampleOf(pairs: Pair[]): Pair[] {
  if (pairs.length <= PAIRS_MAX) return pairs
  return pairs
    .sort((a, b) => a.luck - b.luck || a.slackNs - b.slackNs || a.offsetNs - b.offsetNs)
    .slice(0, PAIRS_MAX)
}

/** The n-th smallest of what pairs have, from 0. */
function nthOf(pairs: readonly Pair[], n: number, of: (pair: Pair) => number): number {
  const values = new Float64Array(pairs.length)
  for (let i = 0; i < pairs.length; i++) values[i] = of(pairs[i])
  return select(values, n)
}

function linksOf(seen: readonly PairsSeen[], instances: number): readonly Link[] {
  const found = new Map<number, { count: number; pairs: Pair[] }>()
  for (const { from, to, count, pairs } of seen) {
    const link = found.get(from * instances + to) ?? { count: 0, pairs: [] }
    found.set(from * instances + to, link)
    link.count += count
    link.pairs.push(...pairs)
  }
  return [...found]
    .filter(([, link]) => link.pairs.length >= PAIRS_MIN)
    .map(([key, link]) => ({
      from: Math.floor(key / instances),
      to: key % instances,
      pairs: link.count,
      ...offsetOf(sampleOf(link.pairs)),
    }))
}

/** Over the quicker half, where the two ways are most alike. */
function offsetOf(pairs: readonly Pair[]): { offsetNs: number; impossible: boolean } {
  const half = Math.max(PAIRS_MIN, Math.ceil(pairs.length / 2))
  const slackMaxNs = nthOf(pairs, half - 1, (pair) => pair.slackNs)
  const quick = pairs.filter((pair) => pair.slackNs <= slackMaxNs)
  const offsetNs = nthOf(quick, Math.floor(quick.length / 2), (pair) => pair.offsetNs)
  const outside = quick.filter((pair) => Math.abs(pair.offsetNs) > pair.slackNs / 2 + 1000).length
  return { offsetNs, impossible: outside > quick.length * 0.2 }
}

/** Not with an error in place of a status: gRPC's CANCELLED, DEADLINE_EXCEEDED and UNAVAILABLE are the caller's own. */
export function wasAnswered(table: SpanTable, row: number): boolean {
  if (table.httpStatus[row] > 0) return true
  const grpc = table.grpcStatus[row]
  if (grpc !== 255) return grpc !== 1 && grpc !== 4 && grpc !== 14
  // No status on an HTTP call: a request that was aborted (undici says no more), or a dialect without statuses.
  return table.status[row] !== 2
}
