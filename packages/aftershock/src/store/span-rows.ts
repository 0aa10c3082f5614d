import type { SpanInput } from '../model/span-input.ts'
import type { SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { hexOf } from '../model/trace-ids.ts'

/** A row of a table as an object; attributes and events are there when the table was built with them. */
export function spanAt(table: SpanTable, row: number): SpanInput {
  const startNs = startNsOf(table, row)
  const isRoot = table.parentWords[row * 2] === 0 && table.parentWords[row * 2 + 1] === 0
  return {
    traceId: hexOf(table.traceIds, row * 16, 16),
    spanId: hexOf(table.spanIds, row * 8, 8),
    parentSpanId: isRoot ? undefined : hexOf(table.parentIds, row * 8, 8),
    name: table.strings[table.name[row] as number] ?? '',
    kind: table.kind[row] as number,
    startNs,
    endNs: startNs + BigInt(table.durationNs[row] as number),
    status: table.status[row],
    statusMessage: table.strings[table.statusMessage[row] as number],
    attributes: table.details?.attributesOf(row),
    events: table.details?.eventsOf(row),
    links: linksOf(table, row),
  }
}

export function startNsOf(table: SpanTable, row: number): bigint {
  return table.epochNs + BigInt(table.startNs[row] as number)
}

/** Rows of several tables as one table, in the order given. Marks go along. */
export function tableOfRows(
  rows: readonly { readonly table: SpanTable; readonly row: number }[],
  epochNs: bigint,
): SpanTable {
  const builder = new SpanTableBuilder({ epochNs, attributes: 'keep' })
  const resources = new Map<object, number>()
  for (const { table, row } of rows) {
    const resource = table.resources[table.resource[row] as number]
    if (resource === undefined) continue
    let id = resources.get(resource)
    if (id === undefined) {
      id = builder.addResource(resource.attributes)
      resources.set(resource, id)
    }
    builder.addSpan(id, spanAt(table, row))
    builder.columns.marks[builder.length - 1] = table.marks[row] as number
  }
  return builder.finish()
}

function linksOf(table: SpanTable, row: number): { traceId: string; spanId: string }[] {
  const links = []
  for (let i = table.linkStart[row] as number; i < (table.linkStart[row + 1] as number); i++)
    links.push({ traceId: hexOf(table.linkIds, i * 24, 16), spanId: hexOf(table.linkIds, i * 24 + 16, 8) })
  return links
}
