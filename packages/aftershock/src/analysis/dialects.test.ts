import { describe, expect, test } from 'vitest'
import { DRAWING_EPOCH_NS, tableOf } from '../model/draw-trace.ts'
import type { Windows } from '../model/window.ts'
import { analyse } from './analyse.ts'

// The same truth told in the words of the libraries people run (shapes from their documents and sources).

const SECOND = 1_000_000_000n

function windows(): Windows {
  const at = (from: number, to: number) => ({
    startNs: DRAWING_EPOCH_NS + BigInt(from) * SECOND,
    endNs: DRAWING_EPOCH_NS + BigInt(to) * SECOND,
  })
  const targets = [{ service: 'payment', namespace: undefined, pods: [] }]
  return {
    experiments: [
      {
        name: 'x',
        kind: 'NetworkChaos',
        action: 'delay',
        mode: 'all',
        targets,
        parameters: { latencyMs: 500 },
      },
    ],
    baseline: [at(0, 60)],
    chaos: [at(60, 120)],
    recovery: [at(120, 180)],
  }
}

function told(drawing: string): readonly string[] {
  return analyse({ table: tableOf(drawing), windows: windows() })
    .mechanisms.filter((m) => m.verdict !== 'absent')
    .map((m) => `${m.kind} ${m.caller}>${m.callee} ${m.count}`)
    .sort()
}

type Edge = { readonly call: string; readonly answer: string }
const HTTP: Edge = { call: 'order>payment POST /pay', answer: 'payment POST /pay' }
const GRPC: Edge = { call: 'order>payment Payments/Charge', answer: 'payment Payments/Charge' }
const ok = (edge: Edge): string => (edge === HTTP ? 'http=200' : 'rpc.system=grpc grpc=0')

function calm(edge: Edge): string {
  const request = `
gateway POST /checkout  0-60ms  http=200
  gateway>order POST /order  5-55ms  http=200
    order POST /order  6-54ms  http=200
      ${edge.call}  10-50ms  ${ok(edge)}
        ${edge.answer}  11-49ms  ${ok(edge)}
`
  return `@ +1s ×80 every 500ms${request}\n@ +125s ×80 every 500ms${request}\n`
}

/** 30 requests of the chaos window, with what the order service did in place of one good call. */
function during(edge: Edge, status: number, lines: readonly string[], owner = '', endMs = 914): string {
  return `${calm(edge)}
@ +62s ×30 every 1000ms
gateway POST /checkout  0-${endMs + 6}ms  http=${status}
  gateway>order POST /order  5-${endMs + 1}ms  http=${status}
    order POST /order  6-${endMs}ms  http=${status} ${owner}
${lines.map((line) => `      ${line}`).join('\n')}
`
}

describe('a time-out of 400 ms, while the callee works on', () => {
  const DIALECTS: Readonly<Record<string, readonly [Edge, string]>> = {
    'undici aborted: UNSET, no error at all': [HTTP, 'http.request.method=POST'],
    'fetch with AbortSignal.timeout': [
      HTTP,
      'error exception="TimeoutError:The operation was aborted due to timeout"',
    ],
    'fetch with an AbortController': [HTTP, 'error exception="AbortError:This operation was aborted"'],
    'otel-js http, old names': [HTTP, 'error type=ETIMEDOUT http.method=POST net.peer.name=payment'],
    axios: [HTTP, 'error type=ECONNABORTED message="timeout of 400ms exceeded"'],
    got: [HTTP, 'error exception="TimeoutError:Timeout awaiting request for 400ms"'],
    'undici headers time-out': [HTTP, 'error exception="HeadersTimeoutError:UND_ERR_HEADERS_TIMEOUT"'],
    'Java agent': [
      HTTP,
      'error type=java.net.SocketTimeoutException exception="java.net.SocketTimeoutException:Read timed out"',
    ],
    'resilience4j TimeLimiter': [
      HTTP,
      `error exception="java.util.concurrent.TimeoutException:TimeLimiter 'pay' recorded a timeout exception."`,
    ],
    '.NET HttpClient': [
      HTTP,
      'error type=System.Threading.Tasks.TaskCanceledException message="The request was canceled due to the configured HttpClient.Timeout of 0.4 seconds elapsing."',
    ],
    'Polly time-out': [
      HTTP,
      "error exception=\"Polly.Timeout.TimeoutRejectedException:The operation didn't complete within the allowed timeout of '00:00:00.4'.\"",
    ],
    'Python requests': [
      HTTP,
      'error type=ReadTimeout exception="requests.exceptions.ReadTimeout:Read timed out. (read timeout=0.4)"',
    ],
    'Go net/http': [
      HTTP,
      'error type=*url.Error message="context deadline exceeded (Client.Timeout exceeded while awaiting headers)"',
    ],
    'gRPC by number': [GRPC, 'error rpc.system=grpc grpc=4'],
    'gRPC by name, new attribute': [
      GRPC,
      'error rpc.system.name=grpc rpc.response.status_code=DEADLINE_EXCEEDED',
    ],
    'Envoy flag UT': [HTTP, 'http=504 flags=UT'],
  }
  for (const [name, [edge, said]] of Object.entries(DIALECTS)) {
    test(`analyse() finds it as told by ${name}`, () => {
      const found = told(
        during(edge, 504, [`${edge.call}  10-410ms  ${said}`, `  ${edge.answer}  11-549ms  ${ok(edge)}`]),
      )
      expect(found).toContain('timeout order>payment 30')
      expect(found).toContain('duplicate-work order>payment 30')
    })
  }
})

