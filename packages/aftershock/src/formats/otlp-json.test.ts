import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { hexOf } from '../model/trace-ids.ts'
import { shownTable, spanGroups, TEST_EPOCH_NS } from './otlp-arbitrary.fixture.ts'
import { decodeOtlpJson } from './otlp-json.ts'
import { encodeOtlpJson, encodeOtlpJsonLine } from './otlp-json-encode.ts'
import { decodeOtlpProtobuf } from './otlp-protobuf.ts'
import { encodeOtlpProtobuf } from './otlp-protobuf-encode.ts'

const builderOf = (attributes: 'keep' | 'drop' = 'keep') =>
  new SpanTableBuilder({ epochNs: TEST_EPOCH_NS, attributes })

function decodeWhole(text: string, attributes?: 'keep' | 'drop') {
  const builder = builderOf(attributes)
  return { result: decodeOtlpJson(text, builder), table: builder.finish() }
}

const requestOf = (...spans: readonly object[]) =>
  JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] })

const SPAN = {
  traceId: '0AF7651916CD43DD8448EB211C80319C',
  spanId: 'B7AD6B7169203331',
  name: 'n',
  startTimeUnixNano: '1767225600000000123',
  endTimeUnixNano: '1767225600000000223',
}

describe('decodeOtlpJson()', () => {
  test('reads the same table from JSON as from protobuf, when given any spans', () => {
    fc.assert(
      fc.property(spanGroups, fc.constantFrom('keep' as const, 'drop' as const), (groups, attributes) => {
        const builder = builderOf(attributes)
        decodeOtlpProtobuf(encodeOtlpProtobuf(groups), builder)
        const { result, table } = decodeWhole(encodeOtlpJson(groups), attributes)
        expect(result.ok).toBe(true)
        expect(shownTable(table)).toEqual(shownTable(builder.finish()))
      }),
      { numRuns: 200, seed: 3 },
    )
  })

  test('encodeOtlpJsonLine() and back is the same table, in one line', () => {
    fc.assert(
      fc.property(spanGroups, (groups) => {
        const { table } = decodeWhole(encodeOtlpJson(groups))
        const line = encodeOtlpJsonLine(table)
        expect(line).not.toContain('\n')
        const sorted = (rows: unknown[]) =>
          rows.map((row) => JSON.stringify(row, (_, v) => (typeof v === 'bigint' ? String(v) : v))).sort()
        expect(sorted(shownTable(decodeWhole(line).table))).toEqual(sorted(shownTable(table)))
      }),
      { numRuns: 100, seed: 4 },
    )
  })

  test('reads numbers for text, names for enums, snake_case, upper-case and base64 ids', () => {
    const { result, table } = decodeWhole(
      JSON.stringify({
        resource_spans: [
          {
            resource: { attributes: [{ key: 'service.name', value: { string_value: 'a' } }] },
            scope_spans: [
              {
                spans: [
                  { ...SPAN, kind: 'SPAN_KIND_CLIENT', status: { code: 'STATUS_CODE_ERROR' }, unknown: [1] },
                  {
                    trace_id: 'CvdlGRbNQ92ESOshHIAxnA==',
                    span_id: 't61rcWkgMzE=',
                    parent_span_id: 't61rcWkgMzI=',
                    start_time_unix_nano: 1767225600000000000,
                    end_time_unix_nano: 1767225601000000000,
                    kind: 2,
                    attributes: [{ key: 'http.status_code', value: { intValue: '503' } }],
                  },
                ],
              },
            ],
          },
        ],
      }),
    )
    expect(result).toMatchObject({ ok: true, value: { spans: 2, invalid: 0 } })
    expect([...table.kind, ...table.status]).toEqual([3, 2, 2, 0])
    expect(table.resources[0]?.service).toBe('a')
    expect([table.startNs[0], table.durationNs[0], table.durationNs[1]]).toEqual([123, 100, 1e9])
    expect(hexOf(table.traceIds, 16, 16)).toBe(SPAN.traceId.toLowerCase())
    expect(hexOf(table.parentIds, 8, 8)).toBe('b7ad6b7169203332')
    expect(table.httpStatus[1]).toBe(503)
  })

  test('keeps integers beyond 2^53 as text, and bytes as base64', () => {
    const attributes = [
      { key: 'big', value: { intValue: '9223372036854775807' } },
      { key: 'bytes', value: { bytesValue: 'AQI=' } },
      { key: 'nan', value: { doubleValue: 'NaN' } },
      { key: 'none', value: {} },
      { key: '__proto__', value: { boolValue: true } },
    ]
    const { table } = decodeWhole(requestOf({ ...SPAN, attributes }))
    expect(Object.entries(table.details?.attributesOf(0) ?? {})).toEqual([
      ['big', '9223372036854775807'],
      ['bytes', 'AQI='],
      ['nan', Number.NaN],
      ['none', ''],
      ['__proto__', true],
    ])
  })

  test('counts spans without valid ids or times, and keeps the others', () => {
    const { result } = decodeWhole(
      requestOf(
        { ...SPAN, traceId: 'xyz' },
        { ...SPAN, spanId: '0000000000000000' },
        { ...SPAN, startTimeUnixNano: '0' },
        { ...SPAN, startTimeUnixNano: 'soon' },
        SPAN,
      ),
    )
    expect(result).toMatchObject({ ok: true, value: { spans: 1, invalid: 4 } })
  })

  test('an empty request is no spans; wrong shapes and cut text are problems that keep nothing', () => {
    expect(decodeWhole('{}').result).toMatchObject({ ok: true, value: { spans: 0 } })
    for (const text of [
      '[]',
      '{"resourceSpans":5}',
      '{"resourceSpans":[5]}',
      requestOf(SPAN).slice(0, -9),
      '',
    ])
      expect(decodeWhole(text).result.ok).toBe(false)
    const half = JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [SPAN] }] }, 7] })
    const { result, table } = decodeWhole(half)
    expect(result).toMatchObject({ ok: false, problems: [{ where: { path: 'resourceSpans[1]' } }] })
    expect([table.length, table.resources.length]).toEqual([0, 0])
  })

  test('never throws, when given any JSON', () => {
    const key = fc.constantFrom(
      'resourceSpans',
      'scopeSpans',
      'spans',
      'traceId',
      'attributes',
      'key',
      'value',
      'resource',
    )
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 7, withCrossShrink: true },
        fc.jsonValue({ maxDepth: 1 }),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
      ),
    }))
    fc.assert(
      fc.property(tree, (json) => void decodeWhole(JSON.stringify(json))),
      { numRuns: 500, seed: 5 },
    )
  })
})
