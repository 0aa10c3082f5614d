import { type AttributeValue, SpanMark } from '../model/span-table.ts'
import type { TagWindow } from './tag.ts'

/**
 * The `chaos.*` attributes of a marked span (design.md 5.7); empty for one outside every window.
 *
 * `request.duration_ms` and `possible_chaos_impact` are names of the recipe that people's queries use;
 * the latter is set where evidence says so, not by a threshold.
 */
export function chaosAttributes(
  marks: number,
  window: TagWindow | undefined,
  durationNs: number,
): Readonly<Record<string, AttributeValue>> {
  if (window === undefined || (marks & (SpanMark.active | SpanMark.possible)) === 0) return {}
  const { experiment } = window
  return {
    'chaos.experiment.active': true,
    'chaos.experiment.name': experiment.name,
    'chaos.experiment.id': experiment.id,
    'chaos.fault.kind': experiment.kind,
    ...(experiment.action === undefined ? {} : { 'chaos.fault.action': experiment.action }),
    'chaos.fault.target': (marks & SpanMark.target) !== 0,
    'chaos.window.certainty': (marks & SpanMark.active) !== 0 ? 'certain' : 'possible',
    'request.duration_ms': Math.round(durationNs / 1e3) / 1e3,
    ...((marks & SpanMark.impact) !== 0 ? { possible_chaos_impact: true } : {}),
  }
}

/** An attribute as OTLP/JSON writes it. */
export function keyValueOf([key, value]: readonly [string, AttributeValue]): {
  readonly key: string
  readonly value: Readonly<Record<string, unknown>>
} {
  if (typeof value === 'boolean') return { key, value: { boolValue: value } }
  return { key, value: typeof value === 'number' ? { doubleValue: value } : { stringValue: String(value) } }
}
