/** Quantile of sorted values, by linear interpolation; NaN when there are none. */
export function quantileOf(sorted: ArrayLike<number>, q: number): number {
  if (sorted.length === 0) return Number.NaN
  const at = q * (sorted.length - 1)
  const low = Math.floor(at)
  const high = Math.min(low + 1, sorted.length - 1)
  return sorted[low] + (sorted[high] - sorted[low]) * (at - low)
}

/**
 * Several quantiles of values in any order, as `quantileOf` tells them of sorted ones; the values get another order.
 *
 * @param qs - ascending
 */
export function quantilesOf(values: Float64Array, qs: readonly number[]): readonly number[] {
  if (values.length === 0) return qs.map(() => Number.NaN)
  let from = 0
  return qs.map((q) => {
    const at = q * (values.length - 1)
    const low = Math.floor(at)
    select(values, low, from)
    from = low
    if (at === low) return values[low]
    let next = Number.POSITIVE_INFINITY
    for (let i = low + 1; i < values.length; i++) if (values[i] < next) next = values[i]
    return values[low] + (next - values[low]) * (at - low)
  })
}

/**
 * The k-th smallest, from 0: puts it at k, nothing larger before it and nothing smaller after (Hoare).
 *
 * @param from - all before are known to be no larger than what follows
 */
export function select(values: Float64Array, k: number, from = 0): number {
  let [left, right] = [from, values.length - 1]
  while (left < right) {
    const pivot = middleOf(values[left], values[(left + right) >> 1], values[right])
    let [i, j] = [left, right]
    while (i <= j) {
      while (values[i] < pivot) i += 1
      while (values[j] > pivot) j -= 1
      if (i > j) break
      const swapped = values[i]
      values[i++] = values[j]
      values[j--] = swapped
    }
    if (k <= j) right = j
    else if (k >= i) left = i
    else break
  }
  return values[k]
}

function middleOf(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c))
}

/** Chance below which, and events from which, a change is likely: enough for a ranking, which weighs what it is told, not to find. */
export const LIKELY = 0.2
export const LIKELY_HITS_MIN = 2

/** Wilson's 95 % interval of a share; [0, 1] of nothing. */
export function wilson(hits: number, n: number): readonly [number, number] {
  if (n === 0) return [0, 1]
  const z = 1.96
  const share = hits / n
  const centre = share + (z * z) / (2 * n)
  const half = z * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))
  const scale = 1 + (z * z) / n
  // At its ends the interval is 0 and 1, which floating point misses by a hair.
  return [
    hits === 0 ? 0 : Math.max(0, (centre - half) / scale),
    hits === n ? 1 : Math.min(1, (centre + half) / scale),
  ]
}

/**
 * One-sided p that the second share is not larger than the first: exact (hypergeometric) for small counts,
 * else by the normal approximation.
 */
export function moreOften(hits0: number, n0: number, hits1: number, n1: number): number {
  if (n0 === 0 || n1 === 0) return 1
  const hits = hits0 + hits1
  if (hits === 0 || hits === n0 + n1) return 1
  if (hits1 / n1 <= hits0 / n0) return 1
  if (hits <= 400) return hypergeometricTail(hits1, hits, n1, n0 + n1)
  const pooled = hits / (n0 + n1)
  const se = Math.sqrt(pooled * (1 - pooled) * (1 / n0 + 1 / n1))
  return normalTail((hits1 / n1 - hits0 / n0) / se)
}

/** Whether a share that has grown matters to anybody: to twice what it was, and by so much. */
export function isFarMore(before: number, now: number, leastMore = 0.003): boolean {
  return now >= 2 * before && now - before > leastMore
}

/** P(X ≥ k) drawing `draws` of `all` where `marked` are marked. */
function hypergeometricTail(k: number, marked: number, draws: number, all: number): number {
  let p = 0
  for (let x = k; x <= Math.min(marked, draws); x++) {
    const log = lnChoose(marked, x) + lnChoose(all - marked, draws - x) - lnChoose(all, draws)
    if (Number.isFinite(log)) p += Math.exp(log)
  }
  return Math.min(1, p)
}

function lnChoose(n: number, k: number): number {
  if (k < 0 || k > n) return Number.NEGATIVE_INFINITY
  return lnGamma(n + 1) - lnGamma(k + 1) - lnGamma(n - k + 1)
}

/** Stirling's series; exact enough from 1 on after two steps of recurrence. */
function lnGamma(x: number): number {
  let shift = 0
  let y = x
  while (y < 7) {
    shift += Math.log(y)
    y += 1
  }
  return (y - 0.5) * Math.log(y) - y + 0.9189385332046727 + 1 / (12 * y) - 1 / (360 * y ** 3) - shift
}

/** Upper tail of the standard normal (Abramowitz and Stegun 26.2.17; error below 1e-7). */
export function normalTail(z: number): number {
  if (z < 0) return 1 - normalTail(-z)
  const t = 1 / (1 + 0.2316419 * z)
  const poly =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * poly
}

/** Benjamini and Hochberg: which of many tests hold while at most `rate` of the found are false. */
export function discoveries(pValues: readonly number[], rate: number): readonly boolean[] {
  const order = [...pValues.keys()].sort((a, b) => pValues[a] - pValues[b])
  let last = -1
  for (const [rank, i] of order.entries()) {
    if (pValues[i] <= (rate * (rank + 1)) / pValues.length) last = rank
  }
  const found = pValues.map(() => false)
  for (let rank = 0; rank <= last; rank++) found[order[rank]] = true
  return found
}
