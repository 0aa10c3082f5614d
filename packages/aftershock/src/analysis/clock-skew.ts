/** How far an instance's clock is from the reference, from calls that were answered. */
export type InstanceOffset = {
  readonly instance: number
  /** Added to the instance's times to compare them with its callers'. 0 where the data is consistent as it is. */
  readonly offsetNs: number
  /** The estimate, also where it was not applied. */
  readonly estimateNs: number
  readonly pairs: number
}

type Pairs = {
  readonly length: number
  readonly instance: Uint32Array
  readonly server: Int32Array
  readonly start: Float64Array
  readonly end: Float64Array
}

const PAIRS_MIN = 5
/** Calls per pair of instances that are looked at; medians of more do not differ. */
const PAIRS_MAX = 2000

/**
 * Offsets from client/server pairs, NTP's way: half the difference of the way there and the way back,
 * the median over the quickest calls of a pair of instances, then along the calls from the
 * instance that nobody calls. An offset is taken out only where it makes servers answer before they are asked.
 */
export function clockOffsets(
  spans: Pairs,
  instances: readonly { readonly service: number; readonly name: string }[],
): readonly InstanceOffset[] {
  const links = linksOf(spans, instances.length)
  const estimate = new Float64Array(instances.length)
  const pairs = new Float64Array(instances.length)
  const impossible = new Uint8Array(instances.length)
  const seen = new Uint8Array(instances.length)
  const byPairs = [...links].sort((a, b) => b.pairs - a.pairs || a.from - b.from || a.to - b.to)
  // Clocks are told against the one nearest to the user: a caller that nobody calls.
  const called = new Set(links.map((link) => link.to))
  const weights = instances.map((_, i) => weight(byPairs, i))
  const first = [...instances.keys()].sort(
    (a, b) => Number(called.has(a)) - Number(called.has(b)) || weights[b] - weights[a] || a - b,
  )
  for (const root of first) {
    if (seen[root] === 1) continue
    seen[root] = 1
    for (let grew = true; grew; ) {
      const link = byPairs.find((l) => seen[l.from] !== seen[l.to])
      grew = link !== undefined
      if (link === undefined) break
      const [known, fresh, sign] = seen[link.from] === 1 ? [link.from, link.to, 1] : [link.to, link.from, -1]
      estimate[fresh] = estimate[known] + sign * link.offsetNs
      pairs[fresh] = link.pairs
      impossible[fresh] = impossible[known] | (link.impossible ? 1 : 0)
      seen[fresh] = 1
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

function linksOf(s: Pairs, instances: number): readonly Link[] {
  const found = new Map<number, { offsets: number[]; slack: number[]; negative: number; count: number }>()
  for (let p = 0; p < s.length; p++) {
    const answer = s.server[p]
    if (answer === -1 || s.instance[p] === s.instance[answer]) continue
    const key = s.instance[p] * instances + s.instance[answer]
    let link = found.get(key)
    if (link === undefined) {
      link = { offsets: [], slack: [], negative: 0, count: 0 }
      found.set(key, link)
    }
    link.count += 1
    if (link.offsets.length >= PAIRS_MAX) continue
    const there = s.start[answer] - s.start[p]
    const back = s.end[p] - s.end[answer]
    if (there + back < 0) continue
    if (there < 0) link.negative += 1
    link.offsets.push((back - there) / 2)
    link.slack.push(there + back)
  }
  return [...found]
    .filter(([, link]) => link.offsets.length >= PAIRS_MIN)
    .map(([key, link]) => ({
      from: Math.floor(key / instances),
      to: key % instances,
      pairs: link.count,
      ...offsetOf(link.offsets, link.slack),
    }))
}

/** Over the quicker half, where the two ways are most alike. */
function offsetOf(
  offsets: readonly number[],
  slack: readonly number[],
): { offsetNs: number; impossible: boolean } {
  const order = [...slack.keys()].sort((a, b) => slack[a] - slack[b])
  const quick = order.slice(0, Math.max(PAIRS_MIN, Math.ceil(order.length / 2)))
  const sorted = quick.map((i) => offsets[i]).sort((a, b) => a - b)
  const offsetNs = sorted[Math.floor(sorted.length / 2)]
  const outside = quick.filter((i) => Math.abs(offsets[i]) > slack[i] / 2 + 1000).length
  return { offsetNs, impossible: outside > quick.length * 0.2 }
}
