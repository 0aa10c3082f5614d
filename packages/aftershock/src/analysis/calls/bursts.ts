import type { Forest } from '../assemble/forest.ts'
import { joinedMaps } from '../numbers/joined-maps.ts'
import { lowerBound } from '../numbers/lower-bound.ts'
import { push } from '../numbers/push.ts'
import { mergedSorted } from '../numbers/samples.ts'
import { Fail } from './failure.ts'
import type { LogicalCalls } from './logical-calls.ts'
import { CALLS_MAX, type Missed } from './usual-callees.ts'

/** A breaker looks back about this far. */
export const BURST_NS = 60e9

/** Times by instance, callee and operation (`placeOf`), or by instance and callee (`edgeOfInstance`), in order, ns. */
export type TimesSeen = ReadonlyMap<number, Float64Array>

export function edgeOfInstance(instance: number, callee: number): number {
  return instance * SERVICES_MAX + callee
}

const SERVICES_MAX = 65536

/** A place where a breaker may sit: an edge by instance, and an operation of the calls, or of those who call. */
export function placeOf(edge: number, op: number): number {
  return edge * OPS_MAX + op
}

const OPS_MAX = 2 ** 20

export function edgeOfPlace(place: number): number {
  return Math.floor(place / OPS_MAX)
}

/** The place of the nth call to a callee that owners of an operation make: one of two may have a breaker, the other none. */
export function placeOfCall(edge: number, ownerOp: number, nth: number): number {
  return placeOf(edge, ownerOp * CALLS_MAX + nth - 1)
}

/** The same for a place (`placeOfCall`) in any instance of the owner's service. */
export function callAnywhere(place: number): string {
  return `${edgeOfPlace(place) % SERVICES_MAX} ${place % OPS_MAX}`
}

/** When calls from an instance to a service failed, by operation of the call. */
export function failuresSeen(forest: Forest, fail: Uint8Array): TimesSeen {
  const times = new Map<number, number[]>()
  for (let p = 0; p < forest.length; p++) {
    if (fail[p] === Fail.ok || forest.callee[p] === -1) continue
    push(times, placeOf(edgeOfInstance(forest.instance[p], forest.callee[p]), forest.op[p]), forest.end[p])
  }
  return typed(times)
}

/** When calls of an edge ended, by their operation; and when those were begun that others leave out, by `placeOfCall`. */
export type CallTimesSeen = { readonly starts: TimesSeen; readonly ends: TimesSeen }

/** On the edges that are asked for. Starts are of first attempts: later ones of calls that were let in before tell nothing. */
export function callTimesSeen(
  forest: Forest,
  logical: LogicalCalls,
  edges: ReadonlySet<number>,
  missed: Missed,
): CallTimesSeen {
  if (edges.size === 0) return { starts: new Map(), ends: new Map() }
  const [starts, ends] = [new Map<number, number[]>(), new Map<number, number[]>()]
  for (let p = 0; p < forest.length; p++) {
    if (logical.attempt[p] !== 0) {
      const edge = edgeOfInstance(forest.instance[p], forest.callee[p])
      if (edges.has(edge)) push(ends, placeOf(edge, forest.op[p]), forest.end[p])
    }
    for (const { callee, nth } of missed.get(forest.op[p]) ?? []) {
      const call = callTo(forest, logical, p, callee, nth)
      const edge = edgeOfInstance(forest.instance[p], callee)
      if (call !== -1) push(starts, placeOfCall(edge, forest.op[p], nth), forest.start[call])
    }
  }
  return { starts: typed(starts), ends: typed(ends) }
}

/** The first, second, … logical call of an owner to a callee; -1 when it made fewer. */
export function callTo(
  forest: Forest,
  logical: LogicalCalls,
  owner: number,
  callee: number,
  nth: number,
): number {
  let made = 0
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    const call = logical.calls[i]
    if (forest.callee[call] !== callee || logical.previous[call] !== -1) continue
    made += 1
    if (made === nth) return call
  }
  return -1
}

export function typed(lists: ReadonlyMap<number, readonly number[]>): TimesSeen {
  return new Map([...lists].map(([key, list]) => [key, new Float64Array(list).sort()]))
}

/** All partitions' times, in order. */
export function timesOf(seen: readonly TimesSeen[]): TimesSeen {
  return joinedMaps(seen, mergedSorted)
}

export const NEVER = new Float64Array(0)

/** When calls failed, ended and began on the edges in doubt, of all partitions. */
export type CallTimes = CallTimesSeen & {
  readonly failures: TimesSeen
  /** Edge → operations of its calls. */
  readonly opsOf: ReadonlyMap<number, readonly number[]>
}

export function callTimes(failures: readonly TimesSeen[], seen: readonly CallTimesSeen[]): CallTimes {
  const ends = timesOf(seen.map((s) => s.ends))
  const opsOf = new Map<number, number[]>()
  for (const place of ends.keys()) push(opsOf, edgeOfPlace(place), place % OPS_MAX)
  return { ends, opsOf, starts: timesOf(seen.map((s) => s.starts)), failures: timesOf(failures) }
}

/** Failures among the last ten calls of an operation, by the same instance, that could have opened a breaker. */
export const BURST_MIN = 3
const LAST_CALLS = 10

/**
 * Whether a breaker could be open at a place (`placeOfCall`): a burst of failures of one operation of the edge, and
 * since its last one who calls here has begun one call at most (a probe). A probe that failed keeps open what the burst
 * before it opened: others may have called there well in the meantime.
 */
export function mayBeOpen(times: CallTimes, place: number, atNs: number): boolean {
  const edge = edgeOfPlace(place)
  const starts = times.starts.get(place) ?? NEVER
  const begun = (fromNs: number, toNs: number): number =>
    lowerBound(starts, toNs) - lowerBound(starts, fromNs + TICK_NS)
  for (const op of times.opsOf.get(edge) ?? []) {
    const failures = times.failures.get(placeOf(edge, op)) ?? NEVER
    const ends = times.ends.get(placeOf(edge, op)) ?? NEVER
    let untilNs = atNs
    for (let failed = lowerBound(failures, atNs); failed >= BURST_MIN; failed--) {
      const lastNs = failures[failed - 1]
      if (untilNs - lastNs > BURST_NS || begun(lastNs, untilNs) > 1) break
      if (isBurst(failures, failed, ends)) return true
      untilNs = lastNs
    }
  }
  return false
}

/** Whether the failure before the given one was among the last of many. */
function isBurst(failures: Float64Array, failed: number, ends: Float64Array): boolean {
  const sinceNs = ends[Math.max(0, lowerBound(ends, failures[failed - 1]) + 1 - LAST_CALLS)]
  return failed - lowerBound(failures, sinceNs) >= BURST_MIN
}

/** What clocks of one process cannot tell apart. */
const TICK_NS = 1e6

/** Calls (first attempts) that were begun at a place (`placeOfCall`) in the time after. */
export function startedAfter({ starts }: CallTimes, place: number, atNs: number, withinNs: number): number {
  const times = starts.get(place) ?? NEVER
  return lowerBound(times, atNs + withinNs) - lowerBound(times, atNs)
}
