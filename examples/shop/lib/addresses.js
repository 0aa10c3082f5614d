/**
 * Where the services call each other, for example ORDER_ADDRESS=10.0.0.7:80, and where each of them listens
 * (PORT, and HOST when it is not loopback). By default a service listens where the others call it.
 */
const PORTS = {
  web: 41000,
  gateway: 41001,
  checkout: 41002,
  order: 41003,
  payment: 41004,
  inventory: 41005,
  catalog: 41006,
  'payment-db': 41007,
}

export const SERVICES = Object.keys(PORTS)

/** @returns `host:port` of another service */
export function addressOf(service) {
  return process.env[`${service.toUpperCase().replace('-', '_')}_ADDRESS`] ?? `127.0.0.1:${PORTS[service]}`
}

/** @returns where this process listens when it is the given service */
export function listenAddress(service) {
  return { host: process.env.HOST ?? '127.0.0.1', port: Number(process.env.PORT ?? PORTS[service]) }
}
