import type { AttributeValue } from '../model/span-table.ts'
import type { SpanTableBuilder } from '../model/span-table-builder.ts'
import { addForeignSpans, type ForeignSpan, KIND_BY_NAME } from './foreign-spans.ts'
import { isObject, type Json, listOf, setOwn, textOf } from './json-shape.ts'
import type { OtlpDecodeCount } from './otlp-protobuf.ts'
import { parseRfc3339 } from './rfc3339.ts'

/** Whether this is a row of `otel_traces`, the table of the collector's ClickHouse exporter. */
export function isClickHouseRow(value: unknown): value is Json {
  return isObject(value) && typeof value.TraceId === 'string' && typeof value.SpanId === 'string'
}

/**
 * Adds a row of `SELECT * FROM otel_traces` in the format JSONEachRow, or one of the `data` of the format JSON.
 * Times without a zone are UTC, the server's default; ISO times and seconds since 1970 are read as well.
 *
 * @see https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/exporter/clickhouseexporter
 */
export function addClickHouseRow(builder: SpanTableBuilder, row: Json): OtlpDecodeCount {
  return addForeignSpans(builder, [spanOf(row)])
}

function spanOf(row: Json): ForeignSpan | undefined {
  const startNs = timeOf(row.Timestamp)
  // 64-bit numbers are texts where ClickHouse is told to quote them.
  const durationNs = Number(row.Duration ?? 0)
  if (startNs === undefined || !Number.isFinite(durationNs) || durationNs < 0) return undefined
  const resource = attributesOf(row.ResourceAttributes)
  const service = textOf(row.ServiceName)
  return {
    resource: service === '' ? resource : { ...resource, 'service.name': service },
    span: {
      traceId: textOf(row.TraceId),
      spanId: textOf(row.SpanId),
      parentSpanId: textOf(row.ParentSpanId) || undefined,
      name: textOf(row.SpanName),
      kind: KIND_BY_NAME[wordOf(row.SpanKind, 'span_kind_')] ?? 0,
      startNs,
      endNs: startNs + BigInt(Math.round(durationNs)),
      status: STATUS_BY_NAME[wordOf(row.StatusCode, 'status_code_')] ?? 0,
      statusMessage: textOf(row.StatusMessage),
      attributes: attributesOf(row.SpanAttributes),
      events: eventsOf(row),
      links: linksOf(row),
    },
  }
}

/** A Nested column is one list a field, side by side. */
function eventsOf(row: Json): ForeignSpan['span']['events'] {
  const [times, attributes] = [listOf(row['Events.Timestamp']), listOf(row['Events.Attributes'])]
  return listOf(row['Events.Name']).map((name, i) => ({
    name: textOf(name),
    timeNs: timeOf(times[i]) ?? 0n,
    attributes: attributesOf(attributes[i]),
  }))
}

function linksOf(row: Json): ForeignSpan['span']['links'] {
  const spanIds = listOf(row['Links.SpanId'])
  return listOf(row['Links.TraceId']).map((traceId, i) => ({
    traceId: textOf(traceId),
    spanId: textOf(spanIds[i]),
  }))
}

/** `2026-03-09 13:00:30.123456789`, the same with T and Z, or seconds since 1970. */
function timeOf(value: unknown): bigint | undefined {
  const text = typeof value === 'number' ? String(value) : textOf(value)
  const seconds = /^(\d{1,11})(?:\.(\d{1,9}))?$/.exec(text)
  if (seconds !== null) return BigInt(seconds[1] + (seconds[2] ?? '').padEnd(9, '0'))
  const iso = text.replace(' ', 'T')
  return parseRfc3339(/(?:Z|[+-]\d\d:\d\d)$/.test(iso) ? iso : `${iso}Z`)
}

/** Older exporters wrote SPAN_KIND_SERVER and STATUS_CODE_ERROR. */
function wordOf(value: unknown, prefix: string): string {
  return textOf(value).toLowerCase().replace(prefix, '')
}

function attributesOf(value: unknown): Readonly<Record<string, AttributeValue>> {
  const attributes: Record<string, AttributeValue> = {}
  if (isObject(value)) for (const [key, text] of Object.entries(value)) setOwn(attributes, key, textOf(text))
  return attributes
}

const STATUS_BY_NAME: Readonly<Record<string, number>> = { ok: 1, error: 2 }
