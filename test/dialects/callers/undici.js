/** undici's own request with its headers time-out, and its RetryAgent. */
import CircuitBreaker from 'opossum'
import { Agent, RetryAgent, request } from 'undici'
import { Answered, BREAKER, COARSE_TIMEOUT_MS, PAYMENT_URL, RETRY_PAUSE_MS } from './limits.js'

const patient = new Agent()
const hasty = new Agent({ headersTimeout: COARSE_TIMEOUT_MS })
const retrying = (agent) =>
  new RetryAgent(agent, {
    maxRetries: 1,
    minTimeout: RETRY_PAUSE_MS,
    methods: ['POST'],
    statusCodes: [503],
    errorCodes: ['ECONNRESET', 'UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT'],
  })
const [tenacious, hastyAgain] = [retrying(patient), retrying(hasty)]

async function charge(orderId, dispatcher) {
  const { statusCode, body } = await request(PAYMENT_URL, {
    method: 'POST',
    headers: { 'x-order-id': orderId },
    body: '{}',
    dispatcher,
  }).catch((error) => {
    throw Object.assign(new Error(error.message), { isTimeout: /TIMEOUT/.test(error.code) })
  })
  await body.dump()
  if (statusCode >= 400) throw new Answered(statusCode)
}

const breaker = new CircuitBreaker((id) => charge(id, hasty), BREAKER)

export const CASES = {
  timeout: (id) => charge(id, hasty),
  'retry-reset': (id) => charge(id, tenacious),
  'retry-503': (id) => charge(id, tenacious),
  'retry-timeout': (id) => charge(id, hastyAgain),
  breaker: (id) => breaker.fire(id),
  fallback: (id) => charge(id, patient).catch(() => 'pay later'),
  shed: (id) => charge(id, patient),
}
