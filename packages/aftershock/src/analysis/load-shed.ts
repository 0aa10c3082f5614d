import { quantileOf } from './compare.ts'
import { Fail } from './failure.ts'
import type { Forest } from './forest.ts'
import type { LogicalCalls } from './logical-calls.ts'
import { Phase, type Phases } from './phases.ts'
import type { HiddenRejections } from './rejections.ts'

/** A refusal answers at once: faster than this, or than nearly every good answer. */
const AT_ONCE_NS = 2e6
/** Full: twice the usual number in progress, and at least this many more. */
const FULL_MORE = 5

/**
 * Marks refusals for lack of capacity as `Fail.shed`: 429 and RESOURCE_EXHAUSTED say so themselves (see
 * `failure.ts`); a 503 or UNAVAILABLE does when it came at once, with nothing called and no exception,
 * while twice as many requests were in progress on that instance as the baseline's 99th percentile.
 */
export function markShedding(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  hidden: HiddenRejections,
  phases: Phases,
): void {
  const { table } = forest
  const candidates: number[] = []
  for (let p = 0; p < forest.length; p++) {
    if (fail[p] !== Fail.error || forest.owner[p] !== p || hidden.callee[p] !== -1) continue
    const row = forest.row[p]
    if (table.httpStatus[row] !== 503 && table.grpcStatus[row] !== 14) continue
    if (logical.callStart[p + 1] > logical.callStart[p] || table.errorMessage[row] !== 0) continue
    if (forest.end[p] - forest.start[p] < AT_ONCE_NS) candidates.push(p)
  }
  if (candidates.length === 0) return
  const load = new InFlight(forest, phases, new Set(candidates.map((p) => forest.instance[p])))
  for (const p of candidates) {
    const usual = load.usual(forest.instance[p])
    if (load.at(p) >= Math.max(2 * usual, usual + FULL_MORE)) fail[p] = Fail.shed
  }
}

/** Requests in progress on an instance, from the starts and ends of its owner spans. */
class InFlight {
  readonly #forest: Forest
  readonly #starts = new Map<number, number[]>()
  readonly #ends = new Map<number, number[]>()
  readonly #usual = new Map<number, number>()

  constructor(forest: Forest, phases: Phases, instances: ReadonlySet<number>) {
    this.#forest = forest
    const baseline = new Map<number, number[]>()
    for (const i of instances) {
      this.#starts.set(i, [])
      this.#ends.set(i, [])
      baseline.set(i, [])
    }
    for (let p = 0; p < forest.length; p++) {
      if (forest.owner[p] !== p || !instances.has(forest.instance[p])) continue
      if (forest.end[p] - forest.start[p] < AT_ONCE_NS) continue
      this.#starts.get(forest.instance[p])?.push(forest.start[p])
      this.#ends.get(forest.instance[p])?.push(forest.end[p])
      if (phases.ofTrace[forest.trace[p]] === Phase.baseline) baseline.get(forest.instance[p])?.push(p)
    }
    for (const i of instances) {
      this.#starts.get(i)?.sort((a, b) => a - b)
      this.#ends.get(i)?.sort((a, b) => a - b)
      const seen = (baseline.get(i) ?? []).map((p) => this.at(p)).sort((a, b) => a - b)
      this.#usual.set(i, seen.length === 0 ? 0 : quantileOf(seen, 0.99))
    }
  }

  at(p: number): number {
    const i = this.#forest.instance[p]
    const t = this.#forest.start[p]
    return upTo(this.#starts.get(i) ?? [], t) - upTo(this.#ends.get(i) ?? [], t)
  }

  usual(instance: number): number {
    return this.#usual.get(instance) ?? 0
  }
}

function upTo(sorted: readonly number[], t: number): number {
  let [low, high] = [0, sorted.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle] <= t) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * What remains: refused at once, with nothing called although healthy requests always call something, no
 * exception, no breaker. Requests that hang never end their spans, so fullness does not always show.
 *
 * @param spoofed - services whose answers the fault itself writes; theirs say nothing about room
 */
export function markRefusals(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  hidden: HiddenRejections,
  quickest: Float64Array,
  spoofed: ReadonlySet<number>,
): void {
  const { table } = forest
  for (let p = 0; p < forest.length; p++) {
    if (fail[p] !== Fail.error || forest.owner[p] !== p || hidden.callee[p] !== -1) continue
    if (forest.parent[p] === -1 || spoofed.has(forest.service[p])) continue
    const row = forest.row[p]
    if (table.httpStatus[row] !== 503 && table.grpcStatus[row] !== 14) continue
    if (logical.callStart[p + 1] > logical.callStart[p] || table.errorMessage[row] !== 0) continue
    if (forest.size[p] > 1 || table.statusMessage[row] !== 0) continue
    if (forest.end[p] - forest.start[p] < quickest[forest.op[p]]) fail[p] = Fail.shed
  }
}

/** Operation → half the shortest good answer of the baseline, ns; NaN where there is none. */
export function quickestAnswers(forest: Forest, fail: Uint8Array, phases: Phases): Float64Array {
  const quickest = new Float64Array(forest.ops.length).fill(Number.NaN)
  for (let p = 0; p < forest.length; p++) {
    if (forest.owner[p] !== p || fail[p] !== Fail.ok) continue
    if (phases.ofTrace[forest.trace[p]] !== Phase.baseline) continue
    const half = (forest.end[p] - forest.start[p]) / 2
    const known = quickest[forest.op[p]]
    if (Number.isNaN(known) || half < known) quickest[forest.op[p]] = half
  }
  return quickest
}
