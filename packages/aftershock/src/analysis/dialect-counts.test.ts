import { describe, expect, test } from 'vitest'
import { DRAWING_EPOCH_NS, tableOf } from '../model/draw-trace.ts'
import type { Mechanism } from '../model/result.ts'
import { analyse } from './analyse.ts'
import { drawnInterval, drawnWindows } from './test-support/drawn-windows.ts'

// How many, how long, how often: the same happenings in the words of libraries (shapes from their documents and sources).

function mechanism(kind: Mechanism['kind'], drawing: string): Mechanism | undefined {
  const windows = drawnWindows('payment', { kind: 'PodChaos', action: 'pod-failure' })
  const table = tableOf(drawing)
  const recovery = [drawnInterval(120, 180)]
  const originNs = DRAWING_EPOCH_NS
  const { mechanisms } = analyse({ table, windows: { ...windows, recovery }, originNs })
  return mechanisms.find((m) => m.kind === kind && m.verdict !== 'absent')
}

/** A request of which the order service's part is drawn. */
function request(at: string, status: number, endMs: number, owner: string, lines: readonly string[]): string {
  return `@ ${at}
gateway POST /checkout  0-${endMs + 6}ms  http=${status}
  gateway>order POST /order  5-${endMs + 1}ms  http=${status}
    order POST /order  6-${endMs}ms  http=${status} ${owner}
${lines.map((line) => `      ${line}`).join('\n')}
`
}

const HTTP = { call: 'order>payment POST /pay', answer: 'payment POST /pay', ok: 'http=200' }
const GRPC = {
  call: 'order>payment Payments/Charge',
  answer: 'payment Payments/Charge',
  ok: 'rpc.system=grpc grpc=0',
}
type Edge = typeof HTTP

function good({ call, answer, ok }: Edge): readonly string[] {
  return [`${call}  10-50ms  ${ok}`, `  ${answer}  11-49ms  ${ok}`]
}

function calm(edge: Edge): string {
  const at = (from: string): string => request(`${from} ×80 every 500ms`, 200, 54, '', good(edge))
  return `${at('+1s')}\n${at('+125s')}\n`
}

describe('a call that takes three attempts, pauses of 50 and 100 ms between them', () => {
  const three = (edge: Edge, failed: string, last: (n: number) => string): readonly string[] => [
    `${edge.call}  10-12ms  ${failed}`,
    `${edge.call}  62-64ms  ${failed} ${last(1)}`,
    `${edge.call}  164-200ms  ${edge.ok} ${last(2)}`,
    `  ${edge.answer}  165-199ms  ${edge.ok}`,
  ]
  const nothing = (): string => ''
  const DIALECTS: Readonly<Record<string, readonly [Edge, readonly string[]]>> = {
    'nothing (undici retry, cockatiel, Polly v8, Spring Retry, tenacity)': [
      HTTP,
      three(HTTP, 'error type=ECONNRESET', nothing),
    ],
    'http.request.resend_count': [
      HTTP,
      three(HTTP, 'error type=ECONNRESET', (n) => `http.request.resend_count=${n}`),
    ],
    'http.resend_count (old)': [HTTP, three(HTTP, 'error type=ECONNRESET', (n) => `http.resend_count=${n}`)],
    'gRPC Attempt spans': [
      GRPC,
      three(GRPC, 'error rpc.system=grpc grpc=14', (n) => `previous-rpc-attempts=${n}`),
    ],
    'Envoy, a span for each try: refused (UF)': [HTTP, three(HTTP, 'http=503 error flags=UF', nothing)],
  }
  for (const [name, [edge, lines]] of Object.entries(DIALECTS)) {
    test(`is told in numbers by ${name}`, () => {
      const drawing = `${calm(edge)}\n${request('+62s ×30 every 1000ms', 200, 204, '', lines)}`
      expect(mechanism('retry', drawing)).toMatchObject({
        ...{ count: 30, maxAttempts: 3, extraAttempts: 60, rescued: 30, backoffMs: [50, 100], loadX: 3 },
      })
    })
  }

  const IN_ONE: Readonly<Record<string, readonly string[]>> = {
    'Envoy, one span and a count of its retries': [
      'order>payment POST /pay  10-200ms  http=200 component=proxy retry.count=2 flags=-',
      '  payment POST /pay  165-199ms  http=200',
    ],
    'urllib3, one span and all answers below it': [
      'order>payment POST /pay  10-200ms  http=200',
      '  payment POST /pay  11-12ms  http=500 exception=Bug:broken',
      '  payment POST /pay  63-64ms  http=500 exception=Bug:broken',
      '  payment POST /pay  165-199ms  http=200',
    ],
  }
  for (const [name, lines] of Object.entries(IN_ONE)) {
    test(`is told in numbers, but for the pauses, by ${name}`, () => {
      const drawing = `${calm(HTTP)}\n${request('+62s ×30 every 1000ms', 200, 204, '', lines)}`
      expect(mechanism('retry', drawing)).toMatchObject({
        ...{ count: 30, maxAttempts: 3, extraAttempts: 60, rescued: 30, backoffMs: [], loadX: 3 },
      })
    })
  }

  test('in vain: Envoy says so (URX), and none is rescued', () => {
    const lines = [
      ...['10-12', '62-64'].map((at) => `order>payment POST /pay  ${at}ms  http=503 error flags=UF`),
      'order>payment POST /pay  164-166ms  http=503 error flags=UF,URX',
    ]
    const drawing = `${calm(HTTP)}\n${request('+62s ×30 every 1000ms', 503, 170, '', lines)}`
    expect(mechanism('retry', drawing)).toMatchObject({
      count: 30,
      extraAttempts: 60,
      rescued: 0,
      verdict: 'hurt',
    })
  })
})

