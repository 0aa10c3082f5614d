import { Phase } from '../assemble/phases.ts'
import { NEVER, type TimesSeen, timesOf, typed } from '../calls/bursts.ts'
import { normalTail } from '../numbers/compare.ts'
import { lowerBound } from '../numbers/lower-bound.ts'
import { push } from '../numbers/push.ts'
import { addTo, summedByKey } from '../numbers/sums.ts'
import type { Counterfactual } from './counterfactual.ts'
import type { Judged } from './judged.ts'

/**
 * Whether requests are late where the fault holds many others at that moment, and in time where it holds few: who
 * shares room, workers or a processor with them waits by so much as there are of them, however long each is held. What
 * is late for a reason of its own is so whoever else is there.
 */

/** By instance: when the requests began, and ended, that the fault held there, in order, ns. */
export type Held = { readonly starts: TimesSeen; readonly ends: TimesSeen }

/** Requests of a site by how many others the fault held there as they began: how many were late, and in time. */
type Crowd = { readonly late: ReadonlyMap<number, number>; readonly inTime: ReadonlyMap<number, number> }

/** Site → tenth of the time the fault was on (the last: after it) → its requests. */
export type CrowdSeen = ReadonlyMap<number, readonly Crowd[]>

const TENTHS = 10
/** Late ones in fewer tenths may be one incident as many were held by chance. */
const TENTHS_MIN = 3
/** In time in chaos: of fewer, those after it are compared as well. */
const IN_TIME_MIN = 20
/** Of a late one and one in time it must be the late one in so many that met more. */
const MORE_MIN = 0.75
/** Level of p. */
const LEVEL = 1e-4

export function heldSeen({ forest, phases }: Judged, now: Counterfactual, places: ReadonlySet<number>): Held {
  const [starts, ends] = [new Map<number, number[]>(), new Map<number, number[]>()]
  for (let p = 0; p < forest.length; p++) {
    if (forest.owner[p] !== p || !places.has(forest.service[p])) continue
    if (phases.ofTrace[forest.trace[p]] < Phase.chaos) continue
    // As pressure counts them: who takes more than twice its time.
    if (forest.end[p] - forest.start[p] <= 2 * now.durationNs[p]) continue
    push(starts, forest.instance[p], forest.start[p])
    push(ends, forest.instance[p], forest.end[p])
  }
  return { starts: typed(starts), ends: typed(ends) }
}

export function heldOf(seen: readonly Held[]): Held {
  return { starts: timesOf(seen.map((s) => s.starts)), ends: timesOf(seen.map((s) => s.ends)) }
}

export function crowdSeen(
  { forest, sites, phases, origins }: Judged,
  asked: readonly number[],
  held: Held,
): CrowdSeen {
  const crowdOf = (): { late: Map<number, number>; inTime: Map<number, number> } => ({
    late: new Map(),
    inTime: new Map(),
  })
  const seen = new Map(asked.map((i) => [i, Array.from({ length: TENTHS + 1 }, crowdOf)]))
  const fromNs = Math.min(...phases.chaos.map((span) => span.from))
  const lengthNs = Math.max(...phases.chaos.map((span) => span.to)) - fromNs
  for (let p = 0; p < forest.length; p++) {
    const tallies = seen.get(sites.ofPart[p])
    const phase = phases.ofTrace[forest.trace[p]]
    const at = forest.callee[p] === -1 ? p : forest.server[p]
    if (tallies === undefined || phase < Phase.chaos || at === -1) continue
    // Who fails by itself leaves undone what others are late with.
    if (origins.begins[p] === 1) continue
    const [starts, ends] = [held.starts, held.ends].map((of) => of.get(forest.instance[at]) ?? NEVER)
    const startNs = forest.start[p]
    // Itself is not among those that began before it.
    const others = lowerBound(starts, startNs) - lowerBound(ends, startNs)
    const tenth = Math.max(0, Math.min(TENTHS - 1, Math.floor((TENTHS * (startNs - fromNs)) / lengthNs)))
    const tally = tallies[phase === Phase.chaos ? tenth : TENTHS]
    const counts = sites.excess[p] === 1 ? tally.late : tally.inTime
    addTo(counts, others)
  }
  return seen
}

/** Sites that are late where the fault holds others, indices. */
export function crowdedSites(seen: readonly CrowdSeen[]): readonly number[] {
  const sites = new Set(seen.flatMap((one) => [...one.keys()]))
  return [...sites].filter((i) => isCrowded(seen.map((one) => one.get(i) ?? [])))
}

function isCrowded(partitions: readonly (readonly Crowd[])[]): boolean {
  const tenths = Array.from({ length: TENTHS + 1 }, (_, k) =>
    partitions.flatMap((tallies) => tallies[k] ?? []),
  )
  const chaos = tenths.slice(0, TENTHS)
  if (chaos.filter((tallies) => tallies.some(({ late }) => total(late) > 0)).length < TENTHS_MIN) return false
  const late = summedByKey(chaos.flat().map((tally) => tally.late))
  const inTime = summedByKey(chaos.flat().map((tally) => tally.inTime))
  if (total(inTime) >= IN_TIME_MIN) return isMore(late, inTime)
  const after = tenths[TENTHS]
  return isMore(
    summedByKey([late, ...after.map((tally) => tally.late)]),
    summedByKey([inTime, ...after.map((tally) => tally.inTime)]),
  )
}

function total(counts: ReadonlyMap<number, number>): number {
  return [...counts.values()].reduce((sum, n) => sum + n, 0)
}

/** Mann and Whitney, of whole numbers: ties count half. */
function isMore(high: ReadonlyMap<number, number>, low: ReadonlyMap<number, number>): boolean {
  const [n1, n0] = [total(high), total(low)]
  if (n1 === 0 || n0 === 0) return false
  const values = [...new Set([...high.keys(), ...low.keys()])].sort((a, b) => a - b)
  let [below, wins, ties] = [0, 0, 0]
  for (const value of values) {
    const [more, less] = [high.get(value) ?? 0, low.get(value) ?? 0]
    wins += more * (below + less / 2)
    below += less
    ties += (more + less) ** 3 - (more + less)
  }
  const n = n1 + n0
  const variance = ((n1 * n0) / 12) * (n + 1 - ties / (n * (n - 1)))
  if (variance <= 0 || wins < MORE_MIN * n1 * n0) return false
  return normalTail((wins - (n1 * n0) / 2) / Math.sqrt(variance)) < LEVEL
}
