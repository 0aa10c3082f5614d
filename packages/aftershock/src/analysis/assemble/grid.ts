import type { Phases } from './phases.ts'

const BUCKETS_MAX = 180
const STEPS_MS = [250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 3_600_000]

/** All windows in equal steps; no buckets without windows. */
export type Grid = { readonly fromNs: number; readonly stepMs: number; readonly buckets: number }

export function gridOf({ baseline, chaos, recovery }: Omit<Phases, 'ofTrace'>): Grid {
  const windows = [...baseline, ...chaos, ...recovery]
  if (windows.length === 0) return { fromNs: 0, stepMs: 1, buckets: 0 }
  const fromNs = Math.min(...windows.map((w) => w.from))
  const lengthMs = (Math.max(...windows.map((w) => w.to)) - fromNs) / 1e6
  const stepMs = STEPS_MS.find((step) => lengthMs / step <= BUCKETS_MAX) ?? lengthMs / BUCKETS_MAX
  return { fromNs, stepMs, buckets: Math.max(1, Math.ceil(lengthMs / stepMs)) }
}

/** -1: outside. */
export function bucketAt({ fromNs, stepMs, buckets }: Grid, ns: number): number {
  const at = Math.floor((ns - fromNs) / 1e6 / stepMs)
  return at < 0 || at >= buckets ? -1 : at
}
