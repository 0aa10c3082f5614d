/** node:http with a socket time-out, retries by hand. */
import { request } from 'node:http'
import CircuitBreaker from 'opossum'
import { Answered, BREAKER, PAYMENT_URL, pause, RETRY_PAUSE_MS, TIMEOUT_MS } from './limits.js'

function charge(orderId, timeoutMs = 5000) {
  return new Promise((resolve, reject) => {
    const call = request(PAYMENT_URL, { method: 'POST', headers: { 'x-order-id': orderId } }, (response) => {
      response.resume()
      response.on('end', () =>
        response.statusCode < 400 ? resolve() : reject(new Answered(response.statusCode)),
      )
    })
    call.setTimeout(timeoutMs, () =>
      call.destroy(Object.assign(new Error(`no answer within ${timeoutMs} ms`), { isTimeout: true })),
    )
    call.on('error', reject)
    call.end('{}')
  })
}

async function twice(attempt) {
  try {
    return await attempt()
  } catch {
    await pause(RETRY_PAUSE_MS)
    return attempt()
  }
}

const breaker = new CircuitBreaker((orderId) => charge(orderId, TIMEOUT_MS), BREAKER)

export const CASES = {
  timeout: (id) => charge(id, TIMEOUT_MS),
  'retry-reset': (id) => twice(() => charge(id)),
  'retry-503': (id) => twice(() => charge(id)),
  'retry-timeout': (id) => twice(() => charge(id, TIMEOUT_MS)),
  breaker: (id) => breaker.fire(id),
  fallback: (id) => charge(id).catch(() => 'pay later'),
  shed: (id) => charge(id),
}
