/**
 * How many spans say with what probability their trace was kept, and how many spans they stand for: the share kept
 * is `told / standsFor`. Sums, so that tables and partitions add up; and the least and the largest of these shares.
 */
export type Sampling = {
  readonly told: number
  readonly standsFor: number
  readonly leastShare: number
  readonly mostShare: number
}

export const NOTHING_TOLD: Sampling = { told: 0, standsFor: 0, leastShare: 1, mostShare: 0 }

export function joinedSampling(a: Sampling, b: Sampling): Sampling {
  return {
    told: a.told + b.told,
    standsFor: a.standsFor + b.standsFor,
    leastShare: Math.min(a.leastShare, b.leastShare),
    mostShare: Math.max(a.mostShare, b.mostShare),
  }
}

/** Thresholds are 56 bits: a trace is kept when its random number is not below. */
const RANDOM_VALUES = 1n << 56n
const THRESHOLD = /(?:^|[,;])\s*ot=(?:[^,]*;)?th:([0-9a-f]{1,14})(?:[;,\s]|$)/

/**
 * The share of traces that a sampler keeps, from W3C trace state: `ot=th:c` keeps those above c000…, a quarter.
 *
 * @returns 0 to 1; undefined where nothing is told
 * @see https://opentelemetry.io/docs/specs/otel/trace/tracestate-handling/#sampling-threshold-value-th
 */
export function keptShareOf(traceState: string): number | undefined {
  const digits = THRESHOLD.exec(traceState)?.[1]
  if (digits === undefined) return undefined
  return Number(RANDOM_VALUES - BigInt(`0x${digits.padEnd(14, '0')}`)) / Number(RANDOM_VALUES)
}
