/** Turns a cart into an order: tries up to three times, and stops trying when most orders fail. */
import CircuitBreaker from 'opossum'
import pRetry from 'p-retry'
import { call } from '../lib/http-client.js'
import { HttpError, serveHttp } from '../lib/http-server.js'

const RETRIES = 2
const ORDER_TIMEOUT_MS = 1000

const breaker = new CircuitBreaker(placeOrder, {
  timeout: false,
  errorThresholdPercentage: 50,
  rollingCountTimeout: 5000,
  volumeThreshold: 10,
  resetTimeout: 5000,
  // A cart that is refused says nothing about the health of the order service.
  errorFilter: (error) => error.status < 500,
})
breaker.on('open', () => console.log('breaker open: orders are refused'))
breaker.on('halfOpen', () => console.log('breaker half open: one order may try'))
breaker.on('close', () => console.log('breaker closed'))

serveHttp('checkout', {
  'POST /checkout': async ({ body }) => {
    try {
      return await breaker.fire(body)
    } catch (error) {
      if (error.status < 500) throw error
      throw new HttpError(503, `no orders at the moment: ${error.message}`)
    }
  },
})

function placeOrder(cart) {
  return pRetry(() => call('POST order /orders', { json: cart, timeoutMs: ORDER_TIMEOUT_MS }), {
    retries: RETRIES,
    minTimeout: 50,
    factor: 2,
    randomize: true,
    shouldRetry: ({ error }) => !(error.status < 500),
  })
}
