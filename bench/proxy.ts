/**
 * What the proxy costs: added latency and throughput, idle and with a stage of 0 ms, beside a plain
 * TCP pipe in the same run. Client, proxies and service are processes of their own.
 *
 *   npm run bench:proxy            # about 40 s
 *   npm run bench:proxy -- --json
 */
import { type ChildProcess, fork } from 'node:child_process'
import { createServer as createHttpServer } from 'node:http'
import { connect, createServer, type Socket } from 'node:net'
import { systemClock } from '../packages/aftershock/src/faults/proxy/clock.ts'
import { openProxy } from '../packages/aftershock/src/faults/proxy/open-proxy.ts'
import type { StageSpec } from '../packages/aftershock/src/faults/proxy/proxy.ts'
import { seededRandom } from '../packages/aftershock/src/model/random.ts'

const WAYS = ['direct', 'plain pipe', 'idle proxy', '0 ms stage', 'http rule'] as const
type Way = (typeof WAYS)[number]
type Figures = { p50Us: number; p99Us: number; requestsPerSecond: number; megabytesPerSecond: number }

const ROUNDS = 5
const LATENCY_REQUESTS = 2000
const THROUGHPUT_MS = 600
const CONNECTIONS = 32
const BULK_BYTES = 256 * 1024 * 1024
const HOST = '127.0.0.1'
const REQUEST = Buffer.from('GET /pay HTTP/1.1\r\nhost: pay\r\n\r\n')

type Ports = { http: number; bulk: number }

async function main(): Promise<void> {
  const service = await part('service', {})
  const parts = [service]
  const ports = new Map<Way, Ports>([['direct', service.ports]])
  for (const way of WAYS.slice(1)) {
    const between = await part(way, service.ports)
    parts.push(between)
    ports.set(way, between.ports)
  }
  try {
    report(await measureAll(ports))
  } finally {
    for (const { child } of parts) child.kill()
  }
}

/** Rounds are interleaved, so that a busy moment of the machine meets every way alike; medians count. */
async function measureAll(ports: ReadonlyMap<Way, Ports>): Promise<Map<Way, Figures>> {
  const rounds = new Map<Way, Figures[]>(WAYS.map((way) => [way, []]))
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [way, { http, bulk }] of ports) {
      const latencies = await measureLatency(http)
      const figures = {
        p50Us: quantile(latencies, 0.5),
        p99Us: quantile(latencies, 0.99),
        requestsPerSecond: await measureRequests(http),
        megabytesPerSecond: await measureBulk(bulk),
      }
      // The first round only warms up.
      if (round > 0) rounds.get(way)?.push(figures)
    }
  }
  const median = (all: readonly Figures[], pick: (one: Figures) => number): number =>
    quantile(all.map(pick), 0.5)
  return new Map(
    [...rounds].map(([way, all]) => [
      way,
      {
        p50Us: median(all, (one) => one.p50Us),
        p99Us: median(all, (one) => one.p99Us),
        requestsPerSecond: median(all, (one) => one.requestsPerSecond),
        megabytesPerSecond: median(all, (one) => one.megabytesPerSecond),
      },
    ]),
  )
}

function report(figures: ReadonlyMap<Way, Figures>): void {
  if (process.argv.includes('--json')) {
    console.log(JSON.stringify(Object.fromEntries(figures)))
    return
  }
  const direct = figures.get('direct')
  const pipe = figures.get('plain pipe')
  if (direct === undefined || pipe === undefined) return
  console.log('             added p50   added p99    requests/s   of pipe       MB/s   of pipe')
  for (const [way, one] of figures) {
    const added = (us: number, base: number): string =>
      way === 'direct' ? '–' : `${Math.round(us - base)} µs`
    console.log(
      [
        way.padEnd(12),
        added(one.p50Us, direct.p50Us).padStart(10),
        added(one.p99Us, direct.p99Us).padStart(11),
        Math.round(one.requestsPerSecond).toLocaleString('en').padStart(13),
        (one.requestsPerSecond / pipe.requestsPerSecond).toFixed(2).padStart(9),
        Math.round(one.megabytesPerSecond).toLocaleString('en').padStart(10),
        (one.megabytesPerSecond / pipe.megabytesPerSecond).toFixed(2).padStart(9),
      ].join(' '),
    )
  }
}

/** One request at a time on one connection: µs each. */
async function measureLatency(port: number): Promise<number[]> {
  const socket = await open(port)
  const latencies: number[] = []
  for (let i = 0; i < LATENCY_REQUESTS; i++) {
    const started = process.hrtime.bigint()
    await ask(socket)
    latencies.push(Number(process.hrtime.bigint() - started) / 1000)
  }
  socket.destroy()
  return latencies
}

