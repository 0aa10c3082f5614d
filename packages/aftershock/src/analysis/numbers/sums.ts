/** Element by element; all of one length. */
export function summed(lists: readonly Float64Array[]): Float64Array {
  const sum = new Float64Array(lists[0]?.length ?? 0)
  for (const list of lists) for (let i = 0; i < sum.length; i++) sum[i] += list[i]
  return sum
}

/** Key by key. */
export function summedByKey<Key>(
  counts: readonly Iterable<readonly [Key, number]>[],
): ReadonlyMap<Key, number> {
  const sum = new Map<Key, number>()
  for (const one of counts) for (const [key, n] of one) addTo(sum, key, n)
  return sum
}

/** So many more of a key. */
export function addTo<Key>(counts: Map<Key, number>, key: Key, n = 1): void {
  counts.set(key, (counts.get(key) ?? 0) + n)
}

const GRAIN_NS = 64

/**
 * A time to be added up, to 64 ns: sums of such are exact up to 18 years, so that they do not depend on the
 * order of adding.
 */
export function grains(ns: number): number {
  return Math.round(ns / GRAIN_NS) * GRAIN_NS
}
