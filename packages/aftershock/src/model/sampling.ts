/**
 * How many spans say with what probability their trace was kept, and how many spans they stand for: the share kept
 * is `told / standsFor`. Sums, so that tables and partitions add up.
 */
export type Sampling = { readonly told: number; readonly standsFor: number }

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
