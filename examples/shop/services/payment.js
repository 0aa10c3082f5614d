/** Charges a card: asks the card network, then writes the charge. */
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { addressOf } from '../lib/addresses.js'
import { serveHttp } from '../lib/http-server.js'
import { randomHex, randomOf } from '../lib/random.js'

const CARD_NETWORK_MS = { least: 20, most: 40 }
const DATABASE_WAIT_MS = 30_000

const random = randomOf('payment')
const [host, port] = addressOf('payment-db').split(':')
const pool = new pg.Pool({
  host,
  port: Number(port),
  database: 'postgres',
  user: 'postgres',
  max: 20,
  connectionTimeoutMillis: 5000,
})
// A lost idle connection is replaced at the next query; without a listener it would end the process.
pool.on('error', (error) => console.log(`database connection lost: ${error.message}`))

await databaseReady()

serveHttp('payment', {
  'POST /charges': async ({ body }) => {
    await sleep(CARD_NETWORK_MS.least + random() * (CARD_NETWORK_MS.most - CARD_NETWORK_MS.least))
    const { rows } = await pool.query(
      'INSERT INTO charge (order_id, amount_cents, authorisation) VALUES ($1, $2, $3) RETURNING id',
      [body.orderId, body.amountCents, randomHex(random, 4)],
    )
    return { chargeId: rows[0].id }
  },
})

/** Payment is ready when its database answers. */
async function databaseReady() {
  const deadline = performance.now() + DATABASE_WAIT_MS
  for (;;) {
    try {
      return await pool.query('SELECT 1')
    } catch (error) {
      if (performance.now() > deadline) throw error
      await sleep(100)
    }
  }
}
