/** What users call. */
import { call } from '../lib/http-client.js'
import { serveHttp } from '../lib/http-server.js'

const PAGE = `<!doctype html>
<title>Shop</title>
<h1>Shop</h1>
<p><a href="/products">Products</a></p>
<form method="post" action="/checkout"><button>Buy</button></form>
`

let guests = 0

serveHttp('web', {
  'GET /': () => PAGE,
  'GET /products': () => call('GET gateway /products', { timeoutMs: 5000 }),
  'POST /checkout': ({ body }) => {
    guests += 1
    const cart = { customer: guests, items: [{ sku: 'kettle', quantity: 1 }], ...body }
    return call('POST gateway /checkout', { json: cart, timeoutMs: 5000 })
  },
})
