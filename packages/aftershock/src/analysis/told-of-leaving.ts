import { TOLERANCE_NS } from './clock-skew.ts'
import { edgeKey } from './edge-key.ts'
import { Fail } from './failure.ts'
import type { Forest } from './forest.ts'
import { isGivenUp, NEAR_NS } from './given-up.ts'
import { joinedMaps } from './joined-maps.ts'

/** Answers by edge that were at work, and ended well, when their caller had given up; not those whose work runs on below. */
export type EndsSeen = ReadonlyMap<number, Ends>

/** `edgeKey` of edges whose callees end their spans as they are told that the caller left. */
export type ToldOfLeaving = ReadonlySet<number>

/** How many in all; with nothing done below since, within 10 ms and within 20 ms of the caller's leaving. */
type Ends = { n: number; soon: number; near: number }

/** News of a connection that closed is there within this, ns; a busy process takes it up later. */
const SOON_NS = NEAR_NS / 2
const ENDS_MIN = 3

export function endsSeen(forest: Forest, fail: Uint8Array): EndsSeen {
  const seen = new Map<number, Ends>()
  for (let p = 0; p < forest.length; p++) {
    const below = sinceLeft(forest, fail, p)
    if (below === undefined || below === 'runs on') continue
    const after =
      below === 'nothing' ? forest.end[p] - forest.end[forest.parent[p]] : Number.POSITIVE_INFINITY
    const edge = edgeKey(forest.service[forest.parent[p]], forest.service[p])
    const ends = seen.get(edge) ?? { n: 0, soon: 0, near: 0 }
    seen.set(edge, ends)
    ends.n += 1
    if (after <= SOON_NS) ends.soon += 1
    if (after <= NEAR_NS) ends.near += 1
  }
  return seen
}

export function joinedEnds(seen: readonly EndsSeen[]): EndsSeen {
  return joinedMaps(seen, (all) => ({
    n: all.reduce((sum, { n }) => sum + n, 0),
    soon: all.reduce((sum, { soon }) => sum + soon, 0),
    near: all.reduce((sum, { near }) => sum + near, 0),
  }))
}

/** Who works on ends whenever the work is done; who is told of the leaving ends as the caller does, but for a busy spell. */
export function toldOfLeaving(seen: readonly EndsSeen[]): ToldOfLeaving {
  const all = [...joinedEnds(seen)]
  return new Set(
    all.flatMap(([edge, { n, soon, near }]) =>
      n >= ENDS_MIN && 2 * soon >= n && 3 * near >= 2 * n ? [edge] : [],
    ),
  )
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
