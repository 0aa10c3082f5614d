import type { AttributeValue, SpanTable } from '../model/span-table.ts'
import { hexOf } from '../model/trace-ids.ts'

const kinds = ['', 'internal', 'server', 'client', 'producer', 'consumer']

/** All spans of a table as one trace of Jaeger's v1 API. Times in µs, as Jaeger has them. */
export function jaegerTrace(table: SpanTable): object {
  const processes = Object.fromEntries(
    table.resources.map((resource, i) => [
      `p${i + 1}`,
      { serviceName: resource.service, tags: tagsOf(resource.attributes) },
    ]),
  )
  return {
    traceID: table.length === 0 ? '' : hexOf(table.traceIds, 0, 16),
    spans: Array.from({ length: table.length }, (_, row) => spanOf(table, row)),
    processes,
    warnings: null,
  }
}

function spanOf(table: SpanTable, row: number): object {
  const traceID = hexOf(table.traceIds, row * 16, 16)
  const parent = hexOf(table.parentIds, row * 8, 8)
  const isRoot = /^0+$/.test(parent)
  const startUs = Number((table.epochNs + BigInt(Math.round(table.startNs[row]))) / 1_000n)
  const kind = kinds[table.kind[row]] ?? ''
  const extra: Record<string, AttributeValue> = {}
  if (kind !== '') extra['span.kind'] = kind
  if (table.status[row] === 2) {
    extra.error = true
    extra['otel.status_code'] = 'ERROR'
    const message = table.strings[table.statusMessage[row]]
    if (message !== undefined && message !== '') extra['otel.status_description'] = message
  }
  return {
    traceID,
    spanID: hexOf(table.spanIds, row * 8, 8),
    operationName: table.strings[table.name[row]],
    references: isRoot ? [] : [{ refType: 'CHILD_OF', traceID, spanID: parent }],
    startTime: startUs,
    duration: Math.round(table.durationNs[row] / 1_000),
    tags: tagsOf({ ...table.details?.attributesOf(row), ...extra }),
    logs: (table.details?.eventsOf(row) ?? []).map((event) => ({
      timestamp: Number(event.timeNs / 1_000n),
      fields: tagsOf({ event: event.name, ...event.attributes }),
    })),
    processID: `p${table.resource[row] + 1}`,
    warnings: null,
  }
}

function tagsOf(attributes: Readonly<Record<string, AttributeValue>>): readonly object[] {
  return Object.entries(attributes).map(([key, value]) => {
    if (typeof value === 'string') return { key, type: 'string', value }
    if (typeof value === 'boolean') return { key, type: 'bool', value }
    if (typeof value === 'number') return { key, type: Number.isInteger(value) ? 'int64' : 'float64', value }
    return { key, type: 'string', value: JSON.stringify(value) }
  })
}
