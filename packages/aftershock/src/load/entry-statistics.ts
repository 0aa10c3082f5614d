import { build } from 'hdr-histogram-js'

/** Requests of an entry remembered one by one, for questions about the last seconds or minutes. */
const rememberedMax = 1 << 17
/** HDR range: a microsecond to an hour, three significant digits. */
const highestUs = 3_600_000_000

export type LatencySummary = {
  readonly requests: number
  readonly errors: number
  /** Of successful requests, ms from the intended start; undefined when there were none. */
  readonly p50Ms: number | undefined
  readonly p95Ms: number | undefined
  readonly p99Ms: number | undefined
}

/** Statistics of one entry; requests are added in the order in which they end. */
export type EntryStatistics = {
  /** `failed` requests count, but have no latency. */
  add(endMs: number, latencyMs: number, outcome: 'succeeded' | 'failed'): void
  /** Calls back for each remembered request that ended at `fromMs` or later, newest first; NaN = failed. */
  each(fromMs: number, visit: (latencyMs: number) => void): void
  /** Since the start, from the histogram. */
  total(): LatencySummary & { readonly maxMs: number | undefined }
}

export function entryStatistics(): EntryStatistics {
  const ends = new Float64Array(rememberedMax)
  const latencies = new Float64Array(rememberedMax)
  const histogram = build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestUs,
    numberOfSignificantValueDigits: 3,
  })
  let requests = 0
  let errors = 0
  return {
    add(endMs, latencyMs, outcome) {
      const at = requests % rememberedMax
      ends[at] = endMs
      latencies[at] = outcome === 'succeeded' ? latencyMs : Number.NaN
      requests += 1
      if (outcome === 'failed') errors += 1
      else histogram.recordValue(Math.min(highestUs, Math.max(1, Math.round(latencyMs * 1_000))))
    },
    each(fromMs, visit) {
      const oldest = Math.max(0, requests - rememberedMax)
      for (let i = requests - 1; i >= oldest && ends[i % rememberedMax] >= fromMs; i--) {
        visit(latencies[i % rememberedMax])
      }
    },
    total() {
      const at = (percent: number): number | undefined =>
        histogram.totalCount === 0 ? undefined : histogram.getValueAtPercentile(percent) / 1_000
      return { requests, errors, p50Ms: at(50), p95Ms: at(95), p99Ms: at(99), maxMs: at(100) }
    },
  }
}

/** Exact percentiles (nearest rank) of what ended at `fromMs` or later, over several entries. */
export function summaryOf(entries: readonly EntryStatistics[], fromMs: number): LatencySummary {
  let requests = 0
  const latencies: number[] = []
  for (const entry of entries) {
    entry.each(fromMs, (latencyMs) => {
      requests += 1
      if (!Number.isNaN(latencyMs)) latencies.push(latencyMs)
    })
  }
  const sorted = Float64Array.from(latencies).sort()
  const at = (percent: number): number | undefined =>
    sorted.length === 0 ? undefined : sorted[Math.ceil((percent / 100) * sorted.length) - 1]
  return { requests, errors: requests - sorted.length, p50Ms: at(50), p95Ms: at(95), p99Ms: at(99) }
}
