import type { Forest } from '../assemble/forest.ts'
import { copyOf } from '../numbers/columns.ts'
import { lowerBound } from '../numbers/lower-bound.ts'
import { push } from '../numbers/push.ts'
import { BURST_MIN, edgeOfInstance, edgeOfPlace, type TimesSeen, timesOf, typed } from './bursts.ts'
import type { LongRuns } from './long-runs.ts'
import { type HiddenRejections, OPEN_NS, placeAt, type RejectionsFound } from './rejections.ts'

/** Starts of rejected owners, in order, ns. */
export type SpellsSeen = {
  /** Those whose errors say so, by instance and callee. */
  readonly told: TimesSeen
  /** Those told by the pattern alone, by place (`placeOfCall`). */
  readonly inferred: TimesSeen
  /** Those that went on without the call, by place. */
  readonly quiet: TimesSeen
  /** Those in doubt, by instance and callee. */
  readonly doubts: TimesSeen
  /** Those of which nothing else tells, by place: see `long-runs.ts`. */
  readonly alone: TimesSeen
}

type Spell = { readonly fromNs: number; readonly toNs: number }

export function spellsSeen(
  forest: Forest,
  { hidden, undecided }: Pick<RejectionsFound, 'hidden' | 'undecided'>,
): SpellsSeen {
  const told = new Map<number, number[]>()
  const inferred = new Map<number, number[]>()
  const quiet = new Map<number, number[]>()
  for (let p = 0; p < forest.length; p++) {
    if (hidden.quiet[p] !== -1)
      push(quiet, placeAt(forest, p, { callee: hidden.quiet[p], nth: hidden.nth[p] }), forest.start[p])
    if (hidden.callee[p] === -1) continue
    if (hidden.how[p] === 2) push(inferred, placeOfRejected(forest, hidden, p), forest.start[p])
    else push(told, edgeOfInstance(forest.instance[p], hidden.callee[p]), forest.start[p])
  }
  const [doubts, alone] = [new Map<number, number[]>(), new Map<number, number[]>()]
  for (const { p, callee, atNs, nth } of undecided) {
    if (nth === undefined) push(doubts, edgeOfInstance(forest.instance[p], callee), atNs)
    else push(alone, placeAt(forest, p, { callee, nth }), atNs)
  }
  return {
    ...{ told: typed(told), inferred: typed(inferred), quiet: typed(quiet) },
    ...{ doubts: typed(doubts), alone: typed(alone) },
  }
}

function placeOfRejected(forest: Forest, { callee, nth }: HiddenRejections, p: number): number {
  return placeAt(forest, p, { callee: callee[p], nth: nth[p] })
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

/** When breakers rejected, by place (`placeOfCall`), as far as the pattern tells. */
export function rejectedAt(seen: readonly SpellsSeen[], scatteredAt: ReadonlySet<number>): TimesSeen {
  const inferred = timesOf([...seen.map((s) => s.inferred), ...seen.map((s) => s.quiet)])
  return new Map([...inferred].filter(([place, at]) => !scatteredAt.has(place) && at.length >= BURST_MIN))
}

/**
 * Just before a breaker closes others are let in within the same moment, which alone looks like a service
 * that is full. Where the instance's breaker to that callee is certain from more of its other rejections,
 * these are the breaker's too: it rejected them within an open spell (`OPEN_NS` around it).
 */
export function openSpells(
  seen: readonly SpellsSeen[],
  scatteredAt: ReadonlySet<number>,
): ReadonlyMap<number, Spell> {
  const inferred = seen.flatMap((s) => [...s.inferred].filter(([place]) => !scatteredAt.has(place)))
  const certain = timesOf([
    ...seen.map((s) => s.told),
    ...inferred.map(([place, starts]) => new Map([[edgeOfPlace(place), starts]])),
  ])
  const open = new Map<number, Spell>()
  for (const [edge, starts] of timesOf(seen.map((s) => s.doubts))) {
    const known = certain.get(edge) ?? []
    if (known.length < BURST_MIN || known.length < starts.length) continue
    const fromNs = known[0] - OPEN_NS
    let toNs = known[known.length - 1]
    for (const at of starts) if (at >= fromNs && at <= toNs + OPEN_NS) toNs = Math.max(toNs, at)
    open.set(edge, { fromNs, toNs })
  }
  return open
}

/** Decides those in doubt. */
export function settle(
  forest: Forest,
  { hidden: found, undecided }: Pick<RejectionsFound, 'hidden' | 'undecided'>,
  spells: ReadonlyMap<number, Spell>,
  scatteredAt: ReadonlySet<number>,
  longRuns: LongRuns,
): HiddenRejections {
  const hidden = {
    ...found,
    ...{ callee: copyOf(found.callee), how: copyOf(found.how), nth: copyOf(found.nth) },
  }
  for (let p = 0; scatteredAt.size > 0 && p < forest.length; p++) {
    if (hidden.how[p] !== 2 || !scatteredAt.has(placeOfRejected(forest, found, p))) continue
    hidden.callee[p] = -1
    hidden.how[p] = 0
  }
  for (const { p, callee, atNs, nth } of undecided) {
    if (nth !== undefined) {
      const runs = longRuns.get(placeAt(forest, p, { callee, nth })) ?? []
      if (!runs.some(({ fromNs, toNs }) => atNs >= fromNs && atNs <= toNs)) continue
      hidden.callee[p] = callee
      hidden.how[p] = 2
      hidden.nth[p] = nth
      continue
    }
    const spell = spells.get(edgeOfInstance(forest.instance[p], callee))
    if (spell === undefined || atNs < spell.fromNs || atNs > spell.toNs) continue
    hidden.callee[p] = callee
    hidden.how[p] = 2
  }
  return hidden
}
