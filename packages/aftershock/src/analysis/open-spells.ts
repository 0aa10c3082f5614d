import { edgeOfInstance, type TimesSeen, timesOf, typed } from './bursts.ts'
import type { Forest } from './forest.ts'
import { BURST_MIN, type HiddenRejections, OPEN_NS, type RejectionsFound } from './rejections.ts'

/** By instance and callee: certain rejections, how many and from when to when; and starts of those in doubt. */
export type SpellsSeen = {
  readonly certain: ReadonlyMap<number, Spell>
  readonly doubts: TimesSeen
}

type Spell = { readonly n: number; readonly fromNs: number; readonly toNs: number }

export function spellsSeen(forest: Forest, { hidden, undecided }: RejectionsFound): SpellsSeen {
  const certain = new Map<number, Spell>()
  for (let p = 0; p < forest.length; p++) {
    if (hidden.callee[p] === -1) continue
    const at = forest.start[p]
    widen(certain, edgeOfInstance(forest.instance[p], hidden.callee[p]), { n: 1, fromNs: at, toNs: at })
  }
  const doubts = new Map<number, number[]>()
  for (const { p, callee } of undecided) {
    const edge = edgeOfInstance(forest.instance[p], callee)
    const known = doubts.get(edge)
    if (known === undefined) doubts.set(edge, [forest.start[p]])
    else known.push(forest.start[p])
  }
  return { certain, doubts: typed(doubts) }
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
  { hidden, undecided }: RejectionsFound,
  spells: ReadonlyMap<number, Spell>,
): HiddenRejections {
  for (const { p, callee } of undecided) {
    const spell = spells.get(edgeOfInstance(forest.instance[p], callee))
    if (spell === undefined || forest.start[p] < spell.fromNs || forest.start[p] > spell.toNs) continue
    hidden.callee[p] = callee
    hidden.how[p] = 2
  }
  return hidden
}
