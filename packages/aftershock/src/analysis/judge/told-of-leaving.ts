import { TOLERANCE_NS } from '../assemble/clock-skew.ts'
import { edgeKey } from '../assemble/edge-key.ts'
import type { Forest } from '../assemble/forest.ts'
import { Fail } from '../calls/failure.ts'
import { isGivenUp, NEAR_NS } from '../calls/given-up.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import { addTo } from '../numbers/sums.ts'

/** Answers by edge that were at work, and ended well, when their caller had given up; not those whose work runs on below. */
export type EndsSeen = ReadonlyMap<number, Ends>

/** `edgeKey` of edges whose callees end their spans as they are told that the caller left. */
export type ToldOfLeaving = ReadonlySet<number>

/**
 * How many in all; with nothing done below since, within 10 ms and within 20 ms of the caller's leaving; and how many
 * callers had waited so long, ms.
 */
type Ends = { n: number; soon: number; near: number; readonly waited: Map<number, number> }

/** `edgeKey` of edges whose callees may be told → when their callers leave, ns after the call began. */
export type Leaving = ReadonlyMap<number, number>

/** News of a connection that closed is there within this, ns; a busy process takes it up later. */
const SOON_NS = NEAR_NS / 2
const ENDS_MIN = 3
const WAITED_NS = 1e6
/** Work that ends as it is done does so about as often just before an instant as just after it. */
const SPIKE_TIMES = 2

export function endsSeen(forest: Forest, fail: Uint8Array): EndsSeen {
  const seen = new Map<number, Ends>()
  for (let p = 0; p < forest.length; p++) {
    const below = sinceLeft(forest, fail, p)
    if (below === undefined || below === 'runs on') continue
    const after =
      below === 'nothing' ? forest.end[p] - forest.end[forest.parent[p]] : Number.POSITIVE_INFINITY
    const edge = edgeKey(forest.service[forest.parent[p]], forest.service[p])
    const ends = seen.get(edge) ?? { n: 0, soon: 0, near: 0, waited: new Map() }
    seen.set(edge, ends)
    ends.n += 1
    const waited = Math.floor((forest.end[forest.parent[p]] - forest.start[forest.parent[p]]) / WAITED_NS)
    addTo(ends.waited, waited)
    if (after <= SOON_NS) ends.soon += 1
    if (after <= NEAR_NS) ends.near += 1
  }
  return seen
}

export function joinedEnds(seen: readonly EndsSeen[]): EndsSeen {
  const sum = (all: readonly number[]): number => all.reduce((a, b) => a + b, 0)
  return joinedMaps(seen, (all) => ({
    n: sum(all.map(({ n }) => n)),
    soon: sum(all.map(({ soon }) => soon)),
    near: sum(all.map(({ near }) => near)),
    waited: new Map(
      joinedMaps(
        all.map(({ waited }) => waited),
        sum,
      ),
    ),
  }))
}

/**
 * Edges whose callees end their spans in a spike at the caller's leaving. Who works on ends whenever the work is done;
 * who is told of the leaving ends as the caller does, but for a busy spell.
 */
export function mayBeTold(ends: EndsSeen): Leaving {
  return new Map(
    [...ends].flatMap(([edge, { n, soon, near, waited }]) =>
      n >= ENDS_MIN && 2 * soon >= n && 3 * near >= 2 * n ? [[edge, WAITED_NS * mostFrequent(waited)]] : [],
    ),
  )
}

function mostFrequent(counts: ReadonlyMap<number, number>): number {
  const [[value]] = [...counts].sort(([a, m], [b, n]) => n - m || a - b)
  return value
}

/** Good answers by edge that came just before their callers would have left. */
export function justInTime(forest: Forest, fail: Uint8Array, leaving: Leaving): ReadonlyMap<number, number> {
  const { ops, op, server, untold, start, end } = forest
  const leavesNs = Float64Array.from(ops, ({ service, callee }) =>
    callee === -1 ? Number.NaN : (leaving.get(edgeKey(service, callee)) ?? Number.NaN),
  )
  const seen = new Map<number, number>()
  for (let p = 0; p < forest.length; p++) {
    const leftNs = leavesNs[op[p]]
    const tookNs = end[p] - start[p]
    if (!(tookNs < leftNs && tookNs >= leftNs - SOON_NS)) continue
    if (fail[p] !== Fail.ok || untold[p] === 1 || server[p] === -1) continue
    const edge = edgeKey(ops[op[p]].service, ops[op[p]].callee)
    addTo(seen, edge)
  }
  return seen
}

/** Of edges in question those where the spike is one: answers that come anyway come just in time as well. */
export function toldOfLeaving(
  ends: EndsSeen,
  leaving: Leaving,
  seen: readonly ReadonlyMap<number, number>[],
): ToldOfLeaving {
  const inTime = (edge: number): number => seen.reduce((n, one) => n + (one.get(edge) ?? 0), 0)
  const isSpike = (edge: number): boolean => (ends.get(edge)?.soon ?? 0) > SPIKE_TIMES * inTime(edge)
  return new Set([...leaving.keys()].filter(isSpike))
}

/** Its end says that its caller had left, and nothing of its work: that may have been done, or not. */
export function endedAsCallerLeft({ forest, fail, attribution }: Told, p: number): boolean {
  const call = forest.parent[p]
  if (!attribution.toldOfLeaving.has(edgeKey(forest.service[call], forest.service[p]))) return false
  return sinceLeft(forest, fail, p) === 'nothing' && forest.end[p] <= forest.end[call] + NEAR_NS
}

type Told = {
  readonly forest: Forest
  readonly fail: Uint8Array
  readonly attribution: { readonly toldOfLeaving: ToldOfLeaving }
}

/** What was done below an answer since its caller gave it up; undefined where none did that while it was at work. */
function sinceLeft(forest: Forest, fail: Uint8Array, p: number): 'nothing' | 'work' | 'runs on' | undefined {
  const { parent, callee, service, server, untold, start, end, owner } = forest
  const call = parent[p]
  if (owner[p] !== p || call === -1 || server[call] !== p || callee[call] !== service[p]) return undefined
  if (fail[p] !== Fail.ok || untold[call] === 1 || !isGivenUp(fail, call)) return undefined
  const left = end[call]
  if (start[p] > left || end[p] < left - TOLERANCE_NS) return undefined
  let below: 'nothing' | 'work' = 'nothing'
  for (let c = p + 1; c < p + forest.size[p]; c++) {
    if (owner[c] !== p || end[c] <= left + TOLERANCE_NS) continue
    if (end[c] > end[p] + TOLERANCE_NS) return 'runs on'
    // It went on waiting until its own limit. What failed otherwise may have been cut off together with it.
    if (fail[c] === Fail.ok || fail[c] === Fail.timeout) below = 'work'
  }
  return below
}
