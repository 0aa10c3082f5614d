import type { Forest } from '../assemble/forest.ts'
import { Phase, type Phases } from '../assemble/phases.ts'
import { quantileOf } from '../numbers/compare.ts'
import { joined } from '../numbers/samples.ts'
import { AT_ONCE_NS, Fail } from './failure.ts'
import type { LogicalCalls } from './logical-calls.ts'
import type { HiddenRejections } from './rejections.ts'

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
  load: ReadonlyMap<number, Load>,
): void {
  if (load.size === 0) return
  for (const p of refusalsIn(forest, fail, logical, hidden)) {
    const at = load.get(forest.instance[p])
    if (at === undefined) continue
    const inProgress = upTo(at.starts, forest.start[p]) - upTo(at.ends, forest.start[p])
    if (inProgress >= Math.max(2 * at.usual, at.usual + FULL_MORE)) fail[p] = Fail.shed
  }
}

function refusalsIn(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  hidden: HiddenRejections,
): readonly number[] {
  const { table } = forest
  const found: number[] = []
  for (let p = 0; p < forest.length; p++) {
    if (fail[p] !== Fail.error || forest.owner[p] !== p || hidden.callee[p] !== -1) continue
    const row = forest.row[p]
    if (table.httpStatus[row] !== 503 && table.grpcStatus[row] !== 14) continue
    if (logical.callStart[p + 1] > logical.callStart[p] || saysWhy(table, table.errorMessage[row])) continue
    if (forest.end[p] - forest.start[p] < AT_ONCE_NS) found.push(p)
  }
  return found
}

/** A message that is no more than the status' number or name (Zipkin's `error`, old SDKs) says nothing. */
function saysWhy({ strings }: Forest['table'], message: number): boolean {
  return message !== 0 && !/^(\d+|service unavailable|unavailable)$/i.test(strings[message])
}

/** Instances that refused requests at once: how much was in progress there decides. */
export function refusersSeen(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  hidden: HiddenRejections,
): readonly number[] {
  return [...new Set(refusalsIn(forest, fail, logical, hidden).map((p) => forest.instance[p]))]
}

/** Starts and ends of an instance's requests, in order, and what is usual in progress. */
export type Load = { readonly starts: Float64Array; readonly ends: Float64Array; readonly usual: number }

/** Instance → when its requests began and ended; and the starts of those of the baseline. */
export type WorkSeen = ReadonlyMap<number, Readonly<Record<'starts' | 'ends' | 'baseline', Float64Array>>>

export function workSeen(forest: Forest, phases: Phases, instances: ReadonlySet<number>): WorkSeen {
  const found = new Map(
    [...instances].map((i): [number, Record<'starts' | 'ends' | 'baseline', number[]>] => [
      i,
      { starts: [], ends: [], baseline: [] },
    ]),
  )
  for (let p = 0; p < forest.length; p++) {
    if (forest.owner[p] !== p || forest.end[p] - forest.start[p] < AT_ONCE_NS) continue
    const lists = found.get(forest.instance[p])
    if (lists === undefined) continue
    lists.starts.push(forest.start[p])
    lists.ends.push(forest.end[p])
    if (phases.ofTrace[forest.trace[p]] === Phase.baseline) lists.baseline.push(forest.start[p])
  }
  return new Map(
    [...found].map(([i, { starts, ends, baseline }]) => [
      i,
      {
        starts: Float64Array.from(starts),
        ends: Float64Array.from(ends),
        baseline: Float64Array.from(baseline),
      },
    ]),
  )
}

export function loadOf(seen: readonly WorkSeen[], instances: ReadonlySet<number>): ReadonlyMap<number, Load> {
  const all = (i: number, what: 'starts' | 'ends' | 'baseline'): Float64Array =>
    joined(seen.map((work) => work.get(i)?.[what] ?? new Float64Array(0))).sort()
  return new Map(
    [...instances].map((i) => {
      const [starts, ends] = [all(i, 'starts'), all(i, 'ends')]
      const inProgress = all(i, 'baseline')
        .map((t) => upTo(starts, t) - upTo(ends, t))
        .sort()
      return [i, { starts, ends, usual: inProgress.length === 0 ? 0 : quantileOf(inProgress, 0.99) }]
    }),
  )
}

function upTo(sorted: Float64Array, t: number): number {
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
    if (logical.callStart[p + 1] > logical.callStart[p] || saysWhy(table, table.errorMessage[row])) continue
    if (forest.size[p] > 1 || saysWhy(table, table.statusMessage[row])) continue
    if (forest.end[p] - forest.start[p] < quickest[forest.op[p]]) fail[p] = Fail.shed
  }
}

/** Operation → half the shortest good answer of the baseline, ns; NaN where there is none. */
export function quickestSeen(forest: Forest, fail: Uint8Array, phases: Phases): Float64Array {
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

export function quickestAnswers(seen: readonly Float64Array[]): Float64Array {
  const quickest = new Float64Array(seen[0]?.length ?? 0).fill(Number.NaN)
  for (const list of seen) {
    for (const [op, half] of list.entries()) {
      if (Number.isNaN(quickest[op]) || half < quickest[op]) quickest[op] = half
    }
  }
  return quickest
}
