import type { SpanTable } from '../model/span-table.ts'
import { select } from './compare.ts'
import { PairSample } from './pair-sample.ts'
import { TupleIds } from './tuple-ids.ts'

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

/** Answered calls between two instances: a sample, by luck, and how many there were. */
export type PairsSeen = {
  readonly from: number
  readonly to: number
  readonly count: number
  readonly luck: Uint32Array
  /** Half the difference of the way back and the way there, ns. */
  readonly offsetNs: Float64Array
  /** Both ways together, ns. */
  readonly slackNs: Float64Array
}

const PAIRS_MIN = 5

/**
 * Offsets from client/server pairs, NTP's way: half the difference of the way there and the way back,
 * the median over the quickest calls of a pair of instances, then along the calls from the
 * instance that nobody calls, by the way on which least can be wrong: what two ways take together is what their
 * difference may be off by, and of calls that nobody tells of that is all their caller did meanwhile.
 * An offset is taken out only where it makes servers answer before they are asked.
 */
export function clockOffsets(
  seen: readonly (readonly PairsSeen[])[],
  instances: readonly { readonly service: number; readonly name: string }[],
): readonly InstanceOffset[] {
  const links = linksOf(seen)
  const estimate = new Float64Array(instances.length)
  const pairs = new Float64Array(instances.length)
  const impossible = new Uint8Array(instances.length)
  const isSeen = new Uint8Array(instances.length)
  const doubtNs = new Float64Array(instances.length)
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
    for (;;) {
      const link = leastDoubted(byPairs, isSeen, doubtNs)
      if (link === undefined) break
      const [known, fresh, sign] =
        isSeen[link.from] === 1 ? [link.from, link.to, 1] : [link.to, link.from, -1]
      estimate[fresh] = estimate[known] + sign * link.offsetNs
      pairs[fresh] = link.pairs
      impossible[fresh] = impossible[known] | (link.impossible ? 1 : 0)
      doubtNs[fresh] = doubtNs[known] + link.doubtNs
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
  /** By how much the offset may be off. */
  readonly doubtNs: number
  readonly impossible: boolean
}

/** Of the links from instances whose offset is known to others the one that leaves least doubt; of equals the first. */
function leastDoubted(links: readonly Link[], isSeen: Uint8Array, doubtNs: Float64Array): Link | undefined {
  let best: Link | undefined
  let leastNs = Number.POSITIVE_INFINITY
  for (const link of links) {
    if (isSeen[link.from] === isSeen[link.to]) continue
    const ns = link.doubtNs + doubtNs[isSeen[link.from] === 1 ? link.from : link.to]
    if (ns >= leastNs) continue
    best = link
    leastNs = ns
  }
  return best
}

function weight(links: readonly Link[], instance: number): number {
  return links.reduce((sum, l) => sum + (l.from === instance || l.to === instance ? l.pairs : 0), 0)
}

export function pairsSeen(s: Spans): readonly PairsSeen[] {
  const found = new Links()
  for (let p = 0; p < s.server.length; p++) {
    const answer = s.server[p]
    // Of a call that was given up the way back is not the way back: it ended when the caller chose to.
    if (answer === -1 || s.instance[p] === s.instance[answer] || !s.isAnswered(p)) continue
    const link = found.between(s.instance[p], s.instance[answer])
    link.count += 1
    const luck = s.luckOf(p)
    if (luck > link.luckMax) continue
    const there = s.start[answer] - s.start[p]
    const back = s.end[p] - s.end[answer]
    if (there + back >= 0) link.add(luck, (back - there) / 2, there + back)
  }
  return found.sampled()
}

/** What several partitions saw as if it were one: no more than its sample would hold. */
export function joinedPairs(seen: readonly (readonly PairsSeen[])[]): readonly PairsSeen[] {
  const found = new Links()
  for (const one of seen.flat()) {
    const link = found.between(one.from, one.to)
    link.count += one.count
    addTo(link, one)
  }
  return found.sampled()
}

function addTo(link: PairSample, { luck, offsetNs, slackNs }: PairsSeen): void {
  for (let i = 0; i < luck.length; i++)
    if (luck[i] <= link.luckMax) link.add(luck[i], offsetNs[i], slackNs[i])
}

/** Samples by pair of instances: asked for at nearly every call. */
class Links {
  readonly #ids = new TupleIds()
  readonly #links: PairSample[] = []

  between(from: number, to: number): PairSample {
    const id = this.#ids.id(from, to)
    if (id === this.#links.length) this.#links.push(new PairSample())
    return this.#links[id]
  }

  sampled(): readonly PairsSeen[] {
    return this.#links.map((link, id) => ({
      from: this.#ids.part(id, 0),
      to: this.#ids.part(id, 1),
      count: link.count,
      ...link.finish(),
    }))
  }
}

function linksOf(seen: readonly (readonly PairsSeen[])[]): readonly Link[] {
  return joinedPairs(seen)
    .filter(({ luck }) => luck.length >= PAIRS_MIN)
    .map((one) => ({ from: one.from, to: one.to, pairs: one.count, ...offsetOf(one) }))
}

/** Over the quicker half, where the two ways are most alike. */
function offsetOf({ offsetNs, slackNs }: PairsSeen): Pick<Link, 'offsetNs' | 'doubtNs' | 'impossible'> {
  const half = Math.max(PAIRS_MIN, Math.ceil(slackNs.length / 2))
  const slackMaxNs = select(slackNs.slice(), half - 1)
  const isQuick = (_: number, i: number): boolean => slackNs[i] <= slackMaxNs
  const quick = offsetNs.filter(isQuick)
  const slack = slackNs.filter(isQuick)
  const outside = quick.filter((ns, i) => Math.abs(ns) > slack[i] / 2 + 1000).length
  return {
    offsetNs: select(quick, Math.floor(quick.length / 2)),
    doubtNs: select(slack.slice(), Math.floor(slack.length / 2)) / 2,
    impossible: outside > slack.length * 0.2,
  }
}

/** Not with an error in place of a status: gRPC's CANCELLED, DEADLINE_EXCEEDED and UNAVAILABLE are the caller's own. */
export function wasAnswered(table: SpanTable, row: number): boolean {
  if (table.httpStatus[row] > 0) return true
  const grpc = table.grpcStatus[row]
  if (grpc !== 255) return grpc !== 1 && grpc !== 4 && grpc !== 14
  // No status on an HTTP call: a request that was aborted (undici says no more), or a dialect without statuses.
  return table.status[row] !== 2
}

/** Times of spans with their instances' offsets taken out. */
export function corrected(
  times: Float64Array,
  offsets: readonly InstanceOffset[],
  instance: Uint32Array,
): Float64Array {
  if (offsets.every((offset) => offset.offsetNs === 0)) return times
  const byInstance = Float64Array.from(offsets, (offset) => offset.offsetNs)
  const own = times.slice()
  for (let p = 0; p < own.length; p++) own[p] += byInstance[instance[p]]
  return own
}
