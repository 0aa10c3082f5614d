import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContextHeaders, TraceContext } from '../../model/trace-context.ts'
import { carrierOf, environmentOf, extractContext, injectContext, PROPAGATORS } from './propagation.ts'

const context: TraceContext = {
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  isSampled: true,
}
const ids = fc.tuple(hex(32), hex(16), fc.boolean())

function hex(length: number): fc.Arbitrary<string> {
  return fc
    .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length })
    .filter((text) => !/^0+$/.test(text))
}

test.each([
  ['tracecontext', { traceparent: `00-${context.traceId}-${context.spanId}-01` }],
  ['b3', { b3: `${context.traceId}-${context.spanId}-1` }],
  ['b3multi', { 'x-b3-traceid': context.traceId, 'x-b3-spanid': context.spanId, 'x-b3-sampled': '1' }],
  ['jaeger', { 'uber-trace-id': `${context.traceId}:${context.spanId}:0:01` }],
  ['ottrace', {}],
] as const)('%s writes its headers', (name, headers) => {
  expect(injectContext([name], { context, baggage: {} })).toEqual(headers)
})

test.each(['tracecontext', 'b3', 'b3multi', 'jaeger'])('%s reads what it wrote', (name) => {
  fc.assert(
    fc.property(ids, ([traceId, spanId, isSampled]) => {
      const written = { traceId, spanId, isSampled }
      const carrier = injectContext([name], { context: written, baggage: {} })
      expect(extractContext([name], carrier)).toEqual({ context: written, baggage: {} })
      // Over the environment of a process, too.
      expect(extractContext([name], carrierOf(environmentOf(carrier))).context).toEqual(written)
    }),
  )
})

test.each(Object.keys(PROPAGATORS))('%s takes any header without falling over', (name) => {
  const names = ['traceparent', 'tracestate', 'baggage', 'b3', 'x-b3-traceid', 'x-b3-spanid', 'x-b3-flags']
  const known = fc.constantFrom(...names, 'uber-trace-id', 'uberctx-a')
  fc.assert(
    fc.property(fc.dictionary(known, fc.string()), (carrier) => {
      const { context: read } = extractContext([name], carrier)
      expect(read === undefined || /^[0-9a-f]{32}$/.test(read.traceId)).toBe(true)
    }),
  )
})

describe('traceparent', () => {
  const read = (traceparent: string) => extractContext(['tracecontext'], { traceparent }).context
  const { traceId, spanId } = context

  test.each([
    ['a later version with more fields', `cc-${traceId}-${spanId}-01-what-the-future`, true],
    ['a later version without', `cc-${traceId}-${spanId}-01`, true],
    ['flags beyond the sampled one', `00-${traceId}-${spanId}-03`, true],
    ['version ff', `ff-${traceId}-${spanId}-01`, false],
    ['more fields in version 00', `00-${traceId}-${spanId}-01-x`, false],
    ['a trace id of zeros', `00-${'0'.repeat(32)}-${spanId}-01`, false],
    ['a span id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`, false],
    ['capitals', `00-${traceId.toUpperCase()}-${spanId}-01`, false],
    ['nothing', '', false],
  ])('%s', (_, text, isRead) => {
    expect(read(text) !== undefined).toBe(isRead)
  })

  test('tracestate goes along, and one of over 512 characters does not', () => {
    const traceparent = `00-${traceId}-${spanId}-01`
    const through = (tracestate: string): ContextHeaders =>
      injectContext(['tracecontext'], extractContext(['tracecontext'], { traceparent, tracestate }))
    expect(through('vendor=1,other=2').tracestate).toBe('vendor=1,other=2')
    expect(through('x'.repeat(513)).tracestate).toBeUndefined()
  })
})

describe('B3 and Jaeger as others write them', () => {
  const read = (names: readonly string[], carrier: ContextHeaders) => extractContext(names, carrier).context

  test('a 64-bit trace id is padded', () => {
    const padded = `${'0'.repeat(16)}${context.spanId}`
    expect(read(['b3'], { b3: `${context.spanId}-${context.spanId}` })?.traceId).toBe(padded)
    expect(read(['jaeger'], { 'uber-trace-id': 'abc:1:0:1' })).toEqual({
      traceId: 'abc'.padStart(32, '0'),
      spanId: '1'.padStart(16, '0'),
      isSampled: true,
    })
  })

  test('debug samples, 0 does not, and no decision does', () => {
    const b3 = (end: string) => read(['b3'], { b3: `${context.traceId}-${context.spanId}${end}` })?.isSampled
    expect([b3('-d'), b3('-1'), b3('-0'), b3(''), b3('-1-05e3ac9a4f6e3b90')]).toEqual([
      true,
      true,
      false,
      true,
      true,
    ])
    const many = { 'x-b3-traceid': context.traceId, 'x-b3-spanid': context.spanId, 'x-b3-sampled': '0' }
    expect(read(['b3multi'], many)?.isSampled).toBe(false)
    expect(read(['b3multi'], { ...many, 'x-b3-flags': '1' })?.isSampled).toBe(true)
  })

  test('"do not sample" alone is no context', () => {
    expect(read(['b3'], { b3: '0' })).toBeUndefined()
  })

  test('a percent-encoded uber-trace-id', () => {
    const text = encodeURIComponent(`${context.traceId}:${context.spanId}:0:1`)
    expect(read(['jaeger'], { 'uber-trace-id': text })).toEqual(context)
  })
})

describe('baggage', () => {
  test.each(['baggage', 'jaeger'])('%s: values of any text arrive whole', (name) => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        const carrier = injectContext([name], { context, baggage: { 'chaos.experiment.name': value } })
        expect(extractContext([name], carrier).baggage['chaos.experiment.name'] ?? '').toBe(value)
        for (const header of Object.values(carrier)) expect(header).toMatch(/^[\x20-\x7e]*$/)
      }),
    )
  })

  test('properties are left out, a broken escape stays, a key that is no token is no member', () => {
    const baggage = 'a=1;ttl=3, b = x%20y ,c=%zz,no member,bad key=1,__proto__=1'
    const read = extractContext(['baggage'], { baggage }).baggage
    expect(Object.entries(read)).toEqual([
      ['a', '1'],
      ['b', 'x y'],
      ['c', '%zz'],
      ['__proto__', '1'],
    ])
  })

  test('the header never grows beyond 8,192 characters', () => {
    const many = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`key${i}`, 'v'.repeat(100)]))
    expect(injectContext(['baggage'], { context, baggage: many }).baggage?.length).toBeLessThanOrEqual(8192)
  })
})

