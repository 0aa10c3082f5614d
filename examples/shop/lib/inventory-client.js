import { credentials, status } from '@grpc/grpc-js'
import { addressOf } from './addresses.js'
import { HttpError } from './http-server.js'
import { Inventory } from './inventory-api.js'

const STATUS = { [status.NOT_FOUND]: 404, [status.DEADLINE_EXCEEDED]: 504 }

export function inventoryClient() {
  const client = new Inventory(addressOf('inventory'), credentials.createInsecure())
  return {
    /** @throws HttpError 404 unknown goods, 504 not answered within `timeoutMs`, 502 anything else */
    reserve: (reservation, timeoutMs) =>
      new Promise((resolve, reject) => {
        client.reserve(reservation, { deadline: Date.now() + timeoutMs }, (error, reserved) => {
          if (error === null) resolve(reserved)
          else reject(new HttpError(STATUS[error.code] ?? 502, `inventory: ${error.message}`))
        })
      }),
  }
}
