/** fetch with AbortSignal, retried by p-retry, behind opossum; and a hedge by hand. */
import CircuitBreaker from 'opossum'
import pRetry from 'p-retry'
import {
  Answered,
  BREAKER,
  HEDGE_AFTER_MS,
  PAYMENT_URL,
  pause,
  RETRY_PAUSE_MS,
  TIMEOUT_MS,
} from './limits.js'

async function charge(orderId, signal) {
  const response = await fetch(PAYMENT_URL, {
    method: 'POST',
    headers: { 'x-order-id': orderId },
    body: '{}',
    ...(signal === undefined ? {} : { signal }),
  })
  await response.arrayBuffer()
  if (!response.ok) throw new Answered(response.status)
}

const within = (orderId) =>
  charge(orderId, AbortSignal.timeout(TIMEOUT_MS)).catch((error) => {
    throw Object.assign(new Error(error.message, { cause: error }), {
      isTimeout: error.name === 'TimeoutError',
    })
  })
const again = (attempt) =>
  pRetry(attempt, { retries: 1, minTimeout: RETRY_PAUSE_MS, shouldRetry: () => true })

/** Whoever answers first; the other is cut off. */
async function hedged(orderId) {
  const [first, second] = [new AbortController(), new AbortController()]
  const calls = [charge(orderId, first.signal)]
  const early = await Promise.race([calls[0].then(() => true), pause(HEDGE_AFTER_MS)])
  if (early === true) return
  calls.push(charge(orderId, second.signal))
  for (const call of calls) call.catch(() => undefined)
  await Promise.any(calls)
  first.abort()
  second.abort()
}

const breaker = new CircuitBreaker(within, BREAKER)

export const CASES = {
  timeout: within,
  'retry-reset': (id) => again(() => charge(id)),
  'retry-503': (id) => again(() => charge(id)),
  'retry-timeout': (id) => again(() => within(id)),
  breaker: (id) => breaker.fire(id),
  fallback: (id) => charge(id).catch(() => 'pay later'),
  shed: (id) => charge(id),
  hedge: hedged,
}
