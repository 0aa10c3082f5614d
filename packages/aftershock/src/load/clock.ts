/**
 * One clock for everything a process measures: monotonic, mapped to the epoch once at its start, so that a
 * step of the system's clock moves no latency and orders no end before its start.
 */
const originNs = BigInt(Math.round(performance.timeOrigin * 1_000)) * 1_000n

/** Milliseconds on the monotonic clock; only differences mean something. */
export function monotonicMs(): number {
  return performance.now()
}

/** @returns nanoseconds since the Unix epoch of a moment of `monotonicMs()` (exact to about 100 ns) */
export function epochNsOf(atMs: number): bigint {
  return originNs + BigInt(Math.round(atMs * 1e6))
}

/** @returns the moment of `monotonicMs()` at a time since the Unix epoch */
export function monotonicMsOf(epochNs: bigint): number {
  return Number(epochNs - originNs) / 1e6
}

/** Nanoseconds since the Unix epoch, now. */
export function nowNs(): bigint {
  return epochNsOf(performance.now())
}
