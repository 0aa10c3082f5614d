import { normalTail } from './compare.ts'
import { joinedMaps } from './joined-maps.ts'
import { joined, type Samples } from './samples.ts'

/**
 * All values of something, whatever the order they came in: each as it is while they are few, else counted in bins.
 * What is told of it depends on the values alone, not on how they were shared out.
 */
export type Distribution = {
  readonly n: number
  /** In order; of bins the middles, each once. */
  readonly values: Float64Array
  /** How many fell into each bin; undefined: values as they are, one each. */
  readonly counts: Float64Array | undefined
}

/** Some of the values: a distribution, or values as they came. Putting them in order is left to who joins them all. */
export type Values = Distribution | Float64Array

/** More values than this are counted in bins. */
export const EXACT_MAX = 4096
/** Bins are 1/2048 of a power of two wide: a value is told with an error of 0.025 % at most. */
const BITS = 11
/** Nearer to 0 than this is 0; the bins begin there. */
const LEAST = 2 ** -30

export const NOTHING: Distribution = { n: 0, values: new Float64Array(0), counts: undefined }

/** @param values - none of them NaN */
export function distributionOf(values: Float64Array): Distribution {
  return joinedDistribution([values])
}

/** By group, those that have values. */
export function valuesByGroup({ starts, values }: Samples): ReadonlyMap<number, Float64Array> {
  const found = new Map<number, Float64Array>()
  for (let g = 0; g + 1 < starts.length; g++) {
    if (starts[g + 1] > starts[g]) found.set(g, values.subarray(starts[g], starts[g + 1]))
  }
  return found
}

export function joinedDistribution(given: readonly Values[]): Distribution {
  const parts = given.map(asItIs).filter((part) => part.n > 0)
  if (parts.length === 0) return NOTHING
  if (parts.length === 1 && given.includes(parts[0])) return parts[0]
  const n = parts.reduce((sum, part) => sum + part.n, 0)
  if (n > EXACT_MAX) return binned(parts, n)
  return { n, values: joined(parts.map((part) => part.values)).sort(), counts: undefined }
}

function asItIs(part: Values): Distribution {
  return part instanceof Float64Array ? { n: part.length, values: part, counts: undefined } : part
}

/** By key. */
export function distributionsOf<Key>(
  lists: ReadonlyMap<Key, readonly number[]>,
): ReadonlyMap<Key, Distribution> {
  return new Map([...lists].map(([key, list]) => [key, distributionOf(new Float64Array(list))]))
}

/** By key, each of those that have it as one. */
export function joinedByKey<Key>(given: readonly ReadonlyMap<Key, Values>[]): ReadonlyMap<Key, Distribution> {
  return joinedMaps(given, joinedDistribution)
}

/** Quantile by linear interpolation; NaN when there are no values. */
export function quantileIn(told: Distribution, q: number): number {
  if (told.n === 0) return Number.NaN
  const at = q * (told.n - 1)
  const low = Math.floor(at)
  const value = valueAt(told, low)
  return at === low ? value : value + (valueAt(told, low + 1) - value) * (at - low)
}

/** How many are at least as large. */
export function countFrom({ n, values, counts }: Distribution, least: number): number {
  let below = 0
  for (let i = 0; i < values.length && values[i] < least; i++) below += counts?.[i] ?? 1
  return n - below
}

/** Mann and Whitney's probability that a value of `b` is larger than one of `a`; 0.5 = alike. */
export function dominance(a: Distribution, b: Distribution): { share: number; p: number } {
  if (a.n === 0 || b.n === 0) return { share: 0.5, p: 1 }
  let [wins, below, i] = [0, 0, 0]
  for (let j = 0; j < b.values.length; j++) {
    for (; i < a.values.length && a.values[i] < b.values[j]; i++) below += a.counts?.[i] ?? 1
    let alike = 0
    for (let k = i; k < a.values.length && a.values[k] <= b.values[j]; k++) alike += a.counts?.[k] ?? 1
    wins += (b.counts?.[j] ?? 1) * (below + alike / 2)
  }
  const share = wins / (a.n * b.n)
  const se = Math.sqrt((a.n + b.n + 1) / (12 * a.n * b.n))
  return { share, p: 2 * normalTail(Math.abs(share - 0.5) / se) }
}

