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
function during(edge: Edge, status: number, lines: readonly string[], owner = ''): string {
  return `${calm(edge)}
@ +62s ×30 every 1000ms
gateway POST /checkout  0-920ms  http=${status}
  gateway>order POST /order  5-915ms  http=${status}
    order POST /order  6-914ms  http=${status} ${owner}
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
