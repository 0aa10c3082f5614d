import { appendTable } from '../model/append-table.ts'
import type { SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'

/** The service name of a run's own trace. */
export const OWN_SERVICE = 'aftershock'

/** The table without the runs' own traces: they tell of the experiment, not of the system under test. */
export function withoutOwnSpans(table: SpanTable): SpanTable {
  const own = new Set(
    table.resources.flatMap((resource, id) => (resource.service === OWN_SERVICE ? [id] : [])),
  )
  if (own.size === 0) return table
  const rows: number[] = []
  for (let row = 0; row < table.length; row++) if (!own.has(table.resource[row])) rows.push(row)
  const builder = new SpanTableBuilder({ epochNs: table.epochNs, attributes: 'drop' })
  appendTable(builder, table, rows)
  return { ...builder.finish(), dropped: table.dropped }
}
