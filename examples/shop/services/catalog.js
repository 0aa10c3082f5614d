/** What can be bought. */
import { setTimeout as sleep } from 'node:timers/promises'
import { serveHttp } from '../lib/http-server.js'
import { randomOf } from '../lib/random.js'

const LOOK_UP_MS = { least: 3, most: 10 }

const random = randomOf('catalog')
const products = [
  { sku: 'kettle', name: 'Kettle', priceCents: 4900 },
  { sku: 'toaster', name: 'Toaster', priceCents: 4900 },
]

serveHttp('catalog', {
  'GET /products': async () => {
    await sleep(LOOK_UP_MS.least + random() * (LOOK_UP_MS.most - LOOK_UP_MS.least))
    return { products }
  },
})
