import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { spanInput } from '../formats/otlp-arbitrary.fixture.ts'
import { SPAN_LIMITS } from '../formats/otlp-limits.ts'
import { OtlpProtobufDecoder } from '../formats/otlp-protobuf.ts'
import { encodeOtlpProtobuf } from '../formats/otlp-protobuf-encode.ts'
import type { SpanInput } from '../model/span-input.ts'
import { STATUS_ROLES } from '../model/span-roles.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { readNative } from './native-reader.ts'
import { SpanBlockEncoder } from './span-block.ts'

const OPTIONS = { attributes: 'keep', roles: STATUS_ROLES, epochNs: 0n } as const
const encoder = new SpanBlockEncoder()

/** The block of spans that came as bytes, and of the same spans that came as objects. */
function blocksOf(spans: readonly SpanInput[]) {
  const bytes = new SpanTableBuilder(OPTIONS)
  new OtlpProtobufDecoder(bytes, 'given').decode(encodeOtlpProtobuf([{ resource: { a: 1 }, spans }]))
  const objects = new SpanTableBuilder(OPTIONS)
  for (const span of spans) objects.addSpan(objects.addResource({ a: 1 }), span)
  return [bytes, objects].map((builder) => [...readNative(encoder.encode(builder.finish()))])
}

describe('SpanBlockEncoder', () => {
  test('writes the same block from bytes as from objects, whatever the spans are', () => {
    fc.assert(
      fc.property(fc.array(spanInput, { maxLength: 6 }), (spans) => {
        const [fromBytes, fromObjects] = blocksOf(spans)
        expect(fromBytes).toEqual(fromObjects)
      }),
    )
  })

  test('writes no more attributes and events than a span may have', () => {
    const many = Object.fromEntries(
      Array.from({ length: SPAN_LIMITS.attributesMax + 5 }, (_, i) => [`k${i}`, i]),
    )
    const event = { name: 'retry', timeNs: 1n, attributes: many }
    const events = Array.from({ length: SPAN_LIMITS.eventsMax + 5 }, (_, i) =>
      i === 0 ? event : { ...event, attributes: {} },
    )
    const ids = { traceId: '1'.repeat(32), spanId: '2'.repeat(16) }
    const [fromBytes] = blocksOf([
      { ...ids, name: 'x', kind: 1, startNs: 1n, endNs: 2n, attributes: many, events },
    ])
    const ends = (name: string) => {
      const column = fromBytes?.[0]?.columns.get(name)
      return column?.kind === 'maps' || column?.kind === 'lists' ? [...column.ends] : []
    }
    expect(ends('SpanAttributes')).toEqual([SPAN_LIMITS.attributesMax])
    expect(ends('Events.Name')).toEqual([SPAN_LIMITS.eventsMax])
  })
})
