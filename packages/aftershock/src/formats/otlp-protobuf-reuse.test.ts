import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { STATUS_ROLES } from '../model/span-roles.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { shownTable, spanGroups, TEST_EPOCH_NS } from './otlp-arbitrary.fixture.ts'
import type { SpanGroup } from './otlp-groups.ts'
import { OtlpProtobufDecoder } from './otlp-protobuf.ts'
import { encodeOtlpProtobuf } from './otlp-protobuf-encode.ts'

function decodedInto(builder: SpanTableBuilder, groups: readonly SpanGroup[]) {
  new OtlpProtobufDecoder(builder, 'given').decode(encodeOtlpProtobuf(groups))
  return builder.finish()
}

describe('new SpanTableBuilder()', () => {
  test('gives the same table in columns that were used before, whatever was in them', () => {
    fc.assert(
      fc.property(spanGroups, spanGroups, (before, groups) => {
        const options = { epochNs: TEST_EPOCH_NS, attributes: 'keep' } as const
        const used = new SpanTableBuilder(options)
        decodedInto(used, before)
        used.columns.marks.fill(3)
        const again = decodedInto(new SpanTableBuilder({ ...options, reuse: used }), groups)
        expect(shownTable(again)).toEqual(shownTable(decodedInto(new SpanTableBuilder(options), groups)))
      }),
    )
  })

  test('with the roles of a status alone, reads an error flag and no other meaning', () => {
    const attributes = { error: true, 'http.response.status_code': 503, 'http.request.method': 'GET' }
    const times = { startNs: TEST_EPOCH_NS, endNs: TEST_EPOCH_NS + 1n }
    const span = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: 'x', kind: 2, ...times, attributes }
    const groups = [{ resource: {}, spans: [span, { ...span, attributes: { error: false } }] }]
    const options = { attributes: 'keep', roles: STATUS_ROLES } as const
    const decoded = decodedInto(new SpanTableBuilder(options), groups)
    const objects = new SpanTableBuilder(options)
    for (const one of groups[0]?.spans ?? []) objects.addSpan(objects.addResource({}), one)
    for (const table of [decoded, objects.finish()]) {
      expect([...table.status]).toEqual([2, 0])
      expect([...table.httpStatus, ...table.method, ...table.protocol]).toEqual([0, 0, 0, 0, 0, 0])
      expect(table.details?.attributesOf(0)).toEqual(attributes)
    }
  })
})
