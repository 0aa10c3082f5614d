import { connect, createServer, type Server, type Socket } from 'node:net'
import { seededRandom } from '../../../model/random.ts'
import type { Address } from '../../../model/system.ts'
import { openProxy, type ProxyOptions } from '../open-proxy.ts'
import type { Direction, LinkFault, Proxy as ServiceProxy, StageSpec } from '../proxy.ts'

/** A TCP service on a port of its own; closed with all its connections. */
export type TestService = AsyncDisposable & { readonly address: Address; readonly sockets: Set<Socket> }

export async function tcpService(onSocket: (socket: Socket) => void): Promise<TestService> {
  const sockets = new Set<Socket>()
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    onSocket(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  return {
    address: { host: '127.0.0.1', port: bound.port },
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

export function echo(socket: Socket): void {
  socket.pipe(socket)
}

export type TestProxy = AsyncDisposable & ServiceProxy

export async function proxyFor(
  addresses: readonly Address[],
  options: Partial<ProxyOptions> = {},
): Promise<TestProxy> {
  const proxy = await openProxy({
    service: 'payment',
    protocol: 'tcp',
    listen: { host: '127.0.0.1', port: 0 },
    replicas: addresses.map((address, i) => ({ pod: `payment-${i}`, address })),
    random: seededRandom(7),
    ...options,
  })
  return { ...proxy, [Symbol.asyncDispose]: () => proxy.close() }
}

export async function client(address: Address): Promise<Socket> {
  const socket = connect({ ...address, noDelay: true, allowHalfOpen: true })
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('error', reject)
  })
  socket.on('error', () => undefined)
  return socket
}

/** Resolves with exactly that many bytes, or fewer when the socket ended. */
export function read(socket: Socket, bytes: number): Promise<Buffer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const done = (): void => {
      socket.off('data', take)
      resolve(Buffer.concat(chunks))
    }
    const take = (chunk: Buffer): void => {
      chunks.push(chunk)
      length += chunk.length
      if (length >= bytes) done()
    }
    socket.on('data', take)
    socket.once('end', done)
    socket.once('close', done)
  })
}

export async function ask(socket: Socket, text: string): Promise<string> {
  const answer = read(socket, Buffer.byteLength(text))
  socket.write(text)
  return (await answer).toString()
}

export function settled(promise: Promise<unknown>, withinMs: number): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(() => resolve(false), withinMs))
  return Promise.race([promise.then(() => true), late])
}

export function ended(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once('end', () => resolve('end'))
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'))
    socket.once('close', () => resolve('close'))
  })
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

export function fault(
  stage: StageSpec,
  directions: readonly Direction[] = ['down'],
  more: Partial<LinkFault> = {},
): LinkFault {
  return { id: 'NetworkChaos/default/test', pods: undefined, callers: undefined, directions, stage, ...more }
}

export function latency(
  latencyMs: number,
  more: Partial<Extract<StageSpec, { kind: 'latency' }>> = {},
): StageSpec {
  return {
    kind: 'latency',
    latencyMs,
    jitterMs: 0,
    correlationPercent: 0,
    handshake: false,
    reorder: undefined,
    ...more,
  }
}