describe('two attempts, the second good', () => {
  const DIALECTS: Readonly<Record<string, readonly [Edge, string, string]>> = {
    'nothing (undici, axios-retry, p-retry, tenacity, Polly)': [HTTP, 'error type=ECONNRESET', 'http=200'],
    'http.request.resend_count': [HTTP, 'error type=ECONNRESET', 'http=200 http.request.resend_count=1'],
    'http.resend_count (old)': [HTTP, 'error type=ECONNRESET', 'http=200 http.resend_count=1'],
    'gRPC Attempt spans': [
      GRPC,
      'error rpc.system=grpc grpc=14',
      'rpc.system=grpc grpc=0 previous-rpc-attempts=1',
    ],
    urllib3: [HTTP, 'error exception="urllib3.exceptions.ProtocolError:Connection aborted."', 'http=200'],
    Go: [HTTP, 'error message="read tcp: connection reset by peer"', 'http=200'],
  }
  for (const [name, [edge, first, second]] of Object.entries(DIALECTS)) {
    test(`analyse() finds the retry as told by ${name}`, () => {
      const found = told(
        during(edge, 200, [
          `${edge.call}  10-12ms  ${first}`,
          `${edge.call}  60-100ms  ${second}`,
          `  ${edge.answer}  61-99ms  ${ok(edge)}`,
        ]),
      )
      expect(found).toEqual(['retry order>payment 30'])
    })
  }

  test('each attempt below an internal span of its own is still an attempt', () => {
    const found = told(
      during(HTTP, 200, [
        'order attempt  9-13ms',
        '  order>payment POST /pay  10-12ms  error type=ECONNRESET',
        'order attempt  59-101ms',
        '  order>payment POST /pay  60-100ms  http=200',
        '    payment POST /pay  61-99ms  http=200',
      ]),
    )
    expect(found).toEqual(['retry order>payment 30'])
  })
})

describe('a breaker that rejects, after a burst of failures', () => {
  const burst = `@ +61s ×6 every 100ms
gateway POST /checkout  0-420ms  http=504
  gateway>order POST /order  5-415ms  http=504
    order POST /order  6-414ms  http=504
      order>payment POST /pay  10-410ms  timeout
        payment POST /pay  11-549ms  http=200
`
  const DIALECTS: Readonly<Record<string, readonly [string, readonly string[]]>> = {
    'opossum, exception on the server span': ['exception="Error:Breaker is open"', []],
    'opossum, exception on an internal span': [
      '',
      ['order pay  7-8ms  error exception="Error:Breaker is open"'],
    ],
    resilience4j: [
      `exception="io.github.resilience4j.circuitbreaker.CallNotPermittedException:CircuitBreaker 'payment' is OPEN and does not permit further calls"`,
      [],
    ],
    Polly: [
      'exception="Polly.CircuitBreaker.BrokenCircuitException:The circuit is now open and is not allowing calls."',
      [],
    ],
    'pybreaker, status message only': ['message="Timeout not elapsed yet, circuit breaker still open"', []],
    'Go gobreaker on a client span': [
      '',
      ['order>payment POST /pay  7-8ms  error message="circuit breaker is open"'],
    ],
    'Envoy flag UO': ['', ['order>payment POST /pay  7-8ms  http=503 error flags=UO']],
    'nothing at all': ['', []],
  }
  for (const [name, [owner, lines]] of Object.entries(DIALECTS)) {
    test(`analyse() finds it as told by ${name}`, () => {
      const error = owner === '' ? '' : `error ${owner}`
      const drawing = `${calm(HTTP)}\n${burst}
@ +62s ×30 every 1000ms
gateway POST /checkout  0-12ms  http=500
  gateway>order POST /order  1-11ms  http=500
    order POST /order  6-10ms  http=500 ${error}
${lines.map((line) => `      ${line}`).join('\n')}
`
      expect(told(drawing)).toContain('circuit-breaker order>payment 30')
    })
  }
})

