/** PostgreSQL (PGlite: the real engine, compiled to WebAssembly) in memory, on a socket. */
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { listenAddress } from '../lib/addresses.js'

const { host, port } = listenAddress('payment-db')
const db = await PGlite.create()
await db.exec(`CREATE TABLE charge (
  id bigserial PRIMARY KEY,
  order_id text NOT NULL,
  amount_cents integer NOT NULL,
  authorisation text NOT NULL,
  charged_at timestamptz NOT NULL DEFAULT now()
)`)
const server = new PGLiteSocketServer({ db, host, port, maxConnections: 50 })
await server.start()
console.log(`payment-db listens on ${host}:${port}`)
