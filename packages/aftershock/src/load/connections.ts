import type { Socket } from 'node:net'
import { buildConnector, Pool } from 'undici'

/**
 * Keep-alive connections to one origin: as many as there are requests in flight, so that no request waits
 * for another's answer.
 *
 * `warm` of them are opened before the first request; an origin that cannot be reached is no error here.
 */
export async function openConnections(origin: string, warm: number, timeoutMs: number): Promise<Pool> {
  const connect = buildConnector({ timeout: timeoutMs })
  const url = new URL(origin)
  const target = {
    hostname: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    protocol: url.protocol,
    port: url.port || (url.protocol === 'https:' ? '443' : '80'),
  }
  const opened = await Promise.all(Array.from({ length: warm }, () => open(connect, target)))
  const ready = opened.filter((socket) => socket !== undefined)
  return new Pool(origin, {
    connections: null,
    pipelining: 1,
    // Requests have a limit of their own, from their intended start.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: (options, callback) => {
      const socket = nextUsable(ready)
      if (socket === undefined) connect(options, callback)
      else setImmediate(callback, null, socket)
    },
  })
}

function open(
  connect: buildConnector.connector,
  target: buildConnector.Options,
): Promise<Socket | undefined> {
  return new Promise((resolve) => {
    connect(target, (error, socket) => {
      // Without a listener, a reset of a connection that waits for its first request would end the process.
      socket?.on('error', () => undefined)
      resolve(error === null ? (socket ?? undefined) : undefined)
    })
  })
}

function nextUsable(sockets: Socket[]): Socket | undefined {
  for (;;) {
    const socket = sockets.shift()
    if (socket === undefined || (!socket.destroyed && socket.readable && socket.writable)) return socket
    socket.destroy()
  }
}
