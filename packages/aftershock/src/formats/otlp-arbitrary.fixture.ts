import fc from 'fast-check'
import { ATTRIBUTE_ROLES } from '../model/conventions.ts'
import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue, SpanTable } from '../model/span-table.ts'
import { hexOf } from '../model/trace-ids.ts'
import type { SpanGroup } from './otlp-groups.ts'

/** Spans as anybody could send them, for properties. Tests only. */
const DAY_NS = 86_400_000_000_000n
export const TEST_EPOCH_NS = 1_767_225_600_000_000_000n

const id = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((array) => hexOf(array, 0, bytes))
    .filter((hex) => /[^0]/.test(hex))

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.constantFrom(
    '',
    'GET',
    'https://shop.example:8443/a/b?c=d#e',
    '/pay?x=1',
    'x'.repeat(100),
    'false',
    '503',
    'grpc',
  ),
)
const number = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true }).map((n) => (Object.is(n, -0) ? 0 : n)),
  fc.constantFrom(0, 200, 503, 4, 8080),
)
const scalar = fc.oneof(text, number, fc.boolean())
const value: fc.Arbitrary<AttributeValue> = fc.oneof(
  { weight: 8, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) },
  {
    weight: 1,
    arbitrary: fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), scalar, {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  },
)
export const attributes = fc.dictionary(
  fc.oneof(fc.constantFrom(...Object.keys(ATTRIBUTE_ROLES)), fc.string({ minLength: 1, maxLength: 12 })),
  value,
  { maxKeys: 12, noNullPrototype: true },
)
const event = fc.record({
  name: fc.oneof(fc.constant('exception'), text),
  timeNs: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  attributes: fc.oneof(
    attributes,
    fc.record({ 'exception.type': text, 'exception.message': text }, { noNullPrototype: true }),
  ),
})

export const spanInput: fc.Arbitrary<SpanInput> = fc
  .record({
    traceId: id(16),
    spanId: id(8),
    parentSpanId: fc.option(id(8), { nil: undefined }),
    name: text,
    kind: fc.integer({ min: 0, max: 5 }),
    startNs: fc.bigInt({ min: TEST_EPOCH_NS - DAY_NS, max: TEST_EPOCH_NS + 90n * DAY_NS }),
    durationNs: fc.bigInt({ min: 0n, max: DAY_NS }),
    status: fc.integer({ min: 0, max: 2 }),
    statusMessage: text,
    attributes,
    events: fc.array(event, { maxLength: 3 }),
    links: fc.array(fc.record({ traceId: id(16), spanId: id(8) }), { maxLength: 2 }),
  })
  .map(({ durationNs, ...span }) => ({ ...span, endNs: span.startNs + durationNs }))

export const spanGroups: fc.Arbitrary<SpanGroup[]> = fc.array(
  fc.record({ resource: attributes, spans: fc.array(spanInput, { maxLength: 4 }) }),
  { maxLength: 4 },
)

/** Everything a table says, with strings instead of ids, for comparing. */
export function shownTable(table: SpanTable): unknown[] {
  const text = (id: number | undefined): string | undefined => table.strings[id ?? 0]
  return Array.from({ length: table.length }, (_, row) => ({
    traceId: hexOf(table.traceIds, row * 16, 16),
    spanId: hexOf(table.spanIds, row * 8, 8),
    parentId: hexOf(table.parentIds, row * 8, 8),
    startNs: table.epochNs + BigInt(table.startNs[row] ?? 0),
    durationNs: table.durationNs[row],
    numbers: [
      table.kind,
      table.status,
      table.httpStatus,
      table.grpcStatus,
      table.protocol,
      table.resendCount,
    ].map((c) => c[row]),
    name: text(table.name[row]),
    statusMessage: text(table.statusMessage[row]),
    method: text(table.method[row]),
    route: text(table.route[row]),
    peer: text(table.peer[row]),
    system: text(table.system[row]),
    errorType: text(table.errorType[row]),
    errorMessage: text(table.errorMessage[row]),
    responseFlags: text(table.responseFlags[row]),
    resource: table.resources[table.resource[row] ?? 0],
    links: hexOf(
      table.linkIds,
      (table.linkStart[row] ?? 0) * 24,
      ((table.linkStart[row + 1] ?? 0) - (table.linkStart[row] ?? 0)) * 24,
    ),
    attributes: table.details?.attributesOf(row),
    events: table.details?.eventsOf(row),
  }))
}
