import { describe, expect, test } from 'vitest'
import { analyse } from '../analysis/analyse.ts'
import { appendTable } from '../model/append-table.ts'
import type { SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { decodeOtlpJson } from './otlp-json.ts'
import { oracleEncode } from './otlp-oracle.fixture.ts'
import { decodeOtlpProtobuf } from './otlp-protobuf.ts'

/** A span a trace state; `base64` for protobuf's bytes. */
function request(traceStates: readonly string[], ids: 'hex' | 'bytes'): Record<string, unknown> {
  const id = (n: number, bytes: number): unknown => {
    const hex = n.toString(16).padStart(bytes * 2, '0')
    return ids === 'hex' ? hex : Buffer.from(hex, 'hex')
  }
  const spans = traceStates.map((traceState, i) => ({
    ...{ traceId: id(i + 1, 16), spanId: id(i + 1, 8), traceState, name: 'call', kind: 2 },
    ...{ startTimeUnixNano: '1767225600000000000', endTimeUnixNano: '1767225600010000000' },
  }))
  return { resourceSpans: [{ scopeSpans: [{ spans }] }] }
}

function decodedFrom(format: 'json' | 'protobuf', traceStates: readonly string[]): SpanTable {
  const builder = new SpanTableBuilder({ attributes: 'drop' })
  if (format === 'json') decodeOtlpJson(JSON.stringify(request(traceStates, 'hex')), builder)
  else decodeOtlpProtobuf(oracleEncode('ExportTraceServiceRequest', request(traceStates, 'bytes')), builder)
  return builder.finish()
}

const WINDOWS = { experiments: [], baseline: [], chaos: [], recovery: [] }

function sampledOf(table: SpanTable): number | null {
  return analyse({ table, windows: WINDOWS }).data.sampled
}

function unevenIn(table: SpanTable): string | undefined {
  return analyse({ table, windows: WINDOWS }).quality.find(({ id }) => id === 'sampled-unevenly')?.text
}

describe.each(['json', 'protobuf'] as const)('share of traces kept, from OTLP %s', (format) => {
  test('is what most spans’ trace state tells', () => {
    expect(sampledOf(decodedFrom(format, ['ot=th:c', 'ot=th:c', 'ot=th:c', '']))).toBe(0.25)
  })

  test('of several samplers is the share of all together', () => {
    // One trace stands for four, one for itself: two of five were kept.
    expect(sampledOf(decodedFrom(format, ['ot=th:c', 'ot=th:0']))).toBe(0.4)
  })

  test('is not known where the spans do not say', () => {
    expect(sampledOf(decodedFrom(format, ['', 'vendor=1', 'ot=th:c', '']))).toBeNull()
  })

  test('comes along when tables are put together', () => {
    const builder = new SpanTableBuilder({ attributes: 'drop' })
    appendTable(builder, decodedFrom(format, ['ot=th:8', 'ot=th:8']))
    expect(sampledOf(builder.finish())).toBe(0.5)
  })

  test('is doubted where traces were kept with different probabilities: errors, say, and few others', () => {
    const builder = new SpanTableBuilder({ attributes: 'drop' })
    for (const states of [['ot=th:f', 'ot=th:f'], ['ot=th:0']])
      appendTable(builder, decodedFrom(format, states))
    expect(unevenIn(builder.finish())).toMatch(/^Shares .* probability of 6\.3 % and some of 100 %/)
    expect(unevenIn(decodedFrom(format, ['ot=th:c', 'ot=th:b']))).toBeUndefined()
    expect(unevenIn(decodedFrom(format, ['ot=th:c', '']))).toBeUndefined()
  })
})
