import { expect, test } from 'vitest'
import type { TraceSpan } from '../../model/result.ts'
import type { SpanInput } from '../../model/span-input.ts'
import { SpanTableBuilder } from '../../model/span-table-builder.ts'
import { traceView } from './trace-view.ts'

const EPOCH = 1_795_000_000_000_000_000n
const TRACE = '65b6383b000000000000000000000001'
const id = (n: number): string => n.toString(16).padStart(16, '0')

type Drawn = Partial<SpanInput> & { readonly service: string; readonly n: number; readonly under?: number }

/** Spans with times in ms. */
function table(spans: readonly (Drawn & { readonly from: number; readonly to: number })[]) {
  const builder = new SpanTableBuilder({ epochNs: EPOCH, attributes: 'keep' })
  for (const { service, n, under, from, to, ...rest } of spans) {
    const resource = builder.addResource({ 'service.name': service, 'k8s.pod.name': `${service}-0` })
    builder.addSpan(resource, {
      traceId: TRACE,
      spanId: id(n),
      parentSpanId: under === undefined ? undefined : id(under),
      name: `${service} ${n}`,
      kind: 1,
      startNs: EPOCH + BigInt(from) * 1_000_000n,
      endNs: EPOCH + BigInt(to) * 1_000_000n,
      ...rest,
    })
  }
  return builder.finish()
}

const retried = () =>
  table([
    { n: 1, service: 'order', kind: 2, from: 0, to: 900 },
    {
      n: 2,
      under: 1,
      service: 'order',
      name: 'charge',
      kind: 3,
      from: 0,
      to: 400,
      status: 2,
      statusMessage: 'timeout',
    },
    { n: 3, under: 2, service: 'payment', kind: 2, from: 1, to: 540 },
    {
      n: 4,
      under: 3,
      service: 'payment',
      name: 'INSERT charge',
      kind: 3,
      from: 530,
      to: 538,
      attributes: { 'db.system': 'sqlite', 'db.operation': 'INSERT' },
    },
    { n: 5, under: 1, service: 'order', name: 'charge', kind: 3, from: 450, to: 880 },
    { n: 6, under: 5, service: 'payment', kind: 2, from: 460, to: 870 },
  ])

function byId(spans: readonly TraceSpan[] | undefined, n: number): TraceSpan {
  const span = spans?.find((s) => s.id === id(n))
  if (span === undefined) throw new Error(`no span ${n}`)
  return span
}

test('traceView() counts attempts, marks the time-out and measures the work nobody waited for', () => {
  const spans = traceView(retried(), TRACE)?.spans
  expect(byId(spans, 2)).toMatchObject({ attempt: 1, marks: ['timeout'], timeoutMs: 400, error: 'timeout' })
  expect(byId(spans, 3)).toMatchObject({ marks: ['abandoned'], abandonedUs: 140_000, dur: 539_000 })
  expect(byId(spans, 4)).toMatchObject({ marks: ['abandoned', 'side-effect'], abandonedUs: 8000 })
  expect(byId(spans, 5)).toMatchObject({ attempt: 2, marks: ['retry'] })
})

test('traceView() counts attempts to one address whichever of them was answered, and marks an abandoned POST', () => {
  const call = { service: 'api', under: 1, name: 'POST', kind: 3 }
  const attributes = { 'server.address': '127.0.0.1', 'server.port': 7003, 'http.request.method': 'POST' }
  const timedOut = { status: 2, statusMessage: 'timeout', attributes }
  const spans = traceView(
    table([
      { n: 1, service: 'api', kind: 2, from: 0, to: 1000 },
      { ...call, ...timedOut, n: 2, from: 0, to: 300 },
      { ...call, ...timedOut, n: 3, from: 350, to: 650 },
      { ...call, ...timedOut, n: 4, from: 700, to: 1000 },
      {
        n: 5,
        under: 4,
        service: 'stock',
        kind: 2,
        from: 990,
        to: 1100,
        attributes: { 'http.request.method': 'POST' },
      },
    ]),
    TRACE,
  )?.spans
  expect([2, 3, 4].map((n) => byId(spans, n).attempt)).toEqual([1, 2, 3])
  expect(byId(spans, 5).marks).toEqual(['abandoned', 'side-effect'])
})

