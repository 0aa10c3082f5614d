import type { Mechanism, Series } from '../../model/result.ts'
import { gridOf } from '../assemble/grid.ts'
import { BUCKETS } from '../findings/entry-tallies.ts'
import { type Facts, offsetMs } from '../findings/facts.ts'
import { joinedDistribution } from '../numbers/distribution.ts'
import { type Entry, journeyId, quantilesMs } from './entries.ts'

/** Requests of each entry over time: counts, errors, latency of successful answers; breakers as marks. */
export function seriesOf(
  facts: Facts,
  entries: readonly Entry[],
  mechanisms: readonly Mechanism[],
): readonly Series[] {
  const { fromNs, stepMs, buckets } = gridOf(facts.phases)
  if (buckets === 0) return []
  const marks = mechanisms.flatMap((m) =>
    (m.openings ?? []).map((o) => ({
      at: o.openedAt,
      kind: 'breaker' as const,
      text: `${m.caller}'s breaker to ${m.callee} opened on ${o.instance}`,
    })),
  )
  return entries.map((e) => ({
    id: `series-${journeyId(e.entry)}`,
    journey: journeyId(e.entry),
    stepMs,
    t0: offsetMs(facts, fromNs),
    ...bucketed(facts, e, buckets),
    marks,
  }))
}

function bucketed(
  { digest: { entries } }: Facts,
  { asked }: Entry,
  buckets: number,
): Pick<Series, 'n' | 'errors' | 'p50Ok' | 'p95Ok'> {
  const each = Array.from({ length: buckets }, (_, bucket) => asked.map((op) => op * BUCKETS + bucket))
  const sums = (counts: ReadonlyMap<number, number>): number[] =>
    each.map((keys) => keys.reduce((sum, key) => sum + (counts.get(key) ?? 0), 0))
  const quantiles = each.map((keys) =>
    quantilesMs(joinedDistribution(keys.flatMap((key) => entries.seriesMs.get(key) ?? []))),
  )
  return {
    n: sums(entries.series.n),
    errors: sums(entries.series.failed),
    p50Ok: quantiles.map((q) => q.p50Ok),
    p95Ok: quantiles.map((q) => q.p95Ok),
  }
}