test('several propagators: all write, the first that finds a context reads', () => {
  const carrier = injectContext(['tracecontext', 'b3', 'baggage'], { context, baggage: { a: '1' } })
  expect(Object.keys(carrier)).toEqual(['traceparent', 'b3', 'baggage'])
  const other = { ...carrier, traceparent: 'broken' }
  expect(extractContext(['tracecontext', 'b3', 'baggage'], other)).toEqual({ context, baggage: { a: '1' } })
})

test('an environment gives only what carries a context', () => {
  const environment = { TRACEPARENT: 'x', BAGGAGE: '', PATH: '/bin', X_B3_TRACEID: 'y' }
  expect(carrierOf(environment)).toEqual({ traceparent: 'x', 'x-b3-traceid': 'y' })
})

// What the real SDK writes and reads, as the shop has it installed.
const shop = createRequire(new URL('../../../../../examples/shop/package.json', import.meta.url))
const sdk = (name: string) => createRequire(shop.resolve('@opentelemetry/sdk-node'))(name)

function hasSdk(): boolean {
  try {
    sdk('@opentelemetry/propagator-b3')
    return true
  } catch {
    process.stderr.write('SKIPPED: the OpenTelemetry SDK is not installed (examples/shop)\n')
    return false
  }
}

describe.skipIf(!hasSdk())(
  'the real OpenTelemetry propagators read what we write, and we what they write',
  () => {
    const makers = {
      tracecontext: () => new (sdk('@opentelemetry/core').W3CTraceContextPropagator)(),
      b3: () => new (sdk('@opentelemetry/propagator-b3').B3Propagator)(),
      b3multi: () => new (sdk('@opentelemetry/propagator-b3').B3Propagator)({ injectEncoding: 1 }),
      jaeger: () => new (sdk('@opentelemetry/propagator-jaeger').JaegerPropagator)(),
    }
    test.each(Object.entries(makers))('%s', (name, make) => {
      const api = sdk('@opentelemetry/api')
      const theirs = make()
      const ours = injectContext([name], { context, baggage: {} })
      const getter = {
        get: (carrier: ContextHeaders, key: string) => carrier[key.toLowerCase()],
        keys: Object.keys,
      }
      const read = api.trace.getSpanContext(theirs.extract(api.ROOT_CONTEXT, ours, getter))
      expect([read.traceId, read.spanId, read.traceFlags]).toEqual([context.traceId, context.spanId, 1])

      const written: Record<string, string> = {}
      const setter = { set: (_: unknown, key: string, value: string) => (written[key.toLowerCase()] = value) }
      const spanContext = { traceId: context.traceId, spanId: context.spanId, traceFlags: 1 }
      theirs.inject(api.trace.setSpanContext(api.ROOT_CONTEXT, spanContext), written, setter)
      expect(extractContext([name], written).context).toEqual(context)
    })
  },
)
