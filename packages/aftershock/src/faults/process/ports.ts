import { connect, createServer } from 'node:net'
import type { Problem } from '../../model/problem.ts'
import type { Address } from '../../model/system.ts'
import { commandOf } from './process-table.ts'
import { ownersOfPort } from './socket-table.ts'

/** Whether somebody accepts connections there. */
export function accepts(address: Address, timeoutMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address.host, port: address.port })
    const end = (yes: boolean): void => {
      socket.destroy()
      resolve(yes)
    }
    socket.setTimeout(timeoutMs, () => end(false))
    socket.once('connect', () => end(true))
    socket.once('error', () => end(false))
  })
}

/**
 * Whether the port can be bound now.
 *
 * @returns the problem, with the owner's pid and command where the system tells; undefined = free
 */
export function portProblem(address: Address, wantedBy: string): Promise<Problem | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(problemOf(address, wantedBy, error)))
    server.listen({ host: address.host, port: address.port, exclusive: true }, () =>
      server.close(() => resolve(undefined)),
    )
  })
}

function problemOf(address: Address, wantedBy: string, error: NodeJS.ErrnoException): Problem {
  const place = `${address.host}:${address.port}`
  const what = `Cannot start ${wantedBy} on ${place}`
  if (error.code === 'EADDRNOTAVAIL')
    return {
      code: 'address-not-local',
      what,
      why: `the address must be one of this machine: ${address.host} is not`,
      fix: 'Use 127.0.0.1',
    }
  if (error.code !== 'EADDRINUSE')
    return { code: 'port-unusable', what, why: `the port must be free to bind: ${error.message}` }
  const owners = ownersOfPort(address.port)
  const by = owners.map((pid) => `pid ${pid} (${commandOf(pid).slice(0, 120)})`).join(', ')
  return {
    code: 'port-in-use',
    what,
    why: `the port must be free: ${address.port} is in use${by === '' ? '' : ` by ${by}`}`,
    fix: owners.length > 0 ? `Stop it (kill ${owners.join(' ')}), or change the port` : 'Change the port',
  }
}
