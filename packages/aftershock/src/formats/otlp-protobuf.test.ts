import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { AttributeValue } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { shownTable, spanGroups, TEST_EPOCH_NS } from './otlp-arbitrary.fixture.ts'
import { groupsOf, type SpanGroup } from './otlp-groups.ts'
import { oracleEncode } from './otlp-oracle.fixture.ts'
import { decodeOtlpProtobuf } from './otlp-protobuf.ts'
import { encodeOtlpProtobuf } from './otlp-protobuf-encode.ts'

const builderOf = (attributes: 'keep' | 'drop' = 'keep') =>
  new SpanTableBuilder({ epochNs: TEST_EPOCH_NS, attributes })

const bytesOf = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))

function oracleValue(value: AttributeValue): object {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: value } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(oracleValue) } }
  return { kvlistValue: { values: oracleAttributes(value as Record<string, AttributeValue>) } }
}

const oracleAttributes = (attributes: Readonly<Record<string, AttributeValue>> = {}) =>
  Object.entries(attributes).map(([key, value]) => ({ key, value: oracleValue(value) }))

function oracleRequest(groups: readonly SpanGroup[]): Uint8Array {
  return oracleEncode('ExportTraceServiceRequest', {
    resourceSpans: groups.map((group) => ({
      schemaUrl: 'https://opentelemetry.io/schemas/1.40.0',
      resource: { attributes: oracleAttributes(group.resource) },
      scopeSpans: [
        {
          scope: { name: 'test', version: '1' },
          spans: group.spans.map((span) => ({
            traceId: bytesOf(span.traceId),
            spanId: bytesOf(span.spanId),
            parentSpanId: bytesOf(span.parentSpanId ?? ''),
            traceState: 'a=b',
            name: span.name,
            kind: span.kind,
            startTimeUnixNano: String(span.startNs),
            endTimeUnixNano: String(span.endNs),
            attributes: oracleAttributes(span.attributes),
            events: span.events?.map((event) => ({
              timeUnixNano: String(event.timeNs),
              name: event.name,
              attributes: oracleAttributes(event.attributes),
            })),
            links: span.links?.map((link) => ({
              traceId: bytesOf(link.traceId),
              spanId: bytesOf(link.spanId),
            })),
            status: { code: span.status, message: span.statusMessage },
            flags: 257,
          })),
        },
      ],
    })),
  })
}

function tableOfObjects(groups: readonly SpanGroup[]) {
  const builder = builderOf()
  for (const { resource, spans } of groups) {
    const id = builder.addResource(resource)
    for (const span of spans) builder.addSpan(id, span)
  }
  return builder.finish()
}

function decodeWhole(bytes: Uint8Array) {
  const builder = builderOf()
  const result = decodeOtlpProtobuf(bytes, builder)
  return { result, table: builder.finish() }
}

/** Hand-written messages: `field(9, 2, …)` writes tag and length. */
const field = (number: number, wireType: number, ...content: readonly (number | Uint8Array)[]) => {
  const body = content.flatMap((part) => (typeof part === 'number' ? [part] : [...part]))
  const tag = (number << 3) | wireType
  const head = tag < 128 ? [tag] : [(tag & 127) | 128, tag >> 7]
  return Uint8Array.from(wireType === 2 ? [...head, body.length, ...body] : [...head, ...body])
}
const utf8 = (text: string) => new TextEncoder().encode(text)
const TRACE = field(1, 2, bytesOf('0af7651916cd43dd8448eb211c80319c'))
const SPAN = field(2, 2, bytesOf('b7ad6b7169203331'))
const START = field(7, 1, bytesOf('0000c16ff2862318'))
const one = (...fields: readonly Uint8Array[]) =>
  field(1, 2, field(2, 2, field(2, 2, TRACE, SPAN, START, ...fields)))

