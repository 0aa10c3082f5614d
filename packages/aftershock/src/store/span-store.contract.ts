import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { spanOf } from '../formats/otlp-groups.ts'
import type { SpanInput } from '../model/span-input.ts'
import { type AttributeValue, SpanMark, type SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import type { SpanStore } from './span-store.ts'

const NOON = 1_800_000_000_000_000_000n
const MS = 1_000_000n

/** What hostile or careless telemetry holds; every one must come back as it went in. */
export const HOSTILE_TEXTS = [
  `'; DROP TABLE otel_traces; --`,
  `\\'; DROP TABLE otel_traces; --`,
  `line\n\nDROP TABLE otel_traces`,
  'quote " and `tick` and \\ backslash\\',
  'nul \0 inside',
  'tab\tcarriage\rfeed\fbell\b',
  'ünïcödé 漢字 🙂',
  `{x:String} ? $1 %s`,
  'a'.repeat(5000),
  '</script><script>alert(1)</script>',
  '__proto__',
]

export function spansOf(
  spans: readonly (Partial<SpanInput> & { readonly service?: string })[],
  epochNs: bigint = NOON,
): SpanTable {
  const builder = new SpanTableBuilder({ epochNs, attributes: 'keep' })
  const resources = new Map<string, number>()
  spans.forEach(({ service = 'payment', ...span }, i) => {
    const resource =
      resources.get(service) ??
      builder.addResource({ 'service.name': service, 'k8s.pod.name': `${service}-0` })
    resources.set(service, resource)
    builder.addSpan(resource, {
      traceId: traceIdOf(1),
      spanId: (i + 1).toString(16).padStart(16, '0'),
      name: 'charge',
      kind: 2,
      startNs: NOON,
      endNs: NOON + 10n * MS,
      ...span,
    })
  })
  return builder.finish()
}

export function traceIdOf(n: number): string {
  return n.toString(16).padStart(32, 'a')
}

/** What every span store does. */
export function spanStoreContract(name: string, open: () => Promise<SpanStore>): void {
  describe(name, () => {
    let store: SpanStore
    beforeAll(async () => {
      store = await open()
      await store.append(shop())
    })
    afterAll(() => store.close())

    test('traceById() gives every span of a trace, whole, by start', async () => {
      const trace = await store.traceById(traceIdOf(1).toUpperCase())
      const original = shop()
      const bare = (span: SpanInput) => ({
        ...span,
        links: span.links?.length === 0 ? undefined : span.links,
      })
      expect(rowsOf(trace).map(bare)).toEqual([0, 1].map((row) => bare(spanOf(original, row))))
      expect(trace.resources.map((resource) => resource.pod)).toEqual(['checkout-0', 'payment-0'])
      expect([trace.httpStatus[0], trace.strings[trace.errorType[1] as number]]).toEqual([503, 'Timeout'])
    })

    test('traceById() gives an empty table when there is no such trace', async () => {
      expect((await store.traceById('0123')).length).toBe(0)
    })

    test('marks of tagging are kept', async () => {
      const tagged = shop().marks.length
      expect(tagged).toBe(4)
      const trace = await store.traceById(traceIdOf(1))
      expect([...trace.marks]).toEqual([SpanMark.active, SpanMark.active | SpanMark.target])
    })

    test('findTraces() summarises whole traces, newest first', async () => {
      const found = await store.findTraces({})
      expect(found.map((trace) => trace.traceId)).toEqual([3, 2, 1].map(traceIdOf))
      expect(found[2]).toEqual({
        traceId: traceIdOf(1),
        startNs: NOON,
        durationNs: 30e6,
        spans: 2,
        errors: 2,
        services: ['checkout', 'payment'],
        root: { service: 'checkout', name: 'POST /checkout' },
      })
    })

    test.each([
      ['service', { service: 'payment' }, [3, 1]],
      ['operation', { operation: 'GET /items' }, [2]],
      ['interval, end excluded', { interval: { startNs: NOON + 1n, endNs: NOON + 3_600_000n * MS } }, [2, 1]],
      ['least duration', { durationNsMin: 30e6 }, [1]],
      ['errors', { status: 'error' }, [1]],
      ['span attribute', { attributes: { 'shop.item': '7' } }, [2]],
      ['resource attribute', { attributes: { 'k8s.pod.name': 'payment-0' } }, [3, 1]],
      ['two conditions on one span', { service: 'checkout', durationNsMin: 30e6 }, [1]],
      ['limit', { limit: 1 }, [3]],
      ['limit that reaches over a gap', { limit: 2 }, [3, 2]],
      ['nothing', { service: 'nobody' }, []],
    ] as const)('findTraces() filters by %s', async (_, filter, expected) => {
      const found = await store.findTraces(filter)
      expect(found.map((trace) => trace.traceId)).toEqual(expected.map(traceIdOf))
    })

    test('services() and operations() list what was seen', async () => {
      expect(await store.services()).toEqual(['catalog', 'checkout', 'payment'])
      expect(await store.operations('payment')).toEqual([{ name: 'charge', kind: 2, spans: 2 }])
      expect(await store.operations('nobody')).toEqual([])
    })

    test('loadColumns() gives the spans that started in a window', async () => {
      const table = await store.loadColumns({ startNs: NOON, endNs: NOON + 1000n * MS })
      const names = rowsOf(table).map((span) => span.name)
      expect(names.sort()).toEqual(['GET /items', 'POST /checkout', 'charge'])
    })

    test.each(HOSTILE_TEXTS.map((text) => [text.slice(0, 30), text]))(
      'text comes back as it went in: %j',
      async (_, text) => {
        const id = traceIdOf(1000 + HOSTILE_TEXTS.indexOf(text))
        const attributes: Record<string, AttributeValue> = { note: text }
        if (text !== '__proto__') attributes[text] = 'as a key'
        const startNs = NOON - 86_400_000n * MS
        await store.append(
          spansOf([
            {
              traceId: id,
              name: text,
              statusMessage: text,
              service: text,
              attributes,
              startNs,
              endNs: startNs,
            },
          ]),
        )
        const filters = [{ operation: text }, { service: text }, { attributes: { note: text } }]
        for (const filter of filters)
          expect((await store.findTraces(filter)).map((trace) => trace.traceId)).toEqual([id])
        const [span] = rowsOf(await store.traceById(id))
        expect(span).toMatchObject({ name: text, statusMessage: text, attributes })
        expect((await store.operations(text)).map((operation) => operation.name)).toEqual([text])
        expect(await store.traceById(text)).toHaveProperty('length', 0)
      },
    )

    test('stats() counts, and deleteBefore() forgets what is older', async () => {
      const before = await store.stats()
      expect(before.spans).toBe(4 + HOSTILE_TEXTS.length)
      expect(before.newestNs).toBe(NOON + 3_600_000n * MS)
      await store.deleteBefore(NOON + 20n * MS)
      expect(await store.stats()).toMatchObject({ spans: 2, oldestNs: NOON + 500n * MS })
      await store.deleteBefore(NOON + 86_400_000n * 10n * MS)
      expect(await store.stats()).toMatchObject({ spans: 0, oldestNs: undefined })
    })

    test('append() takes an empty table, and spans without attributes', async () => {
      await store.append(new SpanTableBuilder({ epochNs: NOON, attributes: 'keep' }).finish())
      const bare = new SpanTableBuilder({ epochNs: NOON, attributes: 'drop' })
      bare.addSpan(bare.addResource({}), {
        traceId: traceIdOf(9),
        spanId: '0000000000000009',
        name: '',
        kind: 0,
        startNs: NOON - 5n,
        endNs: NOON,
      })
      await store.append(bare.finish())
      expect(rowsOf(await store.traceById(traceIdOf(9)))).toMatchObject([{ name: '', startNs: NOON - 5n }])
    })
  })
}

/** checkout → payment (failed, in the chaos window), then a healthy trace, then one an hour later. */
function shop(): SpanTable {
  const table = spansOf([
    {
      service: 'checkout',
      name: 'POST /checkout',
      endNs: NOON + 30n * MS,
      status: 2,
      attributes: { 'http.response.status_code': '503', 'http.request.method': 'POST' },
    },
    {
      parentSpanId: '0000000000000001',
      startNs: NOON + 5n * MS,
      endNs: NOON + 25n * MS,
      status: 2,
      statusMessage: 'gave up',
      attributes: { 'http.request.method': 'POST' },
      events: [
        {
          name: 'exception',
          timeNs: NOON + 24n * MS,
          attributes: { 'exception.type': 'Timeout', 'exception.message': 'no answer' },
        },
        { name: 'retry', timeNs: NOON + 25n * MS, attributes: {} },
      ],
      links: [{ traceId: traceIdOf(3), spanId: '00000000000000ff' }],
    },
    {
      traceId: traceIdOf(2),
      service: 'catalog',
      name: 'GET /items',
      startNs: NOON + 500n * MS,
      endNs: NOON + 501n * MS,
      attributes: { 'shop.item': '7' },
    },
    { traceId: traceIdOf(3), startNs: NOON + 3_600_000n * MS, endNs: NOON + 3_600_001n * MS },
  ])
  table.marks.set([SpanMark.active, SpanMark.active | SpanMark.target])
  return table
}

function rowsOf(table: SpanTable): SpanInput[] {
  return Array.from({ length: table.length }, (_, row) => spanOf(table, row))
}
