import { criticalPath } from '../../aftershock/src/analysis/trace-view/trace-view-critical.ts'
import type { SpanRole, TraceFull, TraceSpan } from '../../aftershock/src/model/result.ts'

/** How a checkout went: one try of order for each, or a rejection by the breaker. */
export type Try = 'timed-out' | 'well'
export type CheckoutSketch = {
  readonly traceId: string
  readonly startedAt: string
  readonly tries: readonly Try[] | 'rejected'
}

type Growing = Omit<TraceSpan, 'crit'> & { readonly children: number[] }

/** A checkout of the shop as a trace with marks: tests and pictures only. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: data, not logic
export function checkoutTrace(sketch: CheckoutSketch): TraceFull {
  const spans: Growing[] = []
  const add = (
    parent: number | null,
    span: Partial<TraceSpan> & Pick<TraceSpan, 'service' | 'op' | 'kind' | 'start' | 'dur'>,
  ): number => {
    const id = (spans.length + 1).toString(16).padStart(16, '0')
    const at =
      spans.push({
        id,
        parent: parent === null ? null : (spans[parent]?.id ?? null),
        children: [],
        ...span,
      }) - 1
    if (parent !== null) spans[parent]?.children.push(at)
    return at
  }
  const call = (
    parent: number,
    from: string,
    to: string,
    op: string,
    start: number,
    dur: number,
    more: Partial<TraceSpan> = {},
  ): number => {
    const client = add(parent, {
      service: from,
      op,
      kind: 'client',
      start,
      dur,
      attrs: { 'server.address': to, 'http.request.method': op.split(' ')[0] ?? '' },
      ...more,
    })
    return add(client, {
      service: to,
      op,
      kind: 'server',
      start: start + 600,
      dur: dur - 1200,
      ...(more.error === undefined ? {} : { error: more.error }),
    })
  }
  const ends = triesOf(sketch)
  const total = ends.dur + 16_000
  const answer = ends.failed ? { error: '503', attrs: { 'http.response.status_code': 503 } } : {}
  const web = add(null, {
    service: 'web',
    op: 'POST /checkout',
    kind: 'server',
    start: 0,
    dur: total,
    ...answer,
  })
  const gateway = call(web, 'web', 'gateway', 'POST /api/checkout', 700, total - 1500, answer)
  call(gateway, 'gateway', 'cart', 'GET /cart', 2000, 6300)
  const checkout = call(gateway, 'gateway', 'checkout', 'POST /orders', 9000, total - 11_000, answer)
  if (sketch.tries === 'rejected')
    add(checkout, {
      service: 'checkout',
      op: 'POST order /place',
      kind: 'client',
      start: 10_200,
      dur: 410,
      error: 'EOPENBREAKER Breaker is open',
      marks: ['breaker'],
    })
  for (const attempt of ends.tries) addTry(add, call, checkout, attempt)
  const crit = criticalPath(
    spans.map((span) => ({ start: span.start, end: span.start + span.dur, children: span.children })),
    [0],
  )
  return {
    traceId: sketch.traceId,
    startedAt: sketch.startedAt,
    missingParents: 0,
    redacted: ['http.request.header.authorization'],
    spans: spans.map(({ children: _children, ...span }, at) => ({
      ...span,
      ...((crit[at]?.length ?? 0) > 0 ? { crit: crit[at] } : {}),
    })),
  }
}

type PlannedTry = { readonly n: number; readonly of: number; readonly start: number; readonly result: Try }

function triesOf(sketch: CheckoutSketch): {
  readonly dur: number
  readonly failed: boolean
  readonly tries: readonly PlannedTry[]
} {
  if (sketch.tries === 'rejected') return { dur: 1200, failed: true, tries: [] }
  let at = 10_500
  const tries = sketch.tries.map((result, i): PlannedTry => {
    const start = at
    at += (result === 'timed-out' ? 413_000 : 72_000) + (i === 0 ? 50_000 : 100_000)
    return { n: i + 1, of: sketch.tries.length, start, result }
  })
  const last = tries.at(-1)
  const dur = last === undefined ? 0 : last.start + (last.result === 'timed-out' ? 413_000 : 72_000)
  return { dur, failed: last?.result === 'timed-out', tries }
}

function addTry(
  add: (
    parent: number | null,
    span: Partial<TraceSpan> & Pick<TraceSpan, 'service' | 'op' | 'kind' | 'start' | 'dur'>,
  ) => number,
  call: (
    parent: number,
    from: string,
    to: string,
    op: string,
    start: number,
    dur: number,
    more?: Partial<TraceSpan>,
  ) => number,
  checkout: number,
  attempt: PlannedTry,
): void {
  const late = attempt.result === 'timed-out'
  const counted = attempt.of > 1 ? { attempt: attempt.n } : {}
  const marks: readonly SpanRole[] = attempt.n > 1 ? ['retry'] : []
  const order = call(
    checkout,
    'checkout',
    'order',
    'POST order /place',
    attempt.start,
    late ? 413_000 : 72_000,
    {
      ...(late ? { error: '504' } : {}),
      ...(marks.length > 0 ? { marks } : {}),
      ...counted,
    },
  )
  add(order, {
    service: 'order',
    op: 'inventory/Reserve',
    kind: 'client',
    start: attempt.start + 1500,
    dur: 8700,
  })
  const charge = attempt.start + 11_000
  const client = add(order, {
    service: 'order',
    op: 'POST payment /charge',
    kind: 'client',
    start: charge,
    dur: late ? 400_000 : 58_000,
    attrs: {
      'server.address': 'payment',
      'http.request.method': 'POST',
      'http.request.header.authorization': '[redacted]',
    },
    ...(late
      ? {
          error: 'TimeoutError The operation was aborted due to timeout',
          marks: ['timeout'] as const,
          timeoutMs: 400,
        }
      : {}),
  })
  const dur = late ? 537_000 + attempt.n * 9000 : 55_000
  const over = dur - 400_000 + 800
  const payment = add(client, {
    service: 'payment',
    op: 'POST /charge',
    kind: 'server',
    start: charge + 800,
    dur,
    attrs: { 'http.request.method': 'POST', 'http.route': '/charge', 'chaos.fault.target': true },
    ...(late ? { fault: 'payment +500 ms', marks: ['abandoned'] as const, abandonedUs: over } : {}),
  })
  add(payment, {
    service: 'payment',
    op: 'INSERT charge',
    kind: 'client',
    start: charge + dur - 9000,
    dur: 6900,
    attrs: {
      'db.system.name': 'sqlite',
      'db.query.text': 'INSERT INTO charge (order_id, cents) VALUES (?, ?)',
    },
    ...(late ? { marks: ['abandoned', 'side-effect'] as const, abandonedUs: 6900 } : {}),
  })
}
