import { expect, test } from 'vitest'
import { appendTable } from './append-table.ts'
import { DRAWING_EPOCH_NS, tableOf } from './draw-trace.ts'
import type { SpanTable } from './span-table.ts'
import { SpanTableBuilder } from './span-table-builder.ts'

const rowsOf = (table: SpanTable) =>
  Array.from({ length: table.length }, (_, row) => ({
    service: table.resources[table.resource[row] ?? 0]?.service,
    name: table.strings[table.name[row] ?? 0],
    startNs: table.epochNs + BigInt(table.startNs[row] ?? 0),
    links: (table.linkStart[row + 1] ?? 0) - (table.linkStart[row] ?? 0),
    mark: table.marks[row],
    weight: table.details?.attributesOf(row).weight,
  }))

const FIRST = tableOf(`
  @ +1s
  web GET / 0-10ms id=a weight=1
    web>api GET /x 1-9ms weight=2`)
const SECOND = tableOf(
  `
  web GET / 0-10ms id=b weight=3

  api job 5-6ms internal link=b weight=4`,
  { epochNs: DRAWING_EPOCH_NS + 7_000_000_000n },
)

test('appendTable() gives the rows of both tables, with one dictionary and one epoch', () => {
  SECOND.marks[1] = 3
  const builder = new SpanTableBuilder({ attributes: 'keep' })
  appendTable(builder, FIRST)
  appendTable(builder, SECOND)
  const merged = builder.finish()
  expect(rowsOf(merged)).toEqual([...rowsOf(FIRST), ...rowsOf(SECOND)])
  expect(merged.resources.length).toBe(2)
  expect(new Set(merged.strings).size).toBe(merged.strings.length)
})

test('appendTable() takes the rows that are named, in their order', () => {
  const builder = new SpanTableBuilder({ attributes: 'keep' })
  appendTable(builder, SECOND, [1])
  appendTable(builder, FIRST, [1, 0])
  expect(rowsOf(builder.finish()).map(({ weight }) => weight)).toEqual([4, 2, 1])
})

test('keepRows() leaves the chosen rows with all that belongs to them', () => {
  const builder = new SpanTableBuilder({ attributes: 'keep' })
  appendTable(builder, FIRST)
  appendTable(builder, SECOND)
  builder.keepRows(Uint32Array.of(1, 3))
  appendTable(builder, FIRST)
  const [, second] = rowsOf(FIRST)
  const [, fourth] = rowsOf(SECOND)
  expect(rowsOf(builder.finish())).toEqual([second, fourth, ...rowsOf(FIRST)])
})
