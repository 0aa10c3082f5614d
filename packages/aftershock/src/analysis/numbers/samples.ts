import { columnOf } from './columns.ts'

/** Values by group; their order does not matter: `values[starts[g]] … values[starts[g + 1]]`. */
export type Samples = { readonly starts: Uint32Array; readonly values: Float64Array }

/** The values at chosen positions; NaN is none. */
export function samplesSeen(
  value: Float64Array,
  group: Uint32Array,
  groups: number,
  isChosen: (p: number) => boolean,
): Samples {
  const starts = new Uint32Array(groups + 1)
  const chosen = columnOf(Uint8Array, value.length)
  for (let p = 0; p < value.length; p++) {
    if (Number.isNaN(value[p]) || !isChosen(p)) continue
    chosen[p] = 1
    starts[group[p] + 1] += 1
  }
  for (let g = 0; g < groups; g++) starts[g + 1] += starts[g]
  const values = new Float64Array(starts[groups])
  const at = starts.slice()
  for (let p = 0; p < value.length; p++) if (chosen[p] === 1) values[at[group[p]]++] = value[p]
  return { starts, values }
}

/** Several partitions' samples as one's. */
export function joinedSamples(seen: readonly Samples[]): Samples {
  const groups = Math.max(1, ...seen.map((s) => s.starts.length)) - 1
  const lists = Array.from({ length: groups }, (_, g) =>
    seen.map(({ starts, values }) => values.subarray(starts[g], starts[g + 1])),
  )
  const starts = new Uint32Array(groups + 1)
  for (const [g, own] of lists.entries())
    starts[g + 1] = starts[g] + own.reduce((n, one) => n + one.length, 0)
  return { starts, values: joined(lists.flat()) }
}

export function joined(lists: readonly Float64Array[]): Float64Array {
  const filled = lists.filter((list) => list.length > 0)
  if (filled.length === 1) return filled[0].slice()
  const all = new Float64Array(filled.reduce((n, list) => n + list.length, 0))
  let at = 0
  for (const list of filled) {
    all.set(list, at)
    at += list.length
  }
  return all
}

/** Sorted lists as one; merging takes a fraction of what sorting them again would. */
export function mergedSorted(lists: readonly Float64Array[]): Float64Array {
  let runs = lists.filter((list) => list.length > 0)
  if (runs.length === 0) return new Float64Array(0)
  while (runs.length > 1) {
    runs = Array.from({ length: Math.ceil(runs.length / 2) }, (_, i) =>
      2 * i + 1 < runs.length ? mergedTwo(runs[2 * i], runs[2 * i + 1]) : runs[2 * i],
    )
  }
  return runs[0]
}

function mergedTwo(a: Float64Array, b: Float64Array): Float64Array {
  const all = new Float64Array(a.length + b.length)
  let [i, j] = [0, 0]
  for (let at = 0; at < all.length; at++) {
    if (j >= b.length || (i < a.length && a[i] <= b[j])) all[at] = a[i++]
    else all[at] = b[j++]
  }
  return all
}
