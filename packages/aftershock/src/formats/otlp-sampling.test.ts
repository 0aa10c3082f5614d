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

/** Roots of several traces, each with a child that tells nothing. */
function rootsThatSay(
  format: 'json' | 'protobuf',
  ...told: readonly Readonly<Record<string, unknown>>[]
): SpanTable {
  const { resourceSpans } = request(
    told.flatMap(() => ['', '']),
    format === 'json' ? 'hex' : 'bytes',
  ) as {
    resourceSpans: { scopeSpans: { spans: Record<string, unknown>[] }[] }[]
  }
  const { spans } = resourceSpans[0].scopeSpans[0]
  told.forEach((attributes, i) => {
    const [root, child] = [spans[2 * i], spans[2 * i + 1]]
    root.attributes = Object.entries(attributes).map(([key, value]) => ({ key, value }))
    Object.assign(child, { traceId: root.traceId, parentSpanId: root.spanId })
  })
  const builder = new SpanTableBuilder({ attributes: 'drop' })
  if (format === 'json') decodeOtlpJson(JSON.stringify({ resourceSpans }), builder)
  else decodeOtlpProtobuf(oracleEncode('ExportTraceServiceRequest', { resourceSpans }), builder)
  return builder.finish()
}

const jaeger = (type: string, param: unknown) => ({
  'sampler.type': { stringValue: type },
  'sampler.param': param,
})

describe.each(['json', 'protobuf'] as const)(
  'how traces were kept, as roots say in attributes, from OTLP %s',
  (format) => {
    test('is told of Jaeger’s samplers: a share of all, all, or so many a second', () => {
      const tenth = jaeger('probabilistic', { doubleValue: 0.1 })
      expect(sampledOf(rootsThatSay(format, tenth, jaeger('probabilistic', { stringValue: '0.1' })))).toBe(
        0.1,
      )
      expect(sampledOf(rootsThatSay(format, jaeger('const', { boolValue: true })))).toBe(1)
      const limited = rootsThatSay(
        format,
        jaeger('ratelimiting', { doubleValue: 2 }),
        jaeger('lowerbound', { doubleValue: 0.1 }),
      )
      expect(sampledOf(limited)).toBeNull()
      expect(noteIn(limited, 'sampled-by-rate')).toMatch(
        /^2 root spans say that so many traces a second were kept/,
      )
      expect(noteIn(rootsThatSay(format, tenth), 'sampled')).toBe(
        'Root spans say that about 10 % of the traces were kept: counts are of these, and rare failures may be missing.',
      )
    })

    test('is told of Datadog’s: its rule goes before its agent’s rate, and what was to be left out, or has no priority, says nothing', () => {
      const [rule, agent] = [
        { '_dd.rule_psr': { doubleValue: 0.5 } },
        { '_dd.agent_psr': { doubleValue: 0.2 } },
      ]
      expect(
        sampledOf(rootsThatSay(format, { ...agent, ...rule, _sampling_priority_v1: { intValue: 2 } })),
      ).toBe(0.5)
      expect(sampledOf(rootsThatSay(format, { ...agent, _sampling_priority_v1: { doubleValue: 1 } }))).toBe(
        0.2,
      )
      expect(sampledOf(rootsThatSay(format, { ...agent, _sampling_priority_v1: { intValue: 0 } }))).toBeNull()
      expect(
        sampledOf(rootsThatSay(format, { ...agent, _sampling_priority_v1: { intValue: -1 } })),
      ).toBeNull()
    })

    test('is not known where fewer than half of the roots say it, and doubted where they differ', () => {
      const tenth = jaeger('probabilistic', { doubleValue: 0.1 })
      expect(sampledOf(rootsThatSay(format, tenth, {}, {}))).toBeNull()
      expect(unevenIn(rootsThatSay(format, tenth, jaeger('const', { boolValue: true })))).toMatch(
        /of 10 % and some of 100 %/,
      )
    })
  },
)

function noteIn(table: SpanTable, note: string): string | undefined {
  return analyse({ table, windows: WINDOWS }).quality.find(({ id }) => id === note)?.text
}
