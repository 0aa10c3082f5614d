import type { AttributeValue, SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { type NativeRows, type NativeValues, readNative } from './native-reader.ts'
import { spanKindOf, statusOf } from './schema.ts'

/** 53 bits that tell resources apart. Theirs are asked for once each: they repeat on every span, and are long. */
const RESOURCE_KEY =
  'toUInt64(cityHash64(ServiceName, mapKeys(ResourceAttributes), mapValues(ResourceAttributes)) % 9007199254740881)'

/** The resources that the keys of `SPAN_SELECT` stand for. */
export const RESOURCE_SELECT = `${RESOURCE_KEY} AS ResourceKey, any(ServiceName) AS Service,
  any(ResourceAttributes) AS Attributes`

/** What `spansOfResult` needs; times as plain numbers, so that it does not matter how a cluster names zones. */
export const SPAN_SELECT = `toUnixTimestamp64Nano(Timestamp) AS StartNs, TraceId, SpanId, ParentSpanId, SpanName,
  SpanKind, ${RESOURCE_KEY} AS ResourceKey, SpanAttributes, toUInt64(Duration) AS DurationNs, StatusCode,
  StatusMessage, arrayMap(t -> toUnixTimestamp64Nano(t), Events.Timestamp) AS EventNs, Events.Name AS EventNames,
  Events.Attributes AS EventAttributes, Links.TraceId AS LinkTraceIds, Links.SpanId AS LinkSpanIds`

/**
 * Builds a table from a result of `SELECT ${SPAN_SELECT}` and, where the table has it, `Marks`.
 *
 * @param resources - the result of `SELECT ${RESOURCE_SELECT} … GROUP BY ResourceKey` over the same rows
 */
export function spansOfResult(result: Uint8Array, resources: Uint8Array): SpanTable {
  let builder: SpanTableBuilder | undefined
  let resourceIds: ReadonlyMap<number, number> = new Map()
  let marks: Uint8Array = new Uint8Array(0)
  for (const block of readNative(result)) {
    const starts = bigints(block, 'StartNs')
    if (builder === undefined) {
      builder = new SpanTableBuilder({ epochNs: starts[0] ?? 0n, attributes: 'keep' })
      resourceIds = addResources(builder, resources)
    }
    const from = builder.length
    addBlock(builder, block, starts, resourceIds)
    marks = appended(marks, from, block, builder.length)
  }
  const table = (builder ?? new SpanTableBuilder({ epochNs: 0n, attributes: 'keep' })).finish()
  if (marks.length > 0) table.marks.set(marks.subarray(0, table.length))
  return table
}

/** @returns ids in the builder by key */
function addResources(builder: SpanTableBuilder, result: Uint8Array): ReadonlyMap<number, number> {
  const ids = new Map<number, number>()
  for (const block of readNative(result)) {
    const services = strings(block, 'Service')
    const attributes = maps(block, 'Attributes')
    numbers(block, 'ResourceKey').forEach((key, row) => {
      const service = services[row] ?? ''
      ids.set(
        key,
        builder.addResource(
          service === '' ? attributes(row) : { 'service.name': service, ...attributes(row) },
        ),
      )
    })
  }
  return ids
}

function addBlock(
  builder: SpanTableBuilder,
  block: NativeRows,
  starts: BigInt64Array,
  resourceIds: ReadonlyMap<number, number>,
): void {
  const resourceKeys = numbers(block, 'ResourceKey')
  const traceIds = strings(block, 'TraceId')
  const spanIds = strings(block, 'SpanId')
  const parents = strings(block, 'ParentSpanId')
  const names = strings(block, 'SpanName')
  const kinds = strings(block, 'SpanKind')
  const durations = numbers(block, 'DurationNs')
  const statuses = strings(block, 'StatusCode')
  const messages = strings(block, 'StatusMessage')
  const attributes = maps(block, 'SpanAttributes')
  const eventsOf = eventReader(block)
  const linksOf = linkReader(block)
  for (let row = 0; row < block.rows; row++) {
    const startNs = starts[row] ?? 0n
    builder.addSpan(resourceIds.get(resourceKeys[row] ?? 0) ?? builder.addResource({}), {
      traceId: traceIds[row] ?? '',
      spanId: spanIds[row] ?? '',
      parentSpanId: parents[row],
      name: names[row] ?? '',
      kind: spanKindOf(kinds[row] ?? ''),
      startNs,
      endNs: startNs + BigInt(durations[row] ?? 0),
      status: statusOf(statuses[row] ?? ''),
      statusMessage: messages[row],
      attributes: attributes(row),
      events: eventsOf(row),
      links: linksOf(row),
    })
  }
}

function eventReader(block: NativeRows) {
  const times = lists(block, 'EventNs')
  const names = lists(block, 'EventNames')
  const attributes = lists(block, 'EventAttributes')
  const timeItems = bigintsOf(times.items)
  const nameItems = stringsOf(names.items)
  const attributesAt = mapReader(attributes.items)
  return (row: number) => {
    const from = row === 0 ? 0 : (times.ends[row - 1] ?? 0)
    const to = times.ends[row] ?? 0
    const events = []
    for (let i = from; i < to; i++)
      events.push({ timeNs: timeItems[i] ?? 0n, name: nameItems[i] ?? '', attributes: attributesAt(i) })
    return events
  }
}

function linkReader(block: NativeRows) {
  const traces = lists(block, 'LinkTraceIds')
  const spans = lists(block, 'LinkSpanIds')
  const traceItems = stringsOf(traces.items)
  const spanItems = stringsOf(spans.items)
  return (row: number) => {
    const from = row === 0 ? 0 : (traces.ends[row - 1] ?? 0)
    const to = traces.ends[row] ?? 0
    const links = []
    for (let i = from; i < to; i++) links.push({ traceId: traceItems[i] ?? '', spanId: spanItems[i] ?? '' })
    return links
  }
}

function appended(marks: Uint8Array, from: number, block: NativeRows, to: number): Uint8Array {
  const column = block.columns.get('Marks')
  // A table of the collector's has no marks; rows with ids that are no ids would shift them.
  if (column?.kind !== 'numbers' || to - from !== block.rows) return marks
  const wider = new Uint8Array(to)
  wider.set(marks)
  wider.set(column.values, from)
  return wider
}

function mapReader(column: NativeValues | undefined): (row: number) => Record<string, AttributeValue> {
  if (column?.kind !== 'maps') return () => ({})
  return (row) => {
    const found: Record<string, AttributeValue> = {}
    for (let i = row === 0 ? 0 : (column.ends[row - 1] ?? 0); i < (column.ends[row] ?? 0); i++)
      found[column.keys[i] ?? ''] = column.values[i] ?? ''
    return found
  }
}

function maps(block: NativeRows, name: string): (row: number) => Record<string, AttributeValue> {
  return mapReader(block.columns.get(name))
}

function lists(block: NativeRows, name: string): { ends: Float64Array; items: NativeValues | undefined } {
  const column = block.columns.get(name)
  return column?.kind === 'lists' ? column : { ends: new Float64Array(block.rows), items: undefined }
}

export function strings(block: NativeRows, name: string): readonly string[] {
  return stringsOf(block.columns.get(name))
}

export function numbers(block: NativeRows, name: string): Float64Array | Uint8Array {
  const column = block.columns.get(name)
  return column?.kind === 'numbers' ? column.values : new Float64Array(0)
}

export function bigints(block: NativeRows, name: string): BigInt64Array {
  return bigintsOf(block.columns.get(name))
}

function stringsOf(column: NativeValues | undefined): readonly string[] {
  return column?.kind === 'strings' ? column.values : []
}

function bigintsOf(column: NativeValues | undefined): BigInt64Array {
  return column?.kind === 'bigints' ? column.values : new BigInt64Array(0)
}

/** Items of a list column, by row. */
export function stringLists(block: NativeRows, name: string): readonly (readonly string[])[] {
  const { ends, items } = lists(block, name)
  const values = stringsOf(items)
  return Array.from(ends, (end, row) => values.slice(row === 0 ? 0 : ends[row - 1], end))
}
