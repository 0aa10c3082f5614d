import type { Random } from '../model/random.ts'

/** `constant`: evenly spaced. `poisson`: independent users, exponential gaps, the same mean rate. */
export type ArrivalPattern = 'constant' | 'poisson'

/**
 * When requests are due, whatever became of the ones before (open loop).
 *
 * @returns a function that gives the next arrival, milliseconds since the start, never decreasing
 */
export function arrivals(pattern: ArrivalPattern, rps: number, random: Random): () => number {
  const gapMs = 1_000 / rps
  if (pattern === 'constant') {
    let index = 0
    // Multiplied, not added up: a thousand rounding errors would shift the rate.
    return () => index++ * gapMs
  }
  let atMs = 0
  return () => {
    const dueMs = atMs
    atMs += -Math.log(1 - random()) * gapMs
    return dueMs
  }
}
