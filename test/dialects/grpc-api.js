import { loadPackageDefinition } from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'

export const { Payments } = loadPackageDefinition(
  loadSync(new URL('payments.proto', import.meta.url).pathname),
).shop
