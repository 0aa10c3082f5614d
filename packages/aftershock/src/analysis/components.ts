import { quantileOf } from './compare.ts'
import { Fail } from './failure.ts'
import type { Forest } from './forest.ts'
import type { LogicalCalls } from './logical-calls.ts'
import { Phase, type Phases } from './phases.ts'
import { TupleIds } from './tuple-ids.ts'

/** self: an owner's time outside its calls; gap: a call's time outside its answer; leaf: a call nobody's span answers. */
export const Part = { self: 0, gap: 1, leaf: 2 } as const

/** What one kind of span takes in the baseline, ns. */
export type Normal = {
  readonly n: number
  readonly median: number
  readonly q95: number
  /** Above it a value is in excess: the 99th percentile, and at least 1.3 times the median. */
  readonly high: number
}

/**
 * Every span's share of its request's time that is its own: the parts add up to the request where nothing
 * runs in parallel. Compared like with like, by operation.
 */
export type Components = {
  /** ns; NaN where the span has none (internal spans, failed calls). */
  readonly value: Float64Array
  /** Index into `normals`; operation and part. */
  readonly group: Uint32Array
  readonly part: Uint8Array
  /** For gaps: the part of it before the answer began (the way there), ns. */
  readonly there: Float64Array
  /** Group → what the way there takes in the baseline, ns; NaN if unseen. */
  readonly usualThere: Float64Array
  readonly normals: readonly Normal[]
  /** Median and 99th percentile of the whole duration of good spans of an operation in the baseline; NaN if unseen. */
  readonly typical: Float64Array
  readonly typicalHigh: Float64Array
}

export function componentsOf(
  forest: Forest,
  fail: Uint8Array,
  logical: LogicalCalls,
  phases: Phases,
): Components {
  const n = forest.length
  const value = new Float64Array(n).fill(Number.NaN)
  const part = new Uint8Array(n)
  const there = new Float64Array(n).fill(Number.NaN)
  const group = new Uint32Array(n)
  const groups = new TupleIds()
  for (let p = 0; p < n; p++) {
    if (phases.ofTrace[forest.trace[p]] === Phase.none) continue
    // A root that is a call (a load generator's, a browser's) is a call, and not its service's own work.
    if (forest.owner[p] === p && forest.callee[p] === -1) {
      value[p] = selfTime(forest, logical, p)
      part[p] = Part.self
    } else if (forest.callee[p] !== -1 && fail[p] === Fail.ok) {
      const answer = forest.server[p]
      const whole = forest.end[p] - forest.start[p]
      part[p] = answer === -1 ? Part.leaf : Part.gap
      if (answer === -1) value[p] = forest.services[forest.callee[p]].hasSpans ? Number.NaN : whole
      else there[p] = forest.start[answer] - forest.start[p]
      if (answer !== -1) value[p] = Math.max(0, whole - (forest.end[answer] - forest.start[answer]))
    }
    if (!Number.isNaN(value[p])) group[p] = groups.id(forest.op[p], part[p])
  }
  const inBaseline = (p: number): boolean =>
    phases.ofTrace[forest.trace[p]] === Phase.baseline && fail[p] === Fail.ok
  return {
    value,
    group,
    part,
    there,
    usualThere: Float64Array.from(samplesByGroup(there, group, groups.length, inBaseline), (sorted) =>
      quantileOf(sorted, 0.5),
    ),
    normals: normalsOf(value, group, groups.length, inBaseline),
    ...typicalDurations(forest, fail, inBaseline),
  }
}

/** Duration less the union of its calls with the pauses between their attempts, each clipped to it. */
function selfTime(forest: Forest, logical: LogicalCalls, p: number): number {
  const [start, end] = [forest.start[p], forest.end[p]]
  let covered = 0
  let upTo = start
  for (let i = logical.callStart[p]; i < logical.callStart[p + 1]; i++) {
    const call = logical.calls[i]
    if (call === p) continue
    // A pause before another attempt is waiting for the callee, not work.
    const former = logical.previous[call]
    const since = former === -1 ? forest.start[call] : Math.min(forest.start[call], forest.end[former])
    const from = Math.max(upTo, since)
    const to = Math.min(end, forest.end[call])
    if (to <= from) continue
    covered += to - from
    upTo = to
  }
  return end - start - covered
}

function normalsOf(
  value: Float64Array,
  group: Uint32Array,
  groups: number,
  inBaseline: (p: number) => boolean,
): readonly Normal[] {
  const samples = samplesByGroup(value, group, groups, inBaseline)
  return samples.map((sorted) => {
    const median = quantileOf(sorted, 0.5)
    return {
      n: sorted.length,
      median,
      q95: quantileOf(sorted, 0.95),
      high: Math.max(quantileOf(sorted, 0.99), median * 1.3),
    }
  })
}

/** Sorted values of the chosen positions, by group. */
export function samplesByGroup(
  value: Float64Array,
  group: Uint32Array,
  groups: number,
  isChosen: (p: number) => boolean,
): readonly Float64Array[] {
  const counts = new Uint32Array(groups + 1)
  const chosen = new Uint8Array(value.length)
  for (let p = 0; p < value.length; p++) {
    if (Number.isNaN(value[p]) || !isChosen(p)) continue
    chosen[p] = 1
    counts[group[p] + 1] += 1
  }
  for (let g = 0; g < groups; g++) counts[g + 1] += counts[g]
  const all = new Float64Array(counts[groups])
  const at = counts.slice()
  for (let p = 0; p < value.length; p++) if (chosen[p] === 1) all[at[group[p]]++] = value[p]
  return Array.from({ length: groups }, (_, g) => all.subarray(counts[g], counts[g + 1]).sort())
}

function typicalDurations(
  forest: Forest,
  fail: Uint8Array,
  inBaseline: (p: number) => boolean,
): { typical: Float64Array; typicalHigh: Float64Array } {
  const duration = new Float64Array(forest.length)
  for (let p = 0; p < forest.length; p++) {
    const matters = forest.owner[p] === p || forest.callee[p] !== -1
    duration[p] = matters && fail[p] === Fail.ok ? forest.end[p] - forest.start[p] : Number.NaN
  }
  const samples = samplesByGroup(duration, forest.op, forest.ops.length, inBaseline)
  return {
    typical: Float64Array.from(samples, (sorted) => quantileOf(sorted, 0.5)),
    typicalHigh: Float64Array.from(samples, (sorted) => quantileOf(sorted, 0.99)),
  }
}
