import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue, SpanTable } from '../model/span-table.ts'
import { type GroupOptions, groupsOf, type SpanGroup } from './otlp-groups.ts'

/**
 * Rows of a table as one ExportTraceServiceRequest on one line, without the line feed, as the collector's
 * file exporter writes them. Exact for kept attributes; see `groupsOf` for tables without.
 *
 * @param rows - undefined: all; a line of some 1000 spans is a good size
 */
export function encodeOtlpJsonLine(
  table: SpanTable,
  rows?: Iterable<number>,
  options?: GroupOptions,
): string {
  return encodeOtlpJson(groupsOf(table, rows, options))
}

/** Spans as an ExportTraceServiceRequest in OTLP JSON. Numbers that are safe integers become intValue. */
export function encodeOtlpJson(groups: readonly SpanGroup[]): string {
  return JSON.stringify({
    resourceSpans: groups.map(({ resource, scope = {}, spans }) => ({
      resource: { attributes: keyValues(resource) },
      scopeSpans: [{ scope, spans: spans.map(jsonSpan) }],
    })),
  })
}

function jsonSpan(span: SpanInput): object {
  const { statusMessage, status, events = [], links = [] } = span
  return {
    traceId: span.traceId.padStart(32, '0'),
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(span.startNs),
    endTimeUnixNano: String(span.endNs),
    attributes: keyValues(span.attributes ?? {}),
    ...(events.length === 0
      ? {}
      : {
          events: events.map(({ timeNs, name, attributes = {} }) => ({
            timeUnixNano: String(timeNs),
            name,
            attributes: keyValues(attributes),
          })),
        }),
    ...(links.length === 0 ? {} : { links }),
    status: { ...(status ? { code: status } : {}), ...(statusMessage ? { message: statusMessage } : {}) },
  }
}

function keyValues(attributes: Readonly<Record<string, AttributeValue>>): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function anyValue(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number') {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) return { intValue: String(value) }
    // JSON has no name for these; ProtoJSON writes them as text.
    if (!Number.isFinite(value)) return { doubleValue: String(value) }
    return { doubleValue: value }
  }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  return { kvlistValue: { values: keyValues(value as Readonly<Record<string, AttributeValue>>) } }
}
