import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  request,
} from 'node:http'
import type { Socket } from 'node:net'
import type { HttpFault } from '../../../model/fault.ts'
import type { Address } from '../../../model/system.ts'
import type { LinkFault } from '../proxy.ts'
import { fault, type TestService } from './tcp.ts'

export function httpRule(more: Partial<HttpFault> = {}): HttpFault {
  return {
    kind: 'HTTPChaos',
    target: 'Request',
    port: 80,
    path: undefined,
    method: undefined,
    code: undefined,
    requestHeaders: {},
    responseHeaders: {},
    abort: false,
    delayMs: undefined,
    replace: undefined,
    patch: undefined,
    ...more,
  }
}

export function httpFault(rule: HttpFault): LinkFault {
  return fault({ kind: 'http', rule }, ['up', 'down'])
}

export async function httpService(
  listener: RequestListener,
): Promise<TestService & { readonly server: ReturnType<typeof createServer> }> {
  const sockets = new Set<Socket>()
  const server = createServer(listener)
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return {
    server,
    address: { host: '127.0.0.1', port: bound.port },
    sockets,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export type Answer = {
  readonly code: number
  readonly headers: IncomingHttpHeaders
  readonly rawHeaders: readonly string[]
  readonly body: string
  readonly trailers: Readonly<Record<string, string | undefined>>
  readonly localPort: number
}

/** One kept-alive connection, as an HTTP client has. */
export function httpClient(address: Address) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (
    path: string,
    more: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
  ) =>
    new Promise<Answer>((resolve, reject) => {
      let localPort = 0
      const req = request(
        { ...address, agent, path, method: more.method ?? 'GET', headers: more.headers ?? {} },
        (res: IncomingMessage) => {
          const chunks: Buffer[] = []
          res.on('data', (chunk: Buffer) => chunks.push(chunk))
          res.on('error', reject)
          res.on('end', () =>
            resolve({
              code: res.statusCode ?? 0,
              headers: res.headers,
              rawHeaders: res.rawHeaders,
              body: Buffer.concat(chunks).toString(),
              trailers: res.trailers,
              localPort,
            }),
          )
        },
      )
      req.on('socket', (socket) => {
        const note = (): void => {
          localPort = socket.localPort ?? 0
        }
        if (socket.connecting) socket.once('connect', note)
        else note()
      })
      req.on('error', reject)
      req.end(more.body)
    })
  return { ask, [Symbol.dispose]: () => agent.destroy() }
}
