import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { encodeOtlpJson } from '../formats/otlp-json-encode.ts'
import { encodeOtlpProtobuf } from '../formats/otlp-protobuf-encode.ts'
import { hexOf } from '../model/trace-ids.ts'
import { chosenTraces } from './chosen-traces.ts'
import { readTraceFiles } from './read-files.ts'

const LINES = 60
const SPANS_A_LINE = 2000

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'chosen-traces-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const idOf = (trace: number): string => (trace + 1).toString(16).padStart(32, '0')

/** Each trace has a span in every line. */
function groupsOfLine(line: number) {
  const spans = Array.from({ length: SPANS_A_LINE }, (_, trace) => ({
    traceId: idOf(trace),
    spanId: (line * SPANS_A_LINE + trace + 1).toString(16).padStart(16, '0'),
    name: 'GET /',
    kind: 2,
    startNs: 1_767_225_600_000_000_000n,
    endNs: 1_767_225_600_000_001_000n,
    attributes: { line, trace },
    events: [{ name: 'seen', timeNs: 1_767_225_600_000_000_500n, attributes: { line } }],
  }))
  return [{ resource: { 'service.name': 'shop' }, spans }]
}

test.each(['lines', 'protobuf'])(
  'chosenTraces() leaves their spans with attributes, of more than are in memory: %s',
  async (form) => {
    const file = join(folder, form)
    const lines = Array.from({ length: LINES }, (_, line) => groupsOfLine(line))
    if (form === 'lines') writeFileSync(file, lines.map((line) => `${encodeOtlpJson(line)}\n`).join(''))
    else writeFileSync(file, encodeOtlpProtobuf(lines.flat()))
    const chosen = [idOf(7), idOf(1234)]
    const { table } = await readTraceFiles([file], { attributes: 'keep', overflow: chosenTraces(chosen) })
    expect(table.length).toBeLessThan(LINES * SPANS_A_LINE)
    const seen = Array.from({ length: table.length }, (_, row) => row)
      .filter((row) => chosen.includes(hexOf(table.traceIds, row * 16, 16)))
      .map((row) => ({ ...table.details?.attributesOf(row), ...table.details?.eventsOf(row)[0]?.attributes }))
    const expected = Array.from({ length: LINES }, (_, line) => [7, 1234].map((trace) => ({ line, trace })))
    expect(seen).toEqual(expected.flat())
  },
)
