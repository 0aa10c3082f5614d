import { Fail } from './failure.ts'
import type { Forest } from './forest.ts'
import type { LogicalCalls } from './logical-calls.ts'
import { joined } from './samples.ts'

/** A breaker looks back about this far. */
const BURST_NS = 60e9

/** Times by instance and callee (`edgeOfInstance`), ns. */
export type TimesSeen = ReadonlyMap<number, Float64Array>

export function edgeOfInstance(instance: number, callee: number): number {
  return instance * 65536 + callee
}

/** When calls from an instance to a service failed. */
export function failuresSeen(forest: Forest, fail: Uint8Array): TimesSeen {
  const times = new Map<number, number[]>()
  for (let p = 0; p < forest.length; p++) {
    if (fail[p] === Fail.ok || forest.callee[p] === -1) continue
    const key = edgeOfInstance(forest.instance[p], forest.callee[p])
    const known = times.get(key)
    if (known === undefined) times.set(key, [forest.end[p]])
    else known.push(forest.end[p])
  }
  return typed(times)
}

/** When calls were begun on the edges that are asked for. Later attempts of calls that were let in before tell nothing. */
export function startsSeen(forest: Forest, logical: LogicalCalls, edges: ReadonlySet<number>): TimesSeen {
  const starts = new Map<number, number[]>()
  if (edges.size === 0) return new Map()
  for (let p = 0; p < forest.length; p++) {
    if (logical.attempt[p] !== 1) continue
    const key = edgeOfInstance(forest.instance[p], forest.callee[p])
    if (!edges.has(key)) continue
    const known = starts.get(key)
    if (known === undefined) starts.set(key, [forest.start[p]])
    else known.push(forest.start[p])
  }
  return typed(starts)
}

export function typed(lists: ReadonlyMap<number, readonly number[]>): TimesSeen {
  return new Map([...lists].map(([key, list]) => [key, Float64Array.from(list)]))
}

/** All partitions' times, in order. */
export function timesOf(seen: readonly TimesSeen[]): TimesSeen {
  const keys = new Set(seen.flatMap((times) => [...times.keys()]))
  const all = (key: number): Float64Array => joined(seen.map((times) => times.get(key) ?? NEVER)).sort()
  return new Map([...keys].map((key) => [key, all(key)]))
}

const NEVER = new Float64Array(0)

/** Failed calls of an edge that ended in the minute before a time. */
export function failedBefore(failures: TimesSeen, edge: number, atNs: number): number {
  const times = failures.get(edge) ?? NEVER
  return lowerBound(times, atNs) - lowerBound(times, atNs - BURST_NS)
}

/** Calls (first attempts) of an edge begun in the time after. */
export function startedAfter(starts: TimesSeen, edge: number, atNs: number, withinNs: number): number {
  const times = starts.get(edge) ?? NEVER
  return lowerBound(times, atNs + withinNs) - lowerBound(times, atNs)
}

function lowerBound(sorted: Float64Array, at: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] < at) low = middle + 1
    else high = middle
  }
  return low
}