describe('decodeOtlpProtobuf()', () => {
  test('reads what protobufjs wrote exactly as the objects were, when given any spans', () => {
    fc.assert(
      fc.property(spanGroups, (groups) => {
        const { result, table } = decodeWhole(oracleRequest(groups))
        expect(result.ok).toBe(true)
        expect(shownTable(table)).toEqual(shownTable(tableOfObjects(groups)))
      }),
      { numRuns: 300, seed: 7 },
    )
  })

  test('reads what encodeOtlpProtobuf() wrote, and tables round-trip', () => {
    fc.assert(
      fc.property(spanGroups, (groups) => {
        const { table } = decodeWhole(encodeOtlpProtobuf(groups))
        expect(shownTable(table)).toEqual(shownTable(tableOfObjects(groups)))
        const again = decodeWhole(encodeOtlpProtobuf(groupsOf(table))).table
        const byId = (rows: unknown[]) =>
          rows.map((row) => JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? String(v) : v))).sort()
        expect(byId(shownTable(again))).toEqual(byId(shownTable(table)))
      }),
      { numRuns: 100, seed: 8 },
    )
  })

  test('answers a problem with the byte and keeps nothing, when the bytes are cut or changed anywhere', () => {
    fc.assert(
      fc.property(spanGroups, fc.nat(), fc.nat(255), fc.boolean(), (groups, at, byte, cut) => {
        const whole = oracleRequest(groups)
        const bytes = cut ? whole.slice(0, at % (whole.length + 1)) : whole.slice()
        if (!cut && bytes.length > 0) bytes[at % bytes.length] = byte
        const builder = builderOf()
        builder.addSpan(builder.addResource({ 'service.name': 'before' }), {
          traceId: 'a'.repeat(32),
          spanId: 'b'.repeat(16),
          name: 'before',
          kind: 2,
          startNs: TEST_EPOCH_NS,
          endNs: TEST_EPOCH_NS,
        })
        const strings = builder.strings.length
        const result = decodeOtlpProtobuf(bytes, builder)
        const table = builder.finish()
        shownTable(table)
        if (result.ok) return
        expect(result.problems[0]?.where?.path).toMatch(/^byte \d+$/)
        expect([table.length, table.resources.length, table.strings.length]).toEqual([1, 1, strings])
      }),
      { numRuns: 1500, seed: 9 },
    )
  })

  test('reads a resource that comes after its spans, and joins one that comes twice', () => {
    const attribute = (key: string, value: string) =>
      field(1, 2, field(1, 2, field(1, 2, utf8(key)), field(2, 2, field(1, 2, utf8(value)))))
    const { table } = decodeWhole(
      field(
        1,
        2,
        field(2, 2, field(2, 2, START, SPAN, TRACE)),
        attribute('service.name', 'order'),
        attribute('k8s.pod.name', 'order-1'),
      ),
    )
    expect(table.resources).toMatchObject([{ service: 'order', pod: 'order-1' }])
  })

  test('takes the last of a repeated scalar, and merges a status that comes twice', () => {
    const { table } = decodeWhole(
      one(
        field(5, 2, utf8('first')),
        field(5, 2, utf8('second')),
        field(15, 2, field(2, 2, utf8('broken'))),
        field(15, 2, field(3, 0, 2)),
      ),
    )
    expect([
      table.strings[table.name[0] ?? 0],
      table.strings[table.statusMessage[0] ?? 0],
      table.status[0],
    ]).toEqual(['second', 'broken', 2])
  })

  test('reads overlong numbers, values before keys, and a value whose kind changes', () => {
    const { table } = decodeWhole(
      one(
        field(6, 0, 0x83, 0x80, 0x80, 0x00),
        field(9, 2, field(2, 2, field(3, 0, 0xf7, 0x83, 0x00)), field(1, 2, utf8('http.status_code'))),
        field(
          9,
          2,
          field(1, 2, utf8('error.type')),
          field(2, 2, field(3, 0, 1)),
          field(2, 2, field(1, 2, utf8('timeout'))),
        ),
      ),
    )
    expect([table.kind[0], table.httpStatus[0]]).toEqual([3, 503])
    expect(table.strings[table.errorType[0] ?? 0]).toBe('timeout')
    expect(table.details?.attributesOf(0)).toEqual({ 'http.status_code': 503, 'error.type': 'timeout' })
  })

  test('skips unknown fields, and refuses groups and field 0', () => {
    expect(
      decodeWhole(one(field(99, 2, utf8('?')), field(98, 0, 1), field(97, 5, 1, 2, 3, 4))).table.length,
    ).toBe(1)
    expect(decodeWhole(one(field(99, 3))).result.ok).toBe(false)
    expect(decodeWhole(one(field(0, 2, 1))).result.ok).toBe(false)
  })

  test('counts spans without valid ids or start, and keeps the others', () => {
    const span = (...fields: readonly Uint8Array[]) => field(1, 2, field(2, 2, field(2, 2, ...fields)))
    const { result, table } = decodeWhole(
      Uint8Array.from([
        ...span(SPAN, START),
        ...span(field(1, 2, new Uint8Array(16)), SPAN, START),
        ...span(TRACE, field(2, 2, 1, 2), START),
        ...span(TRACE, SPAN),
        ...one(),
      ]),
    )
    expect(result).toMatchObject({ ok: true, value: { spans: 1, invalid: 4 } })
    expect(table.dropped.invalid).toBe(4)
  })

  test('an empty request is no spans, and a deep value is refused', () => {
    expect(decodeWhole(new Uint8Array(0)).result).toMatchObject({ ok: true, value: { spans: 0, invalid: 0 } })
    let value: object = { stringValue: 'x' }
    for (let i = 0; i < 40; i++) value = { arrayValue: { values: [value] } }
    const deep = oracleEncode('KeyValue', { key: 'k', value })
    const length = [(deep.length & 127) | 128, deep.length >> 7]
    const inner = [...TRACE, ...SPAN, ...START, 0x4a, ...length, ...deep]
    const wrap = (body: readonly number[], tag: number) => [
      tag,
      (body.length & 127) | 128,
      body.length >> 7,
      ...body,
    ]
    const { result } = decodeWhole(Uint8Array.from(wrap(wrap(wrap(inner, 0x12), 0x12), 0x0a)))
    expect(result).toMatchObject({ ok: false, problems: [{ why: expect.stringContaining('nested') }] })
  })

  test('equal resources of many requests are one resource', () => {
    const builder = builderOf('drop')
    const request = encodeOtlpProtobuf([
      {
        resource: { 'service.name': 'a' },
        spans: [
          { traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: 'n', kind: 1, startNs: 5n, endNs: 7n },
        ],
      },
    ])
    for (let i = 0; i < 10; i++) decodeOtlpProtobuf(request, builder)
    expect([builder.length, builder.resources.length]).toEqual([10, 1])
  })
})
