/** One address for everything behind; keeps the shop window filled when the catalog fails. */
import { call } from '../lib/http-client.js'
import { serveHttp } from '../lib/http-server.js'

const CATALOG_TIMEOUT_MS = 250

let lastProducts

serveHttp('gateway', {
  'POST /checkout': ({ body }) => call('POST checkout /checkout', { json: body, timeoutMs: 4000 }),
  'GET /products': async () => {
    try {
      lastProducts = await call('GET catalog /products', { timeoutMs: CATALOG_TIMEOUT_MS })
      return { ...lastProducts, stale: false }
    } catch (error) {
      if (lastProducts === undefined) throw error
      return { ...lastProducts, stale: true }
    }
  },
})
