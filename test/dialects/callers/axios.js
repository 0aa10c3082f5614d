/** axios with its own time-out, retried by axios-retry, behind opossum. */
import axios from 'axios'
import axiosRetry from 'axios-retry'
import CircuitBreaker from 'opossum'
import { Answered, BREAKER, PAYMENT_URL, RETRY_PAUSE_MS, TIMEOUT_MS } from './limits.js'

const once = axios.create()
const again = axios.create()
axiosRetry(again, {
  retries: 1,
  retryDelay: () => RETRY_PAUSE_MS,
  retryCondition: () => true,
  shouldResetTimeout: true,
})

async function charge(client, orderId, timeout = 0) {
  try {
    await client.post(PAYMENT_URL, {}, { headers: { 'x-order-id': orderId }, timeout })
  } catch (error) {
    if (error.response !== undefined) throw new Answered(error.response.status)
    throw Object.assign(new Error(error.message), { isTimeout: error.code === 'ECONNABORTED' })
  }
}

const breaker = new CircuitBreaker((id) => charge(once, id, TIMEOUT_MS), BREAKER)

export const CASES = {
  timeout: (id) => charge(once, id, TIMEOUT_MS),
  'retry-reset': (id) => charge(again, id),
  'retry-503': (id) => charge(again, id),
  'retry-timeout': (id) => charge(again, id, TIMEOUT_MS),
  breaker: (id) => breaker.fire(id),
  fallback: (id) => charge(once, id).catch(() => 'pay later'),
  shed: (id) => charge(once, id),
}
