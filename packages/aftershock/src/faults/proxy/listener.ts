import { createServer, type Server, type Socket } from 'node:net'
import type { Address } from '../../model/system.ts'
import { type BlackHole, openBlackHole } from './black-hole.ts'

/** The proxy's address: it takes connections, or lets them hang in their SYN. */
export type Listener = {
  readonly address: Address
  /** Resolves when the last state asked for is in force. */
  set(state: 'open' | 'black-hole'): Promise<void>
  close(): Promise<void>
}

/** A port that others may share (SO_REUSEPORT) can change hands without a moment of refusal. */
const CAN_SHARE = process.platform === 'linux'

/**
 * @throws the system's error (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`) when the address cannot be had
 */
export async function openListener(address: Address, onSocket: (client: Socket) => void): Promise<Listener> {
  const onError = (): void => undefined
  const start = async (at: Address, shared: boolean): Promise<Server> => {
    const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, onSocket)
    await listen(server, at, shared)
    server.on('error', onError)
    return server
  }
  // Alone first: sharing a port would hide that somebody else has it.
  let server: Server | undefined = await start(address, false)
  const bound = boundAddress(server, address)
  if (CAN_SHARE) {
    await stop(server)
    server = await start(bound, true)
  }
  let hole: BlackHole | undefined
  let wanted: 'open' | 'black-hole' | 'closed' = 'open'
  let last: Promise<void> = Promise.resolve()

  const settle = async (): Promise<void> => {
    if (wanted === 'black-hole' && hole === undefined) {
      if (!CAN_SHARE && server !== undefined) await stop(server)
      const opened = await openBlackHole(bound, CAN_SHARE ? 'shared' : 'alone')
      hole = opened
      if (CAN_SHARE && server !== undefined) await stop(server)
      server = undefined
      await opened.fill()
    } else if (wanted === 'open' && server === undefined) {
      if (CAN_SHARE) server = await start(bound, true)
      await hole?.close()
      hole = undefined
      server ??= await start(bound, false)
    } else if (wanted === 'closed') {
      if (server !== undefined) await stop(server)
      await hole?.close()
      server = undefined
      hole = undefined
    }
  }
  const change = (state: typeof wanted): Promise<void> => {
    if (wanted !== 'closed') wanted = state
    last = last.then(settle, settle)
    return last
  }
  return { address: bound, set: change, close: () => change('closed') }
}

function listen(server: Server, { host, port }: Address, reusePort: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, ...(reusePort ? { reusePort } : {}) }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Stops listening; connections that were taken go on, and are not waited for. */
function stop(server: Server): Promise<void> {
  server.close()
  return Promise.resolve()
}

function boundAddress(server: Server, asked: Address): Address {
  const bound = server.address()
  return bound === null || typeof bound === 'string' ? asked : { host: asked.host, port: bound.port }
}
