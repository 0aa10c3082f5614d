import type { SpanTable } from '../../model/span-table.ts'
import { columnOf, copyOf } from '../numbers/columns.ts'
import { select } from '../numbers/compare.ts'
import { picked } from '../numbers/filled.ts'
import { leastLuck, type Pairs } from '../numbers/pair-sample.ts'
import { joined } from '../numbers/samples.ts'
import { TupleIds } from '../numbers/tuple-ids.ts'

/** Slack for comparing times of two machines, ns: what offsets cannot tell better. */
export const TOLERANCE_NS = 2e6

/** How far an instance's clock is from the reference, from calls that were answered. */
export type InstanceOffset = {
  readonly instance: number
  /** Added to the instance's times to compare them with its callers'. 0 where the data is consistent as it is. */
  readonly offsetNs: number
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
export type PairsSeen = Pairs & { readonly from: number; readonly to: number; readonly count: number }

const PAIRS_MIN = 5
/** Of fewer clocks nobody knows which are right. */
const CLOCKS_MIN = 5
/** Wrong clocks agree by chance: of fewer that agree nobody knows whether they are right. */
const AGREEING_SHARE = 1 / 3

/**
 * Offsets from client/server pairs, NTP's way: half the difference of the way there and the way back,
 * the median over the quickest calls of a pair of instances, then along the calls from the
 * instance that nobody calls, by the way on which least can be wrong: what two ways take together is what their
 * difference may be off by, and of calls that nobody tells of that is all their caller did meanwhile.
 * An offset is taken out only where servers would else answer before they are asked, their callers' clocks put right:
 * most clocks are, and of vague calls the middle is no better a guess.
 */
export function clockOffsets(
  seen: readonly (readonly PairsSeen[])[],
  instances: readonly { readonly service: number; readonly name: string }[],
): readonly InstanceOffset[] {
  const links = linksOf(seen)
  const pairs = new Float64Array(instances.length)
  const applied = new Float64Array(instances.length)
  const isSeen = new Uint8Array(instances.length)
  const doubtNs = new Float64Array(instances.length)
  const byPairs = [...links].sort((a, b) => b.pairs - a.pairs || a.from - b.from || a.to - b.to)
  // Clocks are first told against the one nearest to the user: a caller that nobody calls.
  const called = new Set(links.map((link) => link.to))
  const weights = instances.map((_, i) => weight(byPairs, i))
  const first = [...instances.keys()].sort(
    (a, b) => Number(called.has(a)) - Number(called.has(b)) || weights[b] - weights[a] || a - b,
  )
  for (const root of first) {
    if (isSeen[root] === 1) continue
    isSeen[root] = 1
    const known = [root]
    for (;;) {
      const link = leastDoubted(byPairs, isSeen, doubtNs)
      if (link === undefined) break
      const [near, fresh, sign] = isSeen[link.from] === 1 ? [link.from, link.to, 1] : [link.to, link.from, -1]
      pairs[fresh] = link.pairs
      applied[fresh] = likeliest(link, sign, applied[near])
      doubtNs[fresh] = doubtNs[near] + link.doubtNs
      isSeen[fresh] = 1
      known.push(fresh)
    }
    const usual = usualOf(known.map((i) => applied[i]))
    if (usual !== 0) for (const i of known) applied[i] -= usual
  }
  return instances.map((_, i) => ({ instance: i, offsetNs: applied[i], pairs: pairs[i] }))
}

type Link = {
  readonly from: number
  readonly to: number
  readonly pairs: number
  readonly offsetNs: number
  /** By how much the offset may be off. */
  readonly doubtNs: number
  /** The quicker half of the pairs: each leaves room for offsets up to half its slack away from its own. */
  readonly quick: Pick<PairsSeen, 'offsetNs' | 'slackNs'>
}

/**
 * The windows were told by a clock of their own, and most clocks are right: times count from the one that most agree
 * with, where a third do, else from the middle one; and from the user's nearest where that is as good, or where there are
 * too few to tell which is wrong.
 */
function usualOf(offsets: readonly number[]): number {
  if (offsets.length < CLOCKS_MIN) return 0
  const sorted = offsets.toSorted((a, b) => a - b)
  const alike = (ns: number): number => sorted.filter((other) => Math.abs(other - ns) <= TOLERANCE_NS).length
  let [agreed, most] = [0, alike(0)]
  for (const ns of sorted) if (alike(ns) > most) [agreed, most] = [ns, alike(ns)]
  if (most >= AGREEING_SHARE * sorted.length) return Math.abs(agreed) <= TOLERANCE_NS ? 0 : agreed
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return low <= 0 && high >= 0 ? 0 : low > 0 ? low : high
}

/** Of the offsets that the pairs leave room for: none; else the same as the other end's; else what they say. */
function likeliest(link: Link, sign: number, otherNs: number): number {
  if (hasRoomFor(link, -sign * otherNs)) return 0
  return hasRoomFor(link, 0) ? otherNs : otherNs + sign * link.offsetNs
}

function hasRoomFor({ quick: { offsetNs, slackNs } }: Link, linkNs: number): boolean {
  let outside = 0
  for (let i = 0; i < offsetNs.length; i++)
    if (Math.abs(offsetNs[i] - linkNs) > slackNs[i] / 2 + 1000) outside += 1
  return outside <= offsetNs.length * 0.2
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
  const ids = new TupleIds()
  const counts: number[] = []
  const taken = columnOf(Uint32Array, s.server.length)
  const linkOf = columnOf(Uint32Array, s.server.length)
  let n = 0
  for (let p = 0; p < s.server.length; p++) {
    const answer = s.server[p]
    // Of a call that was given up the way back is not the way back: it ended when the caller chose to.
    if (answer === -1 || s.instance[p] === s.instance[answer] || !s.isAnswered(p)) continue
    const link = ids.id(s.instance[p], s.instance[answer])
    counts[link] = (counts[link] ?? 0) + 1
    if (wayThere(s, p) + wayBack(s, p) < 0) continue
    linkOf[n] = link
    taken[n++] = p
  }
  const pairs = byLink(s, taken.subarray(0, n), linkOf, ids.length)
  return counts.map((count, link) => ({
    from: ids.part(link, 0),
    to: ids.part(link, 1),
    count,
    ...leastLuck(pairs[link]),
  }))
}

function wayThere({ start, server }: Spans, p: number): number {
  return start[server[p]] - start[p]
}

function wayBack({ end, server }: Spans, p: number): number {
  return end[p] - end[server[p]]
}

/** What is told of some calls, by what `linkOf` says of each. */
function byLink(s: Spans, calls: Uint32Array, linkOf: Uint32Array, links: number): readonly Pairs[] {
  const starts = new Uint32Array(links + 1)
  for (let i = 0; i < calls.length; i++) starts[linkOf[i] + 1] += 1
  for (let link = 0; link < links; link++) starts[link + 1] += starts[link]
  const at = starts.slice()
  const luck = new Float64Array(calls.length)
  const offsetNs = new Float64Array(calls.length)
  const slackNs = new Float64Array(calls.length)
  for (let i = 0; i < calls.length; i++) {
    const p = calls[i]
    const to = at[linkOf[i]]++
    luck[to] = s.luckOf(p)
    offsetNs[to] = (wayBack(s, p) - wayThere(s, p)) / 2
    slackNs[to] = wayThere(s, p) + wayBack(s, p)
  }
  return Array.from({ length: links }, (_, link) => {
    const own = (column: Float64Array): Float64Array => column.subarray(starts[link], starts[link + 1])
    return { luck: own(luck), offsetNs: own(offsetNs), slackNs: own(slackNs) }
  })
}

/** What several partitions saw as if it were one: no more than its sample would hold. */
export function joinedPairs(seen: readonly (readonly PairsSeen[])[]): readonly PairsSeen[] {
  const ids = new TupleIds()
  const links: PairsSeen[][] = []
  for (const one of seen.flat()) {
    const id = ids.id(one.from, one.to)
    if (id === links.length) links.push([])
    links[id].push(one)
  }
  return links.map((parts) => ({
    from: parts[0].from,
    to: parts[0].to,
    count: parts.reduce((sum, one) => sum + one.count, 0),
    ...leastLuck({
      luck: joined(parts.map((one) => one.luck)),
      offsetNs: joined(parts.map((one) => one.offsetNs)),
      slackNs: joined(parts.map((one) => one.slackNs)),
    }),
  }))
}

function linksOf(seen: readonly (readonly PairsSeen[])[]): readonly Link[] {
  return joinedPairs(seen)
    .filter(({ luck }) => luck.length >= PAIRS_MIN)
    .map((one) => ({ from: one.from, to: one.to, pairs: one.count, ...offsetOf(one) }))
}

/** Over the quicker half, where the two ways are most alike. */
function offsetOf({ offsetNs, slackNs }: PairsSeen): Pick<Link, 'offsetNs' | 'doubtNs' | 'quick'> {
  const half = Math.max(PAIRS_MIN, Math.ceil(slackNs.length / 2))
  const slackMaxNs = select(slackNs.slice(), half - 1)
  const quickest: number[] = []
  for (let i = 0; i < slackNs.length; i++) if (slackNs[i] <= slackMaxNs) quickest.push(i)
  const quick = { offsetNs: picked(offsetNs, quickest), slackNs: picked(slackNs, quickest) }
  const middle = Math.floor(quick.offsetNs.length / 2)
  return {
    offsetNs: select(quick.offsetNs.slice(), middle),
    doubtNs: select(quick.slackNs.slice(), middle) / 2,
    quick,
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
  const own = copyOf(times)
  for (let p = 0; p < own.length; p++) own[p] += byInstance[instance[p]]
  return own
}
