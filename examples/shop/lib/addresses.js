/**
 * Where the services call each other, for example ORDER_ADDRESS=10.0.0.7:80, and where each of them listens
 * (PORT, and HOST when it is not loopback). By default a service listens where the others call it.
 *
 * The ports are below those that Linux hands to outgoing connections (32768 and up): there, a service would
 * now and then find its port taken by somebody's connection.
 */
const PORTS = {
  web: 21000,
  gateway: 21001,
  checkout: 21002,
  order: 21003,
  payment: 21004,
  inventory: 21005,
  catalog: 21006,
  'payment-db': 21007,
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
