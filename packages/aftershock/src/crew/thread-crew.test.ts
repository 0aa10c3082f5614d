import { join } from 'node:path'
import { expect, test } from 'vitest'
import { analyse, analysis } from '../analysis/analyse.ts'
import { drawnInterval } from '../analysis/test-support/drawn-windows.ts'
import { appendTable } from '../model/append-table.ts'
import { tableOf } from '../model/draw-trace.ts'
import { ProblemError } from '../model/problem.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import type { Windows } from '../model/window.ts'
import { SpanSpool } from './span-spool.ts'
import { startThreadCrew } from './thread-crew.ts'

const WINDOWS: Windows = {
  experiments: [],
  baseline: [drawnInterval(0, 60)],
  chaos: [drawnInterval(60, 120)],
  recovery: [drawnInterval(120, 180)],
}
const request = (when: string, took: number): string => `
@ ${when} ×400 every 125ms
gateway GET /        0-${took + 20}ms  http=200
  gateway>shop GET /  5-${took + 15}ms  http=200
    shop GET /        6-${took + 14}ms  http=200
`
/** Who receives messages is known by links alone. */
const message = `
@ +5s ×40 every 125ms
order POST /orders    0-20ms
  order>kafka orders publish    5-6ms  producer messaging.system=kafka messaging.destination.name=orders

@ +11s
order POST /orders    0-20ms
  order>kafka orders publish    5-6ms  producer messaging.system=kafka messaging.destination.name=orders id=sent

@ +12s
shipping orders process   50-80ms  consumer messaging.system=kafka link=sent
`
const TABLE = tableOf(`${message}${request('+1s', 20)}${request('+62s', 300)}${request('+122s', 20)}`)

/** All that is found but the time it took. */
function essence({ stages: _stages, data, ...rest }: ReturnType<typeof analyse>): unknown {
  return { ...rest, data: { ...data, analysisMs: 0 } }
}

test('a crew of three threads finds what analyse() finds, and what it found before', async () => {
  const expected = essence(analyse({ table: TABLE, windows: WINDOWS }))
  const crew = startThreadCrew(3)
  try {
    for (const table of [TABLE, TABLE]) {
      const inquiry = analysis({ windows: WINDOWS }, table.epochNs, table)
      expect(essence(await crew.inquire(inquiry, { kind: 'table', table }))).toEqual(expected)
    }
  } finally {
    await crew.stop()
  }
  expect(expected).toMatchObject({
    suspects: [{ service: 'shop' }],
    edges: expect.arrayContaining([expect.objectContaining({ from: 'order', to: 'shipping' })]),
  })
})

function spooledTable() {
  const builder = new SpanTableBuilder({ epochNs: TABLE.epochNs, attributes: 'drop' })
  appendTable(builder, TABLE)
  const spool = new SpanSpool(Number.POSITIVE_INFINITY, () => false)
  spool.take(builder)
  return { spool, spooled: spool.finish(builder.finish()) }
}

test('a crew finds the same of spans in a file, which its threads read side by side', async () => {
  const expected = essence(analyse({ table: TABLE, windows: WINDOWS }))
  const { spool, spooled } = spooledTable()
  const crew = startThreadCrew(3)
  try {
    const inquiry = analysis({ windows: WINDOWS }, TABLE.epochNs, spooled.common)
    expect(essence(await crew.inquire(inquiry, { kind: 'spooled', spooled }))).toEqual(expected)
  } finally {
    await crew.stop()
    spool.close()
  }
})

test('a crew says what to do where one of its threads finds no room for what it knows', async () => {
  const { spool, spooled } = spooledTable()
  const { TMPDIR } = process.env
  process.env.TMPDIR = join(import.meta.filename, 'none')
  const crew = startThreadCrew(2)
  // The other thread keeps the environment that it was started with.
  if (TMPDIR === undefined) delete process.env.TMPDIR
  else process.env.TMPDIR = TMPDIR
  try {
    const inquiry = analysis({ windows: WINDOWS }, TABLE.epochNs, spooled.common)
    const failure = await crew.inquire(inquiry, { kind: 'spooled', spooled }).catch((error) => error)
    expect(failure).toBeInstanceOf(ProblemError)
    expect(failure).toMatchObject({
      exitCode: 4,
      problems: [{ code: 'temp-folder', fix: expect.stringContaining('TMPDIR') }],
    })
  } finally {
    await crew.stop()
    spool.close()
  }
})

test('a crew fails when one of its threads does', async () => {
  const crew = startThreadCrew(2)
  const inquiry = (function* () {
    yield { step: 'no such step', known: undefined }
  })()
  await expect(crew.inquire(inquiry, { kind: 'table', table: TABLE })).rejects.toThrow(
    'There is no step called no such step',
  )
  await crew.stop()
})
