import { describe, expect, test } from 'vitest'
import { TextClass, textClassOf } from './text-class.ts'

const SAID: Readonly<Record<keyof typeof TextClass, readonly string[]>> = {
  none: ['', 'InternalError', '500', 'java.lang.IllegalStateException', 'could not serialize access'],
  timeout: [
    'The operation was aborted due to timeout',
    'TimeoutError',
    'ETIMEDOUT',
    'java.net.SocketTimeoutException',
    '4 DEADLINE_EXCEEDED: Deadline exceeded',
    'context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    'timeout of 400ms exceeded',
    'ReadTimeout',
    'TaskCancelledError: Operation timed out after 400ms',
    'pay timed-out and fallback failed.',
    'Timed out after 300ms',
    'UND_ERR_HEADERS_TIMEOUT',
    'The operation has timed out.',
    "TimeLimiter 'x' recorded a timeout exception",
    'System.Threading.Tasks.TaskCanceledException: HttpClient.Timeout of 2 seconds elapsing',
  ],
  breaker: [
    'Breaker is open',
    'EOPENBREAKER',
    "CircuitBreaker 'payment' is OPEN and does not permit further calls",
    'io.github.resilience4j.circuitbreaker.CallNotPermittedException',
    'Polly.CircuitBreaker.BrokenCircuitException: The circuit is now open and is not allowing calls.',
    'gobreaker: circuit breaker is open',
    'pybreaker.CircuitBreakerError',
    'BrokenCircuitError: Execution prevented because the circuit breaker is open',
    'Polly.CircuitBreaker.IsolatedCircuitException: The circuit is manually held open and is not allowing calls.',
    'Circuit Breaker is open; calls are failing fast',
    'Hystrix circuit short-circuited and is OPEN',
    'hystrix: circuit open',
    'com.alibaba.csp.sentinel.slots.block.degrade.DegradeException',
    'com.twitter.finagle.FailedFastException',
    'Stoplight::Error::RedLight',
    '[Breaker: pay] Circuit has been opened',
  ],
  network: [
    'connect ECONNREFUSED 127.0.0.1:7003',
    'ECONNRESET',
    'socket hang up',
    'other side closed',
    'java.net.ConnectException: Connection refused',
    'Connection reset by peer',
    'write: broken pipe',
  ],
  dns: ['getaddrinfo ENOTFOUND payment', 'EAI_AGAIN', 'java.net.UnknownHostException', 'no such host'],
  shed: [
    'BulkheadFullException',
    'Too Many Requests',
    '8 RESOURCE_EXHAUSTED',
    'rate limited',
    'ESEMLOCKED',
    'Semaphore locked',
    'Bulkhead capacity exceeded (0/1 execution slots, 0/0 available)',
    'hystrix: max concurrency',
    'com.alibaba.csp.sentinel.slots.block.flow.FlowException',
  ],
  cancelled: ['AbortError', 'This operation was aborted', 'context canceled', '1 CANCELLED'],
}

describe('textClassOf()', () => {
  for (const [name, texts] of Object.entries(SAID)) {
    test(`reads ${name} in the words of the libraries`, () => {
      const expected = TextClass[name as keyof typeof TextClass]
      expect(texts.filter((text) => textClassOf(text) !== expected)).toEqual([])
    })
  }
})
