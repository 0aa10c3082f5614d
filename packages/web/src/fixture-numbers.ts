import { layOutGraph } from '../../aftershock/src/analysis/tell/graph-layout.ts'
import type { EdgeRow, RunResult, Series } from '../../aftershock/src/model/result.ts'

/** Errors of a second: 492 in chaos (104 of them rejected), 84 after it while the breaker was open again. */
function errorsAt(second: number): number {
  if (second < 60 || second >= 180) return 0
  if (second >= 120) return second >= 126 && second < 132 ? 14 : 0
  if (second === 65 || second === 93) return 20
  if ([64, 66, 92, 94].includes(second)) return 18
  const quiet = second === 60 ? 10 : second % 2 === 0 ? 6 : 8
  return quiet - (second === 62 ? -2 : 0) + (second === 96 ? 2 : 0)
}

export function series(): Series {
  const seconds = Array.from({ length: 180 }, (_, i) => i)
  const errors = evened(seconds.map(errorsAt))
  const wave = (second: number): number => ((second * 37) % 11) - 5
  return {
    id: 'checkout',
    journey: 'checkout',
    stepMs: 1000,
    t0: 0,
    n: seconds.map(() => 20),
    errors,
    p50Ok: seconds.map((s) => (errors[s] === 20 ? null : (s >= 60 && s < 120 ? 92 : 88) + wave(s) / 2)),
    p95Ok: seconds.map((s) =>
      errors[s] === 20 ? null : s >= 60 && s < 120 ? 590 + wave(s) * 12 : 98 + wave(s),
    ),
    marks: [
      { at: 64_200, kind: 'breaker', text: 'checkout’s breaker opened' },
      { at: 92_200, kind: 'breaker', text: 'checkout’s breaker opened' },
      { at: 125_800, kind: 'breaker', text: 'checkout’s breaker opened' },
    ],
  }
}

/** The pattern, with the last seconds of chaos moved so that the sum is 492. */
function evened(errors: readonly number[]): readonly number[] {
  const even = [...errors]
  let missing = 492 - even.slice(60, 120).reduce((sum, n) => sum + n, 0)
  for (let s = 119; missing !== 0; s = s === 100 ? 119 : s - 1) {
    even[s] = (even[s] ?? 0) + Math.sign(missing)
    missing -= Math.sign(missing)
  }
  return even
}

type Counted = readonly [n: number, errors: number, retries: number, p50: number, p95: number]

function edgeRow(
  from: string,
  to: string,
  op: string,
  before: Counted,
  during: Counted,
  after: Counted,
): EdgeRow {
  const phase = ([n, errors, retries, p50, p95]: Counted) => ({
    n,
    errors,
    p50Ok: p50,
    p95Ok: p95,
    p99Ok: Math.round(p95 * 1.2),
    attempts: n,
    retries,
    rps: n / 60,
  })
  const errPts = (during[1] / during[0] - before[1] / before[0]) * 100
  return {
    id: `${from}→${to}`,
    from,
    to,
    op,
    phases: { baseline: phase(before), chaos: phase(during), recovery: phase(after) },
    delta: { errPts, p95Pct: (during[4] / before[4] - 1) * 100, loadX: during[0] / before[0] },
    significant: errPts > 1 || during[4] > before[4] * 2,
    errorTop:
      during[1] === 0
        ? []
        : [{ type: from === 'order' ? 'TimeoutError' : from === 'checkout' ? '504' : '503', n: during[1] }],
  }
}

export function edgeRows(): readonly EdgeRow[] {
  return [
    edgeRow(
      'checkout',
      'order',
      'POST /place',
      [1200, 0, 0, 74, 85],
      [1952, 1244, 856, 75, 88],
      [1125, 9, 9, 74, 86],
    ),
    edgeRow(
      'order',
      'payment',
      'POST /charge',
      [1200, 0, 0, 58, 80],
      [1952, 1244, 0, 60, 84],
      [1125, 9, 0, 58, 82],
    ),
    edgeRow(
      'gateway',
      'checkout',
      'POST /orders',
      [1200, 0, 0, 78, 97],
      [1200, 492, 0, 90, 608],
      [1200, 84, 0, 79, 98],
    ),
    edgeRow(
      'web',
      'gateway',
      'POST /api/checkout',
      [1200, 0, 0, 86, 97],
      [1200, 492, 0, 91, 611],
      [1200, 84, 0, 87, 98],
    ),
    edgeRow('gateway', 'cart', 'GET /cart', [1200, 0, 0, 6, 9.8], [1200, 0, 0, 6, 10], [1200, 0, 0, 6, 10]),
    edgeRow(
      'gateway',
      'catalog',
      'GET /items',
      [1200, 0, 0, 14, 28],
      [1200, 0, 0, 14, 28],
      [1200, 0, 0, 14, 28],
    ),
    edgeRow(
      'order',
      'inventory',
      'inventory/Reserve',
      [1200, 0, 0, 9, 14],
      [1952, 0, 0, 9, 14],
      [1125, 0, 0, 9, 14],
    ),
    edgeRow(
      'payment',
      'payment-db',
      'INSERT charge',
      [1200, 0, 0, 6, 8],
      [1952, 0, 0, 6, 8],
      [1125, 0, 0, 6, 8],
    ),
  ]
}

export function callsOf(edge: EdgeRow): number {
  return edge.phases.baseline.n + edge.phases.chaos.n + edge.phases.recovery.n
}

export function graph(): RunResult['graph'] {
  const node = (
    id: string,
    state: RunResult['graph']['nodes'][number]['state'],
    hops: number | null,
    kind: 'service' | 'db' = 'service',
  ) => ({ id, state, hops, kind })
  const edge = (
    from: string,
    to: string,
    state: 'failing' | 'steady',
    label: string,
    stepIds: readonly string[] = [],
  ) => ({ id: `${from}→${to}`, from, to, state, label, stepIds })
  return layOutGraph(
    [
      node('web', 'failing', 4),
      node('gateway', 'failing', 3),
      node('checkout', 'failing', 2),
      node('order', 'failing', 1),
      node('payment', 'origin', 0),
      node('payment-db', 'steady', null, 'db'),
      node('inventory', 'silent', null),
      node('cart', 'steady', null),
      node('catalog', 'steady', null),
    ],
    [
      edge('web', 'gateway', 'failing', '41 %', ['s5']),
      edge('gateway', 'checkout', 'failing', '41 %', ['s5']),
      edge('checkout', 'order', 'failing', '64 %', ['s3', 's4']),
      edge('order', 'payment', 'failing', '64 %', ['s1', 's2']),
      edge('order', 'inventory', 'steady', ''),
      edge('gateway', 'cart', 'steady', ''),
      edge('gateway', 'catalog', 'steady', ''),
      edge('payment', 'payment-db', 'steady', ''),
    ],
  )
}