describe('a breaker that says nothing, beside a call that owners do without', () => {
  const request = (at: string, status: number, lines: readonly string[]): string => `@ ${at}
gateway POST /checkout  0-60ms  http=${status}
  gateway>order POST /order  5-55ms  http=${status}
    order POST /order  6-54ms  http=${status}
${lines.map((line) => `      ${line}`).join('\n')}
`
  const ADVERTS = ['order>adverts GET /ads  7-9ms  http=200', '  adverts GET /ads  7500us-8500us  http=200']
  const NO_ADVERTS = ['order>adverts GET /ads  7-9ms  error type=ECONNREFUSED']
  const PAID = ['order>payment POST /pay  10-50ms  http=200', '  payment POST /pay  11-49ms  http=200']
  const UNPAID = ['order>payment POST /pay  10-50ms  error type=ECONNRESET']

  test('analyse() finds its rejections though another call failed too', () => {
    const drawing = [
      request('+1s ×80 every 500ms', 200, [...ADVERTS, ...PAID]),
      request('+50s ×5 every 500ms', 200, [...NO_ADVERTS, ...PAID]),
      request('+61s ×6 every 100ms', 503, [...ADVERTS, ...UNPAID]),
      request('+62s ×30 every 1000ms', 503, NO_ADVERTS),
    ]
    expect(told(drawing.join('\n'))).toContain('circuit-breaker order>payment 30')
  })
})

describe('attempts that share one client span', () => {
  const one = (lines: readonly string[]): readonly string[] => told(during(HTTP, 200, lines))

  test('urllib3: two answers of the callee below one call are two attempts', () => {
    const found = one([
      'order>payment POST /pay  10-100ms  http=200',
      '  payment POST /pay  11-12ms  http=500 exception=Bug:broken',
      '  payment POST /pay  61-99ms  http=200',
    ])
    expect(found).toEqual(['retry order>payment 30'])
  })

  test('Envoy: a proxy span that counts its retries', () => {
    const found = one([
      'order>payment POST /pay  10-100ms  http=200 component=proxy retry.count=1 flags=-',
      '  payment POST /pay  61-99ms  http=200',
    ])
    expect(found).toEqual(['retry order>payment 30'])
  })

  test('gRPC hedging: two answers side by side', () => {
    const found = told(
      during(GRPC, 200, [
        `${GRPC.call}  10-110ms  ${ok(GRPC)}`,
        `  ${GRPC.answer}  11-549ms  ${ok(GRPC)}`,
        `  ${GRPC.answer}  71-109ms  ${ok(GRPC)}`,
      ]),
    )
    expect(found).toEqual(['duplicate-work order>payment 30', 'hedge order>payment 30'])
  })

  test('a redirect that is followed is the same try, in one span or two', () => {
    const inOne = one([
      'order>payment POST /pay  10-100ms  http=200',
      '  payment POST /pay  11-12ms  http=307',
      '  payment POST /pay  61-99ms  http=200',
    ])
    const inTwo = one([
      'order>payment POST /pay  10-13ms  http=307',
      '  payment POST /pay  11-12ms  http=307',
      'order>payment POST /pay  60-100ms  http=200 http.request.resend_count=1',
      '  payment POST /pay  61-99ms  http=200',
    ])
    expect([...inOne, ...inTwo]).toEqual([])
  })

  test('a call that always has two answers has no attempts', () => {
    const both = (at: string): string => `@ ${at}
gateway POST /checkout  0-60ms  http=200
  gateway>order POST /order  5-55ms  http=200
    order POST /order  6-54ms  http=200
      order>payment POST /pay  10-50ms  http=200
        payment POST /pay  11-20ms  http=200
        payment POST /pay  21-49ms  http=200`
    expect(told(`${both('+1s ×80 every 500ms')}\n\n${both('+62s ×40 every 1000ms')}`)).toEqual([])
  })
})

