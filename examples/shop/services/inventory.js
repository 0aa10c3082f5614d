/** What is in the warehouse, over gRPC. */
import { setTimeout as sleep } from 'node:timers/promises'
import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import { listenAddress } from '../lib/addresses.js'
import { Inventory } from '../lib/inventory-api.js'
import { randomOf } from '../lib/random.js'

const LOOK_UP_MS = { least: 2, most: 6 }

const random = randomOf('inventory')
const left = new Map([
  ['kettle', 1_000_000],
  ['toaster', 1_000_000],
])

const server = new Server()
server.addService(Inventory.service, {
  reserve: async ({ request }, answer) => {
    await sleep(LOOK_UP_MS.least + random() * (LOOK_UP_MS.most - LOOK_UP_MS.least))
    const stock = left.get(request.sku)
    if (stock === undefined) {
      return answer({ code: status.NOT_FOUND, details: `unknown goods ${request.sku}` })
    }
    left.set(request.sku, stock - request.quantity)
    answer(null, { left: stock - request.quantity })
  },
})
const { host, port } = listenAddress('inventory')
server.bindAsync(`${host}:${port}`, ServerCredentials.createInsecure(), (error) => {
  if (error !== null) throw error
  console.log(`inventory listens on ${host}:${port}`)
})
