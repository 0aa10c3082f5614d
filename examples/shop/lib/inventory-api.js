import { fileURLToPath } from 'node:url'
import { loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

/** `service` for the server, the constructor for clients. */
export const { Inventory } = loadPackageDefinition(
  loadSync(fileURLToPath(new URL('inventory.proto', import.meta.url))),
).shop
