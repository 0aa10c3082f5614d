import { partOfSampling } from './sampling.ts'
import type { Columns } from './span-columns.ts'
import type { SpanTable } from './span-table.ts'
import type { SpanTableBuilder } from './span-table-builder.ts'

const STRING_COLUMNS = [
  'name',
  'statusMessage',
  'method',
  'route',
  'peer',
  'system',
  'errorType',
  'errorMessage',
  'responseFlags',
] as const satisfies readonly (keyof Columns)[]
const NUMBER_COLUMNS = [
  'durationNs',
  'kind',
  'status',
  'httpStatus',
  'grpcStatus',
  'protocol',
  'resendCount',
  'marks',
] as const satisfies readonly (keyof Columns)[]

/**
 * Appends rows of a table: to merge tables of several workers or files, or to take the traces of one
 * partition. Strings and resources get the ids of the builder, times its epoch; marks come along, dropped
 * counts do not. Kept attributes stay with `table`, which lives as long as the result.
 *
 * @param rows - undefined: all
 */
export function appendTable(builder: SpanTableBuilder, table: SpanTable, rows?: Iterable<number>): void {
  const chosen = rows === undefined ? undefined : Uint32Array.from(rows)
  const count = chosen?.length ?? table.length
  if (count === 0) return
  const shiftNs = Number(table.epochNs - builder.settleEpochNs(table.epochNs))
  const strings = new Uint32Array(table.strings.length)
  const stringIdOf = (id: number): number => {
    // 0 is the empty string's id, and "not looked up yet" for the others.
    if (id !== 0 && strings[id] === 0) strings[id] = builder.stringId(table.strings[id] ?? '')
    return strings[id] ?? 0
  }
  const resources = table.resources.map((): number | undefined => undefined)
  const resourceIdOf = (id: number): number => {
    resources[id] ??= builder.addResource(table.resources[id]?.attributes ?? {})
    return resources[id]
  }
  const firstRow = builder.length
  for (let i = 0; i < count; i++) {
    const from = chosen?.[i] ?? i
    const row = builder.nextRow()
    const c = builder.columns
    for (let byte = 0; byte < 16; byte++)
      c.traceIds[row * 16 + byte] = table.traceIds[from * 16 + byte] as number
    for (let byte = 0; byte < 8; byte++) {
      c.spanIds[row * 8 + byte] = table.spanIds[from * 8 + byte] as number
      c.parentIds[row * 8 + byte] = table.parentIds[from * 8 + byte] as number
    }
    c.startNs[row] = (table.startNs[from] ?? 0) + shiftNs
    for (const column of NUMBER_COLUMNS) c[column][row] = table[column][from] ?? 0
    for (const column of STRING_COLUMNS) c[column][row] = stringIdOf(table[column][from] ?? 0)
    c.resource[row] = resourceIdOf(table.resource[from] ?? 0)
    for (let link = table.linkStart[from] ?? 0; link < (table.linkStart[from + 1] ?? 0); link++)
      builder.addLinkBytes(table.linkIds, link * 24, link * 24 + 16)
    builder.commitRow()
    c.marks[row] = table.marks[from] ?? 0
  }
  if (table.sampling !== undefined) {
    builder.addSampling(partOfSampling(table.sampling, count / table.length))
  }
  const { details } = table
  builder.addDetails(firstRow, {
    attributesOf: (index) => details?.attributesOf(chosen?.[index] ?? index) ?? {},
    eventsOf: (index) => details?.eventsOf(chosen?.[index] ?? index) ?? [],
  })
}