test('traceView() gives a critical path that adds up to what the user waited', () => {
  const spans = traceView(retried(), TRACE)?.spans ?? []
  const sum = spans.flatMap((s) => s.crit ?? []).reduce((total, [from, to]) => total + to - from, 0)
  expect(sum).toBe(900_000)
  expect(byId(spans, 3).crit).toEqual([[1000, 400_000]])
})

test('traceView() marks the spans that ran on the target while the fault was on', () => {
  const faults = [
    {
      label: 'payment +500 ms',
      service: 'payment',
      pods: ['payment-0'],
      startNs: EPOCH,
      endNs: EPOCH + 455_000_000n,
    },
  ]
  const spans = traceView(retried(), TRACE, { faults, mechanisms: [] })?.spans
  expect(spans?.map((s) => s.fault)).toEqual([
    undefined,
    undefined,
    'payment +500 ms',
    undefined,
    undefined,
    undefined,
  ])
})

test('traceView() marks a breaker that rejects and a caller that copes', () => {
  const spans = traceView(
    table([
      { n: 1, service: 'catalog', kind: 2, from: 0, to: 9 },
      {
        n: 2,
        under: 1,
        service: 'catalog',
        kind: 3,
        from: 1,
        to: 2,
        status: 2,
        statusMessage: 'Breaker is open',
      },
    ]),
    TRACE,
  )?.spans
  expect(byId(spans, 1).marks).toEqual(['fallback'])
  expect(byId(spans, 2).marks).toEqual(['breaker'])
})

test('traceView() does not call an answered 504 the caller’s time-out', () => {
  const spans = traceView(
    table([
      {
        n: 1,
        service: 'a',
        kind: 3,
        from: 0,
        to: 9,
        status: 2,
        statusMessage: 'timeout',
        attributes: { 'http.response.status_code': 504 },
      },
    ]),
    TRACE,
  )?.spans
  expect(byId(spans, 1).marks).toBeUndefined()
})

test('traceView() takes out what looks secret, and says so', () => {
  const trace = traceView(
    table([
      {
        n: 1,
        service: 'a',
        from: 0,
        to: 9,
        attributes: {
          'http.request.header.authorization': 'Bearer abcdefghijklmnop',
          'url.full': 'https://u:hunter2@x.test/?token=abc&q=1',
          'user.contact': 'jo@example.org',
          'llm.tokens': 12,
        },
      },
    ]),
    TRACE,
  )
  expect(trace?.spans[0]?.attrs).toEqual({
    'http.request.header.authorization': '[redacted]',
    'url.full': 'https://[redacted]@x.test/?token=[redacted]&q=1',
    'user.contact': '[redacted]',
    'llm.tokens': 12,
  })
  expect(trace?.redacted).toEqual(['http.request.header.authorization', 'url.full', 'user.contact'])
})

test('traceView() survives missing parents, circles and unknown traces', () => {
  const broken = table([
    { n: 1, under: 2, service: 'a', from: 0, to: 9 },
    { n: 2, under: 1, service: 'a', from: 0, to: 9 },
    { n: 3, under: 99, service: 'a', from: 1, to: 2 },
  ])
  expect(traceView(broken, TRACE)).toMatchObject({ missingParents: 1 })
  expect(traceView(broken, 'ff')).toBeUndefined()
})

test('traceView() takes no handler for a fallback when the request it belongs to failed', () => {
  const spans = (status: number) =>
    traceView(
      table([
        {
          n: 1,
          service: 'api',
          kind: 2,
          from: 0,
          to: 90,
          attributes: { 'http.response.status_code': status },
        },
        { n: 2, under: 1, service: 'api', kind: 1, from: 1, to: 89 },
        { n: 3, under: 2, service: 'api', name: 'GET', kind: 3, from: 2, to: 12, status: 2 },
      ]),
      TRACE,
    )?.spans
  expect(byId(spans(503), 2).marks).toBeUndefined()
  expect(byId(spans(200), 2).marks).toEqual(['fallback'])
})
