import type { Mechanism, Series } from '../model/result.ts'
import { type EntryTraces, journeyId, quantilesMs } from './entries.ts'
import type { Facts } from './facts.ts'
import { offsetMs } from './facts.ts'
import { Outcome } from './outcomes.ts'

const BUCKETS_MAX = 180
const STEPS_MS = [250, 500, 1000, 2000, 5000, 10_000, 30_000, 60_000, 300_000, 600_000, 3_600_000]

/** Requests of each entry over time: counts, errors, latency of successful answers; breakers as marks. */
export function seriesOf(
  facts: Facts,
  entries: readonly EntryTraces[],
  mechanisms: readonly Mechanism[],
): readonly Series[] {
  const windows = [...facts.phases.baseline, ...facts.phases.chaos, ...facts.phases.recovery]
  if (windows.length === 0) return []
  const from = Math.min(...windows.map((w) => w.from))
  const to = Math.max(...windows.map((w) => w.to))
  const lengthMs = (to - from) / 1e6
  const stepMs = STEPS_MS.find((step) => lengthMs / step <= BUCKETS_MAX) ?? lengthMs / BUCKETS_MAX
  const buckets = Math.max(1, Math.ceil(lengthMs / stepMs))
  const marks = mechanisms.flatMap((m) =>
    (m.openings ?? []).map((o) => ({
      at: o.openedAt,
      kind: 'breaker' as const,
      text: `${m.caller}'s breaker to ${m.callee} opened on ${o.instance}`,
    })),
  )
  return entries.map((e) => ({
    id: `series-${journeyId(e)}`,
    journey: journeyId(e),
    stepMs,
    t0: offsetMs(facts, from),
    ...bucketed(facts, e, from, stepMs, buckets),
    marks,
  }))
}

function bucketed(
  facts: Facts,
  e: EntryTraces,
  from: number,
  stepMs: number,
  buckets: number,
): Pick<Series, 'n' | 'errors' | 'p50Ok' | 'p95Ok'> {
  const { forest } = facts
  const n = new Array<number>(buckets).fill(0)
  const errors = new Array<number>(buckets).fill(0)
  const good: number[][] = Array.from({ length: buckets }, () => [])
  for (const t of e.traces.flat()) {
    const entry = forest.entry[t]
    const at = Math.floor((forest.start[entry] - from) / 1e6 / stepMs)
    if (at < 0 || at >= buckets) continue
    n[at] += 1
    if (forest.outcome[t] === Outcome.failed) errors[at] += 1
    else good[at].push((forest.end[entry] - forest.start[entry]) / 1e6)
  }
  const quantiles = good.map(quantilesMs)
  return { n, errors, p50Ok: quantiles.map((q) => q.p50Ok), p95Ok: quantiles.map((q) => q.p95Ok) }
}
