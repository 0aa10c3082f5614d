/** @grpc/grpc-js with deadlines, its retry policy and its hedging policy, behind opossum. */
import { credentials, status } from '@grpc/grpc-js'
import CircuitBreaker from 'opossum'
import pRetry from 'p-retry'
import { Payments } from '../grpc-api.js'
import { Answered, BREAKER, HEDGE_AFTER_MS, PAYMENT_GRPC, RETRY_PAUSE_MS, TIMEOUT_MS } from './limits.js'

const clientWith = (policy) =>
  new Payments(PAYMENT_GRPC, credentials.createInsecure(), {
    'grpc.service_config': JSON.stringify({
      methodConfig: [{ name: [{ service: 'shop.Payments' }], ...policy }],
    }),
  })
const plain = clientWith({})
const retrying = clientWith({
  retryPolicy: {
    maxAttempts: 2,
    initialBackoff: '0.03s',
    maxBackoff: '0.1s',
    backoffMultiplier: 1,
    retryableStatusCodes: ['UNAVAILABLE'],
  },
})
const hedging = clientWith({
  hedgingPolicy: { maxAttempts: 2, hedgingDelay: `${HEDGE_AFTER_MS / 1000}s`, nonFatalStatusCodes: [] },
})

function charge(client, orderId, timeoutMs = 5000) {
  return new Promise((resolve, reject) => {
    client.charge({ orderId }, { deadline: Date.now() + timeoutMs }, (error) => {
      if (error === null) return resolve()
      if (error.code === status.RESOURCE_EXHAUSTED) return reject(new Answered(429))
      reject(Object.assign(new Error(error.message), { isTimeout: error.code === status.DEADLINE_EXCEEDED }))
    })
  })
}

const breaker = new CircuitBreaker((id) => charge(plain, id, TIMEOUT_MS), BREAKER)

export const CASES = {
  timeout: (id) => charge(plain, id, TIMEOUT_MS),
  'retry-503': (id) => charge(retrying, id),
  'retry-timeout': (id) =>
    pRetry(() => charge(plain, id, TIMEOUT_MS), { retries: 1, minTimeout: RETRY_PAUSE_MS }),
  breaker: (id) => breaker.fire(id),
  fallback: (id) => charge(plain, id).catch(() => 'pay later'),
  shed: (id) => charge(plain, id),
  hedge: (id) => charge(hedging, id),
}
