import { spanOf } from '../formats/otlp-groups.ts'
import type { SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'

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
    builder.addSpan(id, spanOf(table, row))
    builder.columns.marks[builder.length - 1] = table.marks[row] as number
  }
  return builder.finish()
}
