import type { Random } from '../../../model/random.ts'

const U32_MAX = 2 ** 32 - 1

/** A share of 2³²−1, as tc hands probabilities and correlations to the kernel. */
export function percentToU32(percent: number): number {
  return Math.round((Math.min(100, Math.max(0, percent)) / 100) * U32_MAX)
}

/**
 * netem's `get_crandom`: u32 values, an AR(1) mix of a fresh one and the last one.
 *
 * @param correlationPercent - 0: independent and uniform; 100: the first value for ever
 * @see chaosmesh.md 3.2
 */
export function crandom(random: Random, correlationPercent: number): () => number {
  const rho = percentToU32(correlationPercent)
  const fresh = (): number => Math.floor(random() * 2 ** 32)
  if (rho === 0) return fresh
  const weightLast = rho + 1
  const weightFresh = 2 ** 32 - weightLast
  let last = fresh()
  return () => {
    last = mixU32(fresh(), weightFresh, last, weightLast)
    return last
  }
}

/** netem's loss, duplicate, corrupt and reorder decision: `p > 0 && p >= crandom`. */
export function chance(random: Random, percent: number, correlationPercent: number): () => boolean {
  const p = percentToU32(percent)
  if (p === 0) return () => false
  const next = crandom(random, correlationPercent)
  return () => p >= next()
}

/** `(a·wa + b·wb) >> 32` without losing bits: a double holds 53, so the products go in halves of 16. */
function mixU32(a: number, wa: number, b: number, wb: number): number {
  const high = Math.floor(a / 65536) * wa + Math.floor(b / 65536) * wb
  const low = (a % 65536) * wa + (b % 65536) * wb
  return Math.floor((high + Math.floor(low / 65536)) / 65536)
}
