import type { AttributeValue, SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { lists, type NativeRows, type NativeValues, readNative, readNativeRanges } from './native-reader.ts'
import { ResultColumns } from './result-columns.ts'

/** 53 bits that tell resources apart. Theirs are asked for once each: they repeat on every span, and are long. */
const RESOURCE_KEY =
  'toUInt64(cityHash64(ServiceName, mapKeys(ResourceAttributes), mapValues(ResourceAttributes)) % 9007199254740881)'

/** The resources that the keys of `SPAN_SELECT` stand for. */
export const RESOURCE_SELECT = `${RESOURCE_KEY} AS ResourceKey, any(ServiceName) AS Service,
  any(ResourceAttributes) AS Attributes`

/** The same in the rows of the spans themselves, for few spans. */
export const RESOURCE_OF_SPAN = 'ServiceName AS Service, ResourceAttributes AS Attributes'

/** What `spansOfResult` needs; times as plain numbers, so that it does not matter how a cluster names zones. */
export const SPAN_SELECT = `toUnixTimestamp64Nano(Timestamp) AS StartNs, TraceId, SpanId, ParentSpanId, SpanName,
  SpanKind, ${RESOURCE_KEY} AS ResourceKey, SpanAttributes, toUInt64(Duration) AS DurationNs, StatusCode,
  StatusMessage, arrayMap(t -> toUnixTimestamp64Nano(t), Events.Timestamp) AS EventNs, Events.Name AS EventNames,
  Events.Attributes AS EventAttributes, Links.TraceId AS LinkTraceIds, Links.SpanId AS LinkSpanIds`

/**
 * Builds a table from a result of `SELECT ${SPAN_SELECT}` and, where the table has it, `Marks`.
 *
 * @param resources - the result of `SELECT ${RESOURCE_SELECT} … GROUP BY ResourceKey` over the same rows, or the
 *   same result when it has `RESOURCE_OF_SPAN`
 */
export function spansOfResult(result: Uint8Array, resources: Uint8Array): SpanTable {
  const blocks = [...readNativeRanges(result)]
  const builder = new SpanTableBuilder({
    epochNs: blocks[0] === undefined ? 0n : (bigints(blocks[0], 'StartNs')[0] ?? 0n),
    attributes: 'keep',
    rows: blocks.reduce((sum, { rows }) => sum + rows, 0),
  })
  const ids = addResources(builder, resources)
  const columns = new ResultColumns(result, builder)
  for (const block of blocks)
    columns.addBlock(block, bigints(block, 'StartNs'), (key) => ids.get(key) ?? builder.addResource({}))
  return builder.finish()
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