/** Each connection asks again as soon as it is answered. */
async function measureRequests(port: number): Promise<number> {
  const sockets = await Promise.all(Array.from({ length: CONNECTIONS }, () => open(port)))
  let count = 0
  const started = performance.now()
  await Promise.all(
    sockets.map(async (socket) => {
      while (performance.now() - started < THROUGHPUT_MS) {
        await ask(socket)
        count += 1
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  for (const socket of sockets) socket.destroy()
  return count / seconds
}

async function measureBulk(port: number): Promise<number> {
  const socket = await open(port)
  const started = performance.now()
  let bytes = 0
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk) => {
      bytes += chunk.length
    })
    socket.on('end', resolve)
    socket.write('GET /bulk HTTP/1.1\r\nhost: pay\r\n\r\n')
  })
  socket.destroy()
  return bytes / 1e6 / ((performance.now() - started) / 1000)
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: HOST, port, noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** The answer is small enough to come in one piece, and ends as the service writes it. */
function ask(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    let text = ''
    const take = (chunk: Buffer): void => {
      text += chunk.toString('latin1')
      if (!text.endsWith('paid')) return
      socket.off('data', take)
      resolve()
    }
    socket.on('data', take)
    socket.write(REQUEST)
  })
}

function quantile(values: readonly number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? 0
}

async function part(name: string, upstream: Partial<Ports>): Promise<{ child: ChildProcess; ports: Ports }> {
  const child = fork(new URL(import.meta.url), ['part', name, JSON.stringify(upstream)])
  const ports = await new Promise<Ports>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Ports))
    child.once('exit', () => reject(new Error(`${name} ended`)))
  })
  return { child, ports }
}

/** Runs in a process of its own, and ends with the parent. */
async function runPart(name: string, upstream: Ports): Promise<void> {
  process.on('disconnect', () => process.exit(0))
  const ports =
    name === 'service'
      ? { http: await httpService(), bulk: await bulkService() }
      : { http: await between(name, upstream.http), bulk: await between(name, upstream.bulk) }
  process.send?.(ports)
}

async function between(name: string, port: number): Promise<number> {
  if (name === 'plain pipe') return plainPipe(port)
  const proxy = await openProxy({
    service: 'payment',
    protocol: 'http',
    listen: { host: HOST, port: 0 },
    replicas: [{ pod: 'payment-0', address: { host: HOST, port } }],
    random: seededRandom(1),
    clock: systemClock,
  })
  const stage = stageOf(name, proxy.address.port)
  if (stage !== undefined) {
    const fault = {
      id: 'bench',
      pods: undefined,
      callers: undefined,
      directions: ['up', 'down'],
      stage,
    } as const
    await proxy.add(fault).ready
  }
  return proxy.address.port
}

function stageOf(name: string, port: number): StageSpec | undefined {
  if (name === '0 ms stage') {
    return {
      kind: 'latency',
      latencyMs: 0,
      jitterMs: 0,
      correlationPercent: 0,
      handshake: true,
      reorder: undefined,
    }
  }
  if (name !== 'http rule') return undefined
  return {
    kind: 'http',
    rule: {
      kind: 'HTTPChaos',
      target: 'Request',
      port,
      path: '/never/*',
      method: undefined,
      code: undefined,
      requestHeaders: {},
      responseHeaders: {},
      abort: true,
      delayMs: undefined,
      replace: undefined,
      patch: undefined,
    },
  }
}

/** What a proxy costs at least in Node. */
function plainPipe(port: number): Promise<number> {
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const upstream = connect({ host: HOST, port, noDelay: true, allowHalfOpen: true })
    client.on('error', () => upstream.destroy())
    upstream.on('error', () => client.destroy())
    client.pipe(upstream)
    upstream.pipe(client)
  })
  return listening(server)
}

function httpService(): Promise<number> {
  return listening(createHttpServer((_req, res) => res.end('paid')))
}

/** Answers anything with 256 MiB, and ends. */
function bulkService(): Promise<number> {
  const block = Buffer.alloc(64 * 1024)
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => {
      let left = BULK_BYTES
      socket.write(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ${BULK_BYTES}\r\n\r\n`)
      const fill = (): void => {
        while (left > 0) {
          left -= block.length
          if (!socket.write(block)) return
        }
        socket.end()
      }
      socket.on('drain', fill)
      fill()
    })
  })
  return listening(server)
}

function listening(server: ReturnType<typeof createServer>): Promise<number> {
  return new Promise((resolve) =>
    server.listen(0, HOST, () => {
      const bound = server.address()
      if (bound !== null && typeof bound !== 'string') resolve(bound.port)
    }),
  )
}

const [kind, name, upstream] = process.argv.slice(2)
if (kind === 'part' && name !== undefined && upstream !== undefined) await runPart(name, JSON.parse(upstream))
else await main()
