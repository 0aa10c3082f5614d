import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { JsonSink } from './json-sink.ts'
import { shownTable, spanGroups, TEST_EPOCH_NS } from './otlp-arbitrary.fixture.ts'
import { decodeOtlpJson } from './otlp-json.ts'
import { oracleEncode } from './otlp-oracle.fixture.ts'
import { decodeOtlpProtobuf } from './otlp-protobuf.ts'
import { encodeOtlpProtobuf } from './otlp-protobuf-encode.ts'
import { type AttributeAdder, ProtobufToJson } from './otlp-protobuf-to-json.ts'

function jsonOf(bytes: Uint8Array, adder?: AttributeAdder): string {
  const sink = new JsonSink()
  new ProtobufToJson(sink).write(bytes, adder)
  return new TextDecoder().decode(sink.written())
}

function spanWith(fields: Readonly<Record<string, unknown>>): Uint8Array {
  return oracleEncode('ExportTraceServiceRequest', {
    resourceSpans: [{ scopeSpans: [{ spans: [fields] }] }],
  })
}

function spanIn(json: string): Record<string, unknown> {
  return JSON.parse(json).resourceSpans[0].scopeSpans[0].spans[0]
}

describe('ProtobufToJson', () => {
  test('writes text that decodes to the same table as the bytes', () => {
    fc.assert(
      fc.property(spanGroups, (groups) => {
        const bytes = encodeOtlpProtobuf(groups)
        const [direct, byText] = [0, 1].map(
          () => new SpanTableBuilder({ epochNs: TEST_EPOCH_NS, attributes: 'keep' }),
        ) as [SpanTableBuilder, SpanTableBuilder]
        expect(decodeOtlpProtobuf(bytes, direct).ok).toBe(true)
        expect(decodeOtlpJson(jsonOf(bytes), byText).ok).toBe(true)
        expect(shownTable(byText.finish())).toEqual(shownTable(direct.finish()))
      }),
      { numRuns: 200, seed: 11 },
    )
  })

  test('loses no field, whatever the order, and stays on one line', () => {
    const bytes = oracleEncode('ExportTraceServiceRequest', {
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'a "b"\n\\ ü' } }] },
          scopeSpans: [
            {
              scope: { name: 'lib', version: '1' },
              spans: [
                {
                  traceId: Buffer.alloc(16, 0xab).toString('base64'),
                  spanId: Buffer.alloc(8, 0xcd).toString('base64'),
                  traceState: 'k=v',
                  name: 'n',
                  kind: 2,
                  startTimeUnixNano: '1767225600123456789',
                  endTimeUnixNano: '18446744073709551615',
                  attributes: [
                    { key: 'int', value: { intValue: '-9223372036854775808' } },
                    { key: 'bytes', value: { bytesValue: Buffer.from('hello').toString('base64') } },
                    { key: 'list', value: { arrayValue: { values: [{ boolValue: true }, {}] } } },
                    { key: 'none' },
                  ],
                  droppedAttributesCount: 3,
                  status: { message: 'm', code: 2 },
                  flags: 257,
                },
              ],
            },
          ],
        },
      ],
    })
    const text = jsonOf(bytes)
    expect(text).not.toContain('\n')
    expect(JSON.parse(text)).toEqual({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'a "b"\n\\ ü' } }] },
          scopeSpans: [
            {
              scope: { name: 'lib', version: '1' },
              spans: [
                {
                  traceId: 'ab'.repeat(16),
                  spanId: 'cd'.repeat(8),
                  traceState: 'k=v',
                  name: 'n',
                  kind: 2,
                  startTimeUnixNano: '1767225600123456789',
                  endTimeUnixNano: '18446744073709551615',
                  attributes: [
                    { key: 'int', value: { intValue: '-9223372036854775808' } },
                    { key: 'bytes', value: { bytesValue: 'aGVsbG8=' } },
                    { key: 'list', value: { arrayValue: { values: [{ boolValue: true }, {}] } } },
                    { key: 'none' },
                  ],
                  droppedAttributesCount: 3,
                  status: { message: 'm', code: 2 },
                  flags: 257,
                },
              ],
            },
          ],
        },
      ],
    })
  })

  test('writes every 64-bit time exactly', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }), (startNs) => {
        const bytes = spanWith({ startTimeUnixNano: String(startNs) })
        expect(spanIn(jsonOf(bytes)).startTimeUnixNano).toBe(String(startNs))
      }),
      { numRuns: 500, seed: 12 },
    )
  })

  test('adds attributes to the spans it is told to, in place of those of the same name', () => {
    const added = {
      json: new TextEncoder().encode('{"key":"chaos.x","value":{"boolValue":true}}'),
      names: new Set(['chaos.x']),
      firstLetters: new Set(['c'.charCodeAt(0)]),
    }
    const ofAttributes = (...names: string[]): unknown => {
      const attributes = names.map((key) => ({ key, value: { stringValue: 's' } }))
      const json = jsonOf(spanWith({ startTimeUnixNano: '5', attributes, name: 'n' }), (_, start) =>
        start.low === 5 ? added : undefined,
      )
      return (spanIn(json).attributes as { key: string }[]).map(({ key }) => key)
    }
    expect(ofAttributes()).toEqual(['chaos.x'])
    expect(ofAttributes('a', 'chaos.x', 'chaos.y')).toEqual(['a', 'chaos.y', 'chaos.x'])
    expect(ofAttributes('chaos.x')).toEqual(['chaos.x'])
  })
})
