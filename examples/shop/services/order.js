/** Reserves the goods (gRPC) and has the customer charged. */
import { call } from '../lib/http-client.js'
import { HttpError, serveHttp } from '../lib/http-server.js'
import { inventoryClient } from '../lib/inventory-client.js'
import { randomHex, randomOf } from '../lib/random.js'

const PAYMENT_TIMEOUT_MS = 400
const INVENTORY_TIMEOUT_MS = 300
const PRICE_CENTS = 4900

const random = randomOf('order')
const inventory = inventoryClient()

serveHttp('order', {
  'POST /orders': async ({ body }) => {
    if (!Array.isArray(body.items) || body.items.length === 0) throw new HttpError(400, 'the cart is empty')
    const orderId = `o-${randomHex(random, 6)}`
    for (const item of body.items) await inventory.reserve({ ...item, orderId }, INVENTORY_TIMEOUT_MS)
    const amountCents = body.items.reduce((sum, item) => sum + PRICE_CENTS * item.quantity, 0)
    if (buysOnAccount(body.customer)) return { orderId, amountCents, paid: false }
    const charge = await call('POST payment /charges', {
      json: { orderId, amountCents },
      timeoutMs: PAYMENT_TIMEOUT_MS,
    })
    return { orderId, amountCents, paid: true, chargeId: charge.chargeId }
  },
})

/** Every third customer has an account and gets an invoice later; the others pay at once. */
function buysOnAccount(customer) {
  return Number(customer) % 3 === 0
}
