import { expect, test } from 'vitest'
import type { TraceFull } from '../../../aftershock/src/model/result.ts'
import { fixtureRun } from '../fixture.ts'
import { labelOf } from './paint.ts'
import { abandonedSumUs, foldedAtFirst, nextRow, rowsOf, treeOf } from './waterfall-rows.ts'

const { traces } = fixtureRun()
const tired = traces[0] as TraceFull
const tree = treeOf(tired)
const rows = rowsOf(tree, new Set())

test('rowsOf() has a line for each span and for each wait before a retry', () => {
  expect(rows.filter((row) => row.kind === 'span')).toHaveLength(tired.spans.length)
  expect(rows.filter((row) => row.kind === 'backoff').map((row) => row.dur)).toEqual([50_000, 100_000])
})

test('rowsOf() folds what is below, and says how much', () => {
  const root = tired.spans[0]?.id ?? ''
  const folded = rowsOf(tree, new Set([root]))
  expect(folded.map((row) => row.folded)).toEqual([tired.spans.length - 1])
})

test('nextRow() goes to the next error, fault and retry, and round', () => {
  const at = (key: string, from: number) => rows[nextRow(rows, from, key) ?? -1]?.span
  expect(at('e', 0)?.error).toBeDefined()
  expect(at('f', 0)?.fault).toBe('payment +500 ms')
  expect(at('r', 0)?.attempt).toBe(2)
  expect(nextRow(rows, rows.length - 1, 'e')).toBe(0)
})

test('abandonedSumUs() counts nested work once', () => {
  const payments = tired.spans
    .filter((span) => span.op === 'POST /charge')
    .map((span) => span.abandonedUs ?? 0)
  expect(abandonedSumUs(tree)).toBe(payments.reduce((sum, us) => sum + us, 0))
})

test('abandonedSumUs() counts what goes on below a server span that ended when its caller hung up', () => {
  const [first] = tired.spans
  if (first === undefined) throw new Error('no span')
  const span = (id: string, parent: string, start: number, dur: number, abandonedUs?: number) => ({
    ...first,
    ...{ id, parent, start, dur },
    ...(abandonedUs === undefined ? {} : { abandonedUs }),
  })
  const spans = [
    span('call', 'x', 0, 400),
    span('server', 'call', 10, 400, 10),
    span('db', 'server', 300, 1100, 1000),
  ]
  expect(abandonedSumUs(treeOf({ ...tired, spans }))).toBe(1000)
})

test('labelOf() tells marks apart in words and signs', () => {
  const labels = tired.spans.map(labelOf)
  expect(labels).toContain('400 ms ✕ ◷ timeout')
  expect(labels).toContain('413 ms ✕ 504 ↻1')
  expect(labels).toContain('546 ms ⚡ ▒ 147 ms')
})

test('treeOf() takes 100,000 spans, deep chains, circles and missing parents', () => {
  const spans = Array.from({ length: 100_000 }, (_, i) => ({
    id: `s${i}`,
    parent: i === 0 ? null : i < 20_000 ? `s${i - 1}` : `s${i % 1000}`,
    service: 'a',
    op: 'b',
    kind: 'internal' as const,
    start: i,
    dur: 10,
  }))
  const big = treeOf({ traceId: 'x', startedAt: '', missingParents: 0, spans })
  expect(rowsOf(big, new Set())).toHaveLength(100_000)
  expect(rowsOf(big, foldedAtFirst(big)).length).toBeLessThan(100_000)
  const odd = treeOf({
    traceId: 'x',
    startedAt: '',
    missingParents: 1,
    spans: [
      { id: 'a', parent: 'b', service: 's', op: 'o', kind: 'server', start: 0, dur: 1 },
      { id: 'b', parent: 'a', service: 's', op: 'o', kind: 'server', start: 0, dur: 1 },
      { id: 'c', parent: 'gone', service: 's', op: 'o', kind: 'server', start: 0, dur: 1 },
    ],
  })
  expect(rowsOf(odd, new Set()).map((row) => [row.key, row.orphan])).toEqual([['c', true]])
})
