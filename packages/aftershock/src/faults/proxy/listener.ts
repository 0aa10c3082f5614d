import { createServer, type Server, type Socket } from 'node:net'
import type { Address } from '../../model/system.ts'
import { type BlackHole, openBlackHole } from './black-hole.ts'

/** Connections are taken, hang in their SYN (only where `canBlackHole`), or are refused. */
export type ListenerState = 'open' | 'black-hole' | 'refuse'

/** The proxy's address. */
export type Listener = {
  readonly address: Address
  /** Resolves when the last state asked for is in force. */
  set(state: ListenerState): Promise<void>
  close(): Promise<void>
}

/**
 * Where a port can be shared (SO_REUSEPORT), so that it changes hands without a moment of refusal, and
 * where the waiting connects can be counted.
 */
export const canBlackHole = process.platform === 'linux'

const LISTEN_AGAIN_MS = 5000

/**
 * @throws the system's error (`EADDRINUSE`, `EACCES`, `EADDRNOTAVAIL`) when the address cannot be had
 */
export async function openListener(address: Address, onSocket: (client: Socket) => void): Promise<Listener> {
  // Alone first: sharing a port would hide that somebody else has it.
  const alone = await listen(address, onSocket, 'alone')
  const bound = boundAddress(alone, address)
  if (canBlackHole) alone.close()
  let server: Server | undefined = canBlackHole ? await listen(bound, onSocket, 'shared') : alone
  let hole: BlackHole | undefined
  let wanted: ListenerState | 'closed' = 'open'
  let last: Promise<void> = Promise.resolve()

  /** The new listener comes before the old one goes, so nobody is refused in between. */
  const settle = async (): Promise<void> => {
    if (wanted === 'black-hole' && hole === undefined) {
      hole = await openBlackHole(bound)
      server?.close()
      server = undefined
      await hole.fill()
    } else if (wanted === 'open') {
      server ??= await listenAgain(bound, onSocket)
      await hole?.close()
      hole = undefined
    } else if (wanted !== 'black-hole') {
      server?.close()
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

/** While nothing listened, somebody's outgoing connection may have been given the port for a moment. */
async function listenAgain(address: Address, onSocket: (client: Socket) => void): Promise<Server> {
  const untilMs = performance.now() + LISTEN_AGAIN_MS
  for (;;) {
    try {
      return await listen(address, onSocket, canBlackHole ? 'shared' : 'alone')
    } catch (error) {
      if (performance.now() > untilMs) throw error
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
}

function listen(
  { host, port }: Address,
  onSocket: (client: Socket) => void,
  how: 'alone' | 'shared',
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true, pauseOnConnect: true }, onSocket)
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, reusePort: how === 'shared' }, () => {
      // Nothing that fails later (out of descriptors, say) may end the process.
      server.on('error', () => undefined)
      resolve(server)
    })
  })
}

function boundAddress(server: Server, asked: Address): Address {
  const bound = server.address()
  return bound === null || typeof bound === 'string' ? asked : { host: asked.host, port: bound.port }
}
