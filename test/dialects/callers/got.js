/** got with its own time-out and retry, behind opossum. */
import got from 'got'
import CircuitBreaker from 'opossum'
import { Answered, BREAKER, PAYMENT_URL, RETRY_PAUSE_MS, TIMEOUT_MS } from './limits.js'

async function charge(orderId, { tries = 1, timeoutMs } = {}) {
  try {
    await got.post(PAYMENT_URL, {
      headers: { 'x-order-id': orderId },
      json: {},
      ...(timeoutMs === undefined ? {} : { timeout: { request: timeoutMs } }),
      retry: {
        limit: tries - 1,
        methods: ['POST'],
        calculateDelay: ({ computedValue }) => (computedValue ? RETRY_PAUSE_MS : 0),
      },
    })
  } catch (error) {
    if (error.response !== undefined) throw new Answered(error.response.statusCode)
    throw Object.assign(new Error(error.message), { isTimeout: error.name === 'TimeoutError' })
  }
}

const breaker = new CircuitBreaker((id) => charge(id, { timeoutMs: TIMEOUT_MS }), BREAKER)

export const CASES = {
  timeout: (id) => charge(id, { timeoutMs: TIMEOUT_MS }),
  'retry-reset': (id) => charge(id, { tries: 2 }),
  'retry-503': (id) => charge(id, { tries: 2 }),
  'retry-timeout': (id) => charge(id, { tries: 2, timeoutMs: TIMEOUT_MS }),
  breaker: (id) => breaker.fire(id),
  fallback: (id) => charge(id).catch(() => 'pay later'),
  shed: (id) => charge(id),
}
