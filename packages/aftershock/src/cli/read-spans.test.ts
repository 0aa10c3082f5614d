import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { encodeOtlpJson } from '../formats/otlp-json-encode.ts'
import type { SpanTable } from '../model/span-table.ts'
import { hexOf } from '../model/trace-ids.ts'
import { readSpans } from './read-spans.ts'

const TRACES = 1000
const SPANS_A_TRACE = 3

const idOf = (trace: number): string =>
  (BigInt(trace + 1) * 0x9e3779b97f4a7c15f39cc0605cedc835n).toString(16).slice(-32).padStart(32, '0')

let folder = ''
let file = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-spans-'))
  file = join(folder, 'traces.jsonl')
  const spans = Array.from({ length: TRACES * SPANS_A_TRACE }, (_, i) => ({
    traceId: idOf(i % TRACES),
    spanId: (i + 1).toString(16).padStart(16, '0'),
    name: 'GET /',
    kind: 2,
    startNs: 1_767_225_600_000_000_000n,
    endNs: 1_767_225_600_000_001_000n,
    attributes: { number: i },
  }))
  writeFileSync(file, encodeOtlpJson([{ resource: { 'service.name': 'shop' }, spans }]))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** `number` of the spans of a trace. */
function numbersIn(table: SpanTable, traceId: string): unknown[] {
  return Array.from({ length: table.length }, (_, row) => row)
    .filter((row) => hexOf(table.traceIds, row * 16, 16) === traceId)
    .map((row) => table.details?.attributesOf(row).number)
}

test('readSpans() keeps few spans as they are, with their attributes', async () => {
  const read = await readSpans([file], { attributes: 'keep', spansMax: undefined })
  expect(read.spans).toMatchObject({ kind: 'table', table: { length: 3000 } })
  expect(read.sampled).toBeUndefined()
  expect(numbersIn(await read.whole([idOf(5)]), idOf(5))).toEqual([5, 1005, 2005])
})

test('readSpans() leaves out whole traces above a limit, and reads the attributes of those that are shown again', async () => {
  const read = await readSpans([file], { attributes: 'keep', spansMax: 1500 })
  if (read.spans.kind !== 'spooled') throw new Error('more spans than the limit are set aside')
  const { length, file: descriptor } = read.spans.spooled
  expect(descriptor).toBeGreaterThan(2)
  expect(length).toBeLessThanOrEqual(1500)
  expect(length).toBeGreaterThan(1400)
  expect(length % SPANS_A_TRACE).toBe(0)
  expect(read.sampled).toMatchObject({ spansRead: 3000 })
  const whole = await read.whole([idOf(5), idOf(6)])
  expect(numbersIn(whole, idOf(5))).toEqual([5, 1005, 2005])
  expect(numbersIn(whole, idOf(6))).toEqual([6, 1006, 2006])
})