/** How many are at most as large. */
export function countUpTo({ values, counts }: Distribution, most: number): number {
  let n = 0
  for (let i = 0; i < values.length && values[i] <= most; i++) n += counts?.[i] ?? 1
  return n
}

/** Those at some places of `values`. */
export function partOf({ values, counts }: Distribution, from: number, to: number): Distribution {
  const own = counts?.subarray(from, to)
  const n = own === undefined ? to - from : own.reduce((sum, count) => sum + count, 0)
  return { n, values: values.subarray(from, to), counts: own }
}

function valueAt({ values, counts }: Distribution, rank: number): number {
  if (counts === undefined) return values[rank]
  let after = 0
  for (let i = 0; i < values.length; i++) {
    after += counts[i]
    if (rank < after) return values[i]
  }
  return values[values.length - 1]
}

const number = new Float64Array(1)
const words = new Uint32Array(number.buffer)
const ZERO = binOfSize(LEAST)

/** Larger values have larger numbers; 0 is 0. */
function binOf(value: number): number {
  if (value >= LEAST) return binOfSize(value) - ZERO + 1
  return value <= -LEAST ? ZERO - binOfSize(-value) - 1 : 0
}

/** The exponent and the first bits of what follows it. */
function binOfSize(size: number): number {
  number[0] = size
  return words[1] >>> (20 - BITS)
}

function middleOf(bin: number): number {
  if (bin === 0) return 0
  words[1] = ((Math.abs(bin) + ZERO - 1) << (20 - BITS)) | (1 << (19 - BITS))
  words[0] = 0
  return bin > 0 ? number[0] : -number[0]
}

/** Room for counts by bin, all 0 between two uses. */
let room = new Float64Array(0)

/** Zeros are far below the least of other values: they are counted in the place below it. */
function binned(parts: readonly Distribution[], n: number): Distribution {
  const [least, most] = rangeOf(parts)
  const first = least > 0 ? least - 1 : least
  const bins = most - first + 1
  if (room.length < bins) room = new Float64Array(bins)
  for (const part of parts) countInto(room, first, part)
  let filled = 0
  for (let i = 0; i < bins; i++) if (room[i] > 0) filled += 1
  const [values, counts] = [new Float64Array(filled), new Float64Array(filled)]
  let at = 0
  for (let i = 0; i < bins; i++) {
    if (room[i] === 0) continue
    values[at] = first + i < least ? 0 : middleOf(first + i)
    counts[at++] = room[i]
    room[i] = 0
  }
  return { n, values, counts }
}

function countInto(into: Float64Array, first: number, { values, counts }: Distribution): void {
  for (let i = 0; i < values.length; i++)
    into[Math.max(0, binOf(values[i]) - first)] += counts === undefined ? 1 : counts[i]
}

/** The bins of the least and the largest value other than 0; where one is below 0, all up to 0 at least. */
function rangeOf(parts: readonly Distribution[]): readonly [number, number] {
  const range = { least: Number.POSITIVE_INFINITY, most: Number.NEGATIVE_INFINITY }
  for (const { values } of parts) widen(range, values)
  const { least, most } = range
  if (least > most) return [0, 0]
  return [binOf(least), least > 0 ? binOf(most) : Math.max(0, binOf(most))]
}

function widen(range: { least: number; most: number }, values: Float64Array): void {
  let { least, most } = range
  for (let i = 0; i < values.length; i++) {
    if (Math.abs(values[i]) < LEAST) continue
    if (values[i] < least) least = values[i]
    if (values[i] > most) most = values[i]
  }
  range.least = least
  range.most = most
}
