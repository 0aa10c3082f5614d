import { expect, test } from 'vitest'
import { fixtureRun } from '../fixture.ts'
import { diffTraces } from './trace-diff.ts'

const { traces, result } = fixtureRun()
const trace = (start: string) => {
  const found = traces.find((t) => t.traceId.startsWith(start))
  if (found === undefined) throw new Error(`the fixture has no trace ${start}`)
  return found
}
const well = trace('e4079d11')
const tired = trace('65b6383b')

test('diffTraces() has rows that add up to what the user waited longer', () => {
  const diff = diffTraces(well, tired)
  expect(diff.totalUs).toBe((tired.spans[0]?.dur ?? 0) - (well.spans[0]?.dur ?? 0))
})

test('diffTraces() shows repeated and failed paths, callers before what they call', () => {
  const rows = diffTraces(well, tired).rows.map(
    (row) => `${'  '.repeat(row.depth)}${row.service} ${row.op}: ${row.change}`,
  )
  expect(rows).toMatchInlineSnapshot(`
    [
      "web POST /checkout: failed",
      "  web POST /api/checkout: failed",
      "    gateway POST /api/checkout: failed",
      "      gateway GET /cart: same",
      "        cart GET /cart: same",
      "      gateway POST /orders: failed",
      "        checkout POST /orders: failed",
      "          checkout POST order /place: failed",
      "            order POST order /place: failed",
      "              order inventory/Reserve: repeated",
      "              order POST payment /charge: failed",
      "                payment POST /charge: repeated",
      "                  payment INSERT charge: repeated",
    ]
  `)
})

test('diffTraces() of a trace with itself has nothing but sameness', () => {
  expect(diffTraces(well, well).rows.every((row) => row.change === 'same' && row.deltaUs === 0)).toBe(true)
})

test('diffTraces() shows what a rejected request never reached as removed', () => {
  const diff = diffTraces(well, trace('bc585b88'))
  const removed = diff.rows.filter((row) => row.change === 'removed').map((row) => row.service)
  expect(removed).toContain('payment')
})

test('the fixture’s numbers hang together', () => {
  const [series] = result.series
  const chaosErrors = series?.errors.slice(60, 120).reduce((sum, n) => sum + n, 0)
  const order = result.edges.find((edge) => edge.id === 'checkout→order')?.phases.chaos
  expect(chaosErrors).toBe(492)
  expect(order?.n).toBe(1096 + 447 + 409)
  expect(order?.errors).toBe(1244)
  expect(order?.retries).toBe(447 + 409)
  expect(result.traces.filter((t) => t.phase === 'chaos' && t.outcome === 'failed')).toHaveLength(492)
})
