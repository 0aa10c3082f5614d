import { BURST_MIN, edgeOfInstance, placeOf, type TimesSeen, timesOf, typed } from './bursts.ts'
import type { Forest } from './forest.ts'
import { lowerBound } from './lower-bound.ts'
import { push } from './push.ts'
import { type HiddenRejections, OPEN_NS, type RejectionsFound } from './rejections.ts'

/** By instance and callee: certain rejections, how many and from when to when; and starts of those in doubt. */
export type SpellsSeen = {
  readonly certain: ReadonlyMap<number, Spell>
  /** Starts of those told by the pattern alone, by edge and operation of the owner (`placeOf`). */
  readonly inferred: TimesSeen
  readonly doubts: TimesSeen
}

type Spell = { readonly n: number; readonly fromNs: number; readonly toNs: number }

export function spellsSeen(forest: Forest, { hidden, undecided }: RejectionsFound): SpellsSeen {
  const certain = new Map<number, Spell>()
  const inferred = new Map<number, number[]>()
  for (let p = 0; p < forest.length; p++) {
    if (hidden.callee[p] === -1) continue
    const at = forest.start[p]
    if (hidden.how[p] === 2) push(inferred, placeOfOwner(forest, hidden.callee[p], p), at)
    widen(certain, edgeOfInstance(forest.instance[p], hidden.callee[p]), { n: 1, fromNs: at, toNs: at })
  }
  const doubts = new Map<number, number[]>()
  for (const { p, callee } of undecided) {
    push(doubts, edgeOfInstance(forest.instance[p], callee), forest.start[p])
  }
  return { certain, inferred: typed(inferred), doubts: typed(doubts) }
}

function placeOfOwner(forest: Forest, callee: number, p: number): number {
  return placeOf(edgeOfInstance(forest.instance[p], callee), forest.op[p])
}

/** What an open breaker rejects between two calls that it lets through, on average. */
const RUN_MIN = 2

/**
 * Places where no breaker can be: owners that fail by themselves do so now and then between calls that are made, and
 * an open breaker rejects one after the other.
 */
export function scattered(seen: readonly SpellsSeen[], starts: TimesSeen): ReadonlySet<number> {
  const found = new Set<number>()
  for (const [place, rejected] of timesOf(seen.map((s) => s.inferred))) {
    const made = starts.get(place) ?? new Float64Array(0)
    const runs = new Set(Array.from(rejected, (at) => lowerBound(made, at)))
    if (rejected.length < RUN_MIN * runs.size) found.add(place)
  }
  return found
}

function widen(spells: Map<number, Spell>, edge: number, more: Spell): void {
  const known = spells.get(edge) ?? { n: 0, fromNs: more.fromNs, toNs: more.toNs }
  spells.set(edge, {
    n: known.n + more.n,
    fromNs: Math.min(known.fromNs, more.fromNs),
    toNs: Math.max(known.toNs, more.toNs),
  })
}

/**
 * Just before a breaker closes others are let in within the same moment, which alone looks like a service
 * that is full. Where the instance's breaker to that callee is certain from more of its other rejections,
 * these are the breaker's too: it rejected them within an open spell (`OPEN_NS` around it).
 */
export function openSpells(seen: readonly SpellsSeen[]): ReadonlyMap<number, Spell> {
  const certain = new Map<number, Spell>()
  for (const [edge, spell] of seen.flatMap((s) => [...s.certain])) widen(certain, edge, spell)
  const open = new Map<number, Spell>()
  for (const [edge, starts] of timesOf(seen.map((s) => s.doubts))) {
    const known = certain.get(edge)
    if (known === undefined || known.n < BURST_MIN || known.n < starts.length) continue
    const fromNs = known.fromNs - OPEN_NS
    let { toNs } = known
    for (const at of starts) if (at >= fromNs && at <= toNs + OPEN_NS) toNs = Math.max(toNs, at)
    open.set(edge, { n: known.n, fromNs, toNs: Math.max(toNs, known.toNs) })
  }
  return open
}

/** Decides those in doubt. */
export function settle(
  forest: Forest,
  { hidden: found, undecided }: RejectionsFound,
  spells: ReadonlyMap<number, Spell>,
  scatteredAt: ReadonlySet<number>,
): HiddenRejections {
  const hidden = { ...found, callee: found.callee.slice(), how: found.how.slice() }
  for (let p = 0; scatteredAt.size > 0 && p < forest.length; p++) {
    if (hidden.how[p] !== 2 || !scatteredAt.has(placeOfOwner(forest, hidden.callee[p], p))) continue
    hidden.callee[p] = -1
    hidden.how[p] = 0
  }
  for (const { p, callee } of undecided) {
    const spell = spells.get(edgeOfInstance(forest.instance[p], callee))
    if (spell === undefined || forest.start[p] < spell.fromNs || forest.start[p] > spell.toNs) continue
    hidden.callee[p] = callee
    hidden.how[p] = 2
  }
  return hidden
}