describe('a callee that is full', () => {
  const DIALECTS: Readonly<Record<string, readonly [Edge, string, string]>> = {
    '429': [HTTP, 'http=429', 'http=429'],
    'RESOURCE_EXHAUSTED by number': [GRPC, 'error rpc.system=grpc grpc=8', 'rpc.system=grpc grpc=8'],
    'RESOURCE_EXHAUSTED by name': [
      GRPC,
      'error rpc.system.name=grpc rpc.status_code=RESOURCE_EXHAUSTED',
      'rpc.system.name=grpc rpc.status_code=RESOURCE_EXHAUSTED',
    ],
    '503 at once': [HTTP, 'http=503 error', 'http=503 error'],
    'resilience4j Bulkhead at the callee': [
      HTTP,
      'http=503 error',
      'http=503 error exception="io.github.resilience4j.bulkhead.BulkheadFullException:Bulkhead \'pay\' is full and does not permit further calls"',
    ],
    'Polly rate limiter at the callee': [
      HTTP,
      'http=503 error',
      'http=503 error exception="Polly.RateLimiting.RateLimiterRejectedException:The operation could not be executed because it was rejected by the rate limiter."',
    ],
    'Envoy flag RL': [HTTP, 'http=429 flags=RL', 'http=429'],
  }
  for (const [name, [edge, call, answer]] of Object.entries(DIALECTS)) {
    test(`analyse() finds it as told by ${name}`, () => {
      const found = told(
        during(
          edge,
          500,
          [`${edge.call}  10-12ms  ${call}`, `  ${edge.answer}  10500us-11ms  ${answer}`],
          '',
          14,
        ),
      )
      expect(found).toEqual(['load-shed >payment 30'])
    })
  }
})

describe('work that is finished for nobody', () => {
  test('analyse() finds it below a server span that ended when the caller hung up (Node)', () => {
    const found = told(
      during(
        HTTP,
        504,
        [
          'order>payment POST /pay  10-410ms  timeout',
          '  payment POST /pay  11-410ms  http=200',
          '    payment charge card  12-548ms',
        ],
        '',
        414,
      ),
    )
    expect(found).toEqual(['duplicate-work order>payment 30', 'timeout order>payment 30'])
  })

  test('analyse() finds it behind a server that says the client went away (Java, nginx 499)', () => {
    const found = told(
      during(HTTP, 504, [
        'order>payment POST /pay  10-410ms  timeout',
        '  payment POST /pay  11-549ms  http=499',
      ]),
    )
    expect(found).toContain('duplicate-work order>payment 30')
  })
})

describe('a fallback after the call failed for good', () => {
  const DIALECTS: Readonly<Record<string, readonly string[]>> = {
    'nothing but the failed call': ['order>payment POST /pay  10-12ms  error type=ECONNRESET'],
    'Hystrix, a fallback span': [
      'order pay.execute  9-13ms  error hystrix.command=pay',
      '  order>payment POST /pay  10-12ms  error type=java.net.ConnectException',
      'order pay.fallback  13-14ms  hystrix.command=pay',
    ],
    'another service instead': [
      'order>payment POST /pay  10-12ms  error type=ECONNRESET',
      'order>ledger POST /later  20-40ms  http=200',
      '  ledger POST /later  21-39ms  http=200',
    ],
    '.NET, Polly': [
      'order>payment POST /pay  10-12ms  error type=System.Net.Http.HttpRequestException message="Connection refused (payment:80)"',
    ],
  }
  for (const [name, lines] of Object.entries(DIALECTS)) {
    test(`analyse() finds it as told by ${name}`, () => {
      expect(told(during(HTTP, 200, lines))).toEqual(['fallback order>payment 30'])
    })
  }
})

describe('silent peers', () => {
  test('a callee without spans is known by its address, and its time-outs are found', () => {
    const quiet = calm(HTTP).replaceAll(/^ +payment POST.*\n/gm, '')
    const drawing = `${quiet}\n@ +62s ×30 every 1000ms
gateway POST /checkout  0-420ms  http=504
  gateway>order POST /order  5-415ms  http=504
    order POST /order  6-414ms  http=504
      order>payment POST /pay  10-410ms  timeout
`
    expect(told(drawing)).toEqual(['timeout order>payment 30'])
  })
})
