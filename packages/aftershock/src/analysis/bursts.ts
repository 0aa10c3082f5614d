import { Fail } from './failure.ts'
import type { Forest } from './forest.ts'
import type { LogicalCalls } from './logical-calls.ts'

/** A breaker looks back about this far. */
const BURST_NS = 60e9

/** When calls from an instance to a service failed. */
export class Bursts {
  readonly #times: ReadonlyMap<number, Float64Array>
  readonly #starts: ReadonlyMap<number, Float64Array>
  readonly #forest: Forest

  constructor(forest: Forest, fail: Uint8Array, logical: LogicalCalls) {
    this.#forest = forest
    const times = new Map<number, number[]>()
    for (let p = 0; p < forest.length; p++) {
      if (forest.callee[p] === -1 || fail[p] === Fail.ok) continue
      const key = forest.instance[p] * 65536 + forest.callee[p]
      const known = times.get(key)
      if (known === undefined) times.set(key, [forest.end[p]])
      else known.push(forest.end[p])
    }
    const starts = new Map<number, number[]>([...times.keys()].map((key) => [key, []]))
    for (let p = 0; p < forest.length; p++) {
      // Later attempts of calls that were let in before tell nothing.
      if (forest.callee[p] === -1 || logical.attempt[p] !== 1) continue
      starts.get(forest.instance[p] * 65536 + forest.callee[p])?.push(forest.start[p])
    }
    this.#times = sortedLists(times)
    this.#starts = sortedLists(starts)
  }

  /** Calls (first attempts) from the instance to the service begun in the time after a span began. */
  startedAfter(p: number, callee: number, withinNs: number): number {
    const starts = this.#starts.get(this.#forest.instance[p] * 65536 + callee) ?? NEVER
    const at = this.#forest.start[p]
    return lowerBound(starts, at + withinNs) - lowerBound(starts, at)
  }

  before(p: number, callee: number): number {
    const times = this.#times.get(this.#forest.instance[p] * 65536 + callee) ?? NEVER
    const at = this.#forest.start[p]
    return lowerBound(times, at) - lowerBound(times, at - BURST_NS)
  }
}

const NEVER = new Float64Array(0)

function sortedLists(lists: ReadonlyMap<number, readonly number[]>): ReadonlyMap<number, Float64Array> {
  return new Map([...lists].map(([key, list]) => [key, Float64Array.from(list).sort()]))
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