describe('limits of 250 and 400 ms', () => {
  const DIALECTS: Readonly<Record<string, readonly [Edge, string]>> = {
    cockatiel: [HTTP, 'error exception="TaskCancelledError:Operation timed out after 400ms"'],
    'Polly v8': [
      HTTP,
      'error exception="Polly.Timeout.TimeoutRejectedException:The operation didn\'t complete within the allowed timeout."',
    ],
    resilience4j: [
      HTTP,
      `error exception="java.util.concurrent.TimeoutException:TimeLimiter 'pay' recorded a timeout exception."`,
    ],
    'Envoy (UT)': [HTTP, 'http=504 error flags=UT'],
    'Envoy, tried to the last (UT,URX)': [HTTP, 'http=504 error flags=UT,URX'],
    'undici, without a word': [HTTP, 'http.request.method=POST'],
    gRPC: [GRPC, 'error rpc.system=grpc grpc=4'],
  }
  for (const [name, [edge, said]] of Object.entries(DIALECTS)) {
    test(`are told in numbers by ${name}`, () => {
      const cut = (at: string, ms: number): string =>
        request(at, 504, ms + 14, '', [
          `${edge.call}  10-${10 + ms}ms  ${said}`,
          `  ${edge.answer}  11-549ms  ${edge.ok}`,
        ])
      const drawing = [calm(edge), cut('+62s ×30 every 1000ms', 400), cut('+62500ms ×12 every 1000ms', 250)]
      expect(mechanism('timeout', drawing.join('\n'))).toMatchObject({
        count: 42,
        timeoutMs: 400,
        limits: [
          { timeoutMs: 400, count: 30 },
          { timeoutMs: 250, count: 12 },
        ],
      })
    })
  }
})

describe('a breaker that opens twice, half open in between', () => {
  const failed = (at: string): string =>
    request(at, 503, 20, '', ['order>payment POST /pay  10-14ms  error type=ECONNRESET'])
  const DIALECTS: Readonly<Record<string, readonly [string, readonly string[]]>> = {
    opossum: ['exception="Error:Breaker is open"', []],
    cockatiel: ['exception="BrokenCircuitError:Execution prevented because the circuit breaker is open"', []],
    'Polly v8': [
      'exception="Polly.CircuitBreaker.BrokenCircuitException:The circuit is now open and is not allowing calls."',
      [],
    ],
    resilience4j: [
      `exception="io.github.resilience4j.circuitbreaker.CallNotPermittedException:CircuitBreaker 'payment' is OPEN and does not permit further calls"`,
      [],
    ],
    Hystrix: ['exception="HystrixRuntimeException:pay short-circuited; circuit is OPEN"', []],
    'Envoy (UO)': ['', ['order>payment POST /pay  7-8ms  http=503 error flags=UO']],
    'gobreaker, on a client span': [
      '',
      ['order>payment POST /pay  7-8ms  error message="circuit breaker is open"'],
    ],
    'nothing at all': ['', []],
  }
  for (const [name, [owner, lines]] of Object.entries(DIALECTS)) {
    test(`is told in numbers by ${name}`, () => {
      const rejected = (at: string): string =>
        request(at, 500, 10, owner === '' ? '' : `error ${owner}`, lines)
      const drawing = [
        calm(HTTP),
        // Five failures open it; it rejects, and half open it lets one good call in and rejects beside it.
        failed('+61s ×5 every 100ms'),
        rejected('+62s ×10 every 500ms'),
        request('+67s', 200, 54, '', good(HTTP)),
        rejected('+67300ms ×2 every 300ms'),
        request('+68s ×20 every 500ms', 200, 54, '', good(HTTP)),
        failed('+80s ×5 every 100ms'),
        rejected('+81s ×10 every 500ms'),
        request('+90s ×40 every 500ms', 200, 54, '', good(HTTP)),
      ]
      const found = mechanism('circuit-breaker', drawing.join('\n'))
      expect(found?.count).toBe(22)
      const seconds = found?.openings?.map((o) =>
        [o.openedAt, o.closedAt ?? 0].map((ms) => Math.round(ms / 100) / 10),
      )
      expect(seconds).toEqual([
        [62, 68.1],
        [81, 90.1],
      ])
    })
  }
})
