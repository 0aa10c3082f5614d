import { createHash, randomBytes } from 'node:crypto'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { connect } from 'node:net'
import { expect, test, vi } from 'vitest'
import { ProblemError } from '../../model/problem.ts'
import {
  ask,
  client,
  echo,
  ended,
  fault,
  latency,
  proxyFor,
  read,
  settled,
  sleep,
  tcpService,
} from './test-support/tcp.ts'

test('openProxy() passes bytes both ways and counts connections, calls and bytes', async () => {
  await using service = await tcpService(echo)
  await using proxy = await proxyFor([service.address])
  const socket = await client(proxy.address)
  expect(await ask(socket, 'one')).toBe('one')
  expect(await ask(socket, 'three')).toBe('three')
  expect(proxy.stats()).toEqual({
    connections: { opened: 1, open: 1, failed: 0 },
    calls: 2,
    bytes: { up: 8, down: 8 },
    callers: {},
  })
  socket.destroy()
  await expect.poll(() => proxy.stats().connections.open).toBe(0)
})

test('openProxy() keeps the other direction when one ends', async () => {
  await using service = await tcpService((socket) => {
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('end', () => socket.end(`got ${text}`))
  })
  await using proxy = await proxyFor([service.address])
  const socket = await client(proxy.address)
  const answer = read(socket, 1000)
  socket.end('everything')
  expect((await answer).toString()).toBe('got everything')
})

test('openProxy() passes a reset on as a reset, both ways', async () => {
  const seen: string[] = []
  await using service = await tcpService((socket) => {
    socket.on('error', (error: NodeJS.ErrnoException) => seen.push(error.code ?? ''))
    socket.on('data', (chunk) => chunk.toString() === 'reset me' && socket.resetAndDestroy())
  })
  await using proxy = await proxyFor([service.address])
  const first = await client(proxy.address)
  first.write('reset me')
  expect(await ended(first)).toBe('ECONNRESET')
  const second = await client(proxy.address)
  second.write('x')
  await sleep(50)
  second.resetAndDestroy()
  await expect.poll(() => seen).toEqual(['ECONNRESET'])
})

test('openProxy() resets the caller when the service cannot be reached', async () => {
  const service = await tcpService(echo)
  await using proxy = await proxyFor([service.address])
  await service[Symbol.asyncDispose]()
  const socket = await client(proxy.address)
  expect(await ended(socket)).toBe('ECONNRESET')
  expect(proxy.stats().connections.failed).toBe(1)
})

test('openProxy() goes round the replicas that are up, skips and refuses', async () => {
  await using one = await tcpService((socket) => socket.end('1'))
  await using two = await tcpService((socket) => socket.end('2'))
  await using proxy = await proxyFor([one.address, two.address])
  const answers = async (): Promise<string> => {
    let all = ''
    for (let i = 0; i < 4; i++) {
      const socket = connect({ ...proxy.address })
      socket.on('error', () => undefined)
      all += (await read(socket, 1)).toString() || '-'
      socket.destroy()
    }
    return all
  }
  expect(await answers()).toBe('1212')
  proxy.setReplica('payment-0', 'skip')
  expect(await answers()).toBe('2222')
  proxy.setReplica('payment-0', 'refuse')
  expect(await answers()).toBe('-2-2')
  proxy.setReplica('payment-0', 'up')
  expect(await answers()).toBe('1212')
})

test('openProxy() refuses connects while no replica is up, and keeps live connections', async () => {
  await using service = await tcpService(echo)
  await using proxy = await proxyFor([service.address])
  const live = await client(proxy.address)
  for (const state of ['refuse', 'skip'] as const) {
    expect(await ask(live, 'a')).toBe('a')
    proxy.setReplica('payment-0', state)
    await expect.poll(() => client(proxy.address).then(ended, (error) => error.code)).toBe('ECONNREFUSED')
    proxy.setReplica('payment-0', 'up')
    const again = await vi.waitFor(() => client(proxy.address))
    expect(await ask(again, 'b')).toBe('b')
    again.destroy()
  }
})

test('openProxy() carries a large body whole and stops reading what nobody takes', async () => {
  let received = 0
  const hash = createHash('sha1')
  await using service = await tcpService((socket) => {
    socket.pause()
    setTimeout(() => socket.resume(), 300)
    socket.on('data', (chunk) => {
      received += chunk.length
      hash.update(chunk)
    })
    socket.on('end', () => socket.end('done'))
  })
  await using proxy = await proxyFor([service.address])
  const body = randomBytes(32 * 1024 * 1024)
  const socket = await client(proxy.address)
  const answer = read(socket, 4)
  socket.end(body)
  await sleep(150)
  expect(proxy.stats().bytes.up).toBeLessThan(body.length / 2)
  expect((await answer).toString()).toBe('done')
  expect(received).toBe(body.length)
  expect(hash.digest('hex')).toBe(createHash('sha1').update(body).digest('hex'))
})

test('openProxy() resets connections over its limit', async () => {
  await using service = await tcpService(echo)
  await using proxy = await proxyFor([service.address], { limits: { connectionsMax: 1 } })
  const first = await client(proxy.address)
  expect(await ask(first, 'a')).toBe('a')
  const second = connect({ ...proxy.address })
  expect(await ended(second)).toBe('ECONNRESET')
  expect(proxy.stats().connections).toEqual({ opened: 2, open: 1, failed: 1 })
})

test('openProxy() says who has the port when it is taken', async () => {
  await using service = await tcpService(echo)
  const opening = proxyFor([service.address], { listen: service.address })
  await expect(opening).rejects.toThrow(ProblemError)
  await expect(opening).rejects.toThrow(/another process listens on 127\.0\.0\.1/)
  await using proxy = await proxyFor([service.address])
  await expect(proxyFor([service.address], { listen: proxy.address })).rejects.toThrow(/another process/)
})

test('add() delays old and new connections; two faults add up; remove() ends it', async () => {
  await using service = await tcpService(echo)
  await using proxy = await proxyFor([service.address])
  const socket = await client(proxy.address)
  expect(await ask(socket, 'a')).toBe('a')
  const one = proxy.add(fault(latency(60)))
  const two = proxy.add(fault(latency(40), ['up']))
  await Promise.all([one.ready, two.ready])
  const started = performance.now()
  expect(await ask(socket, 'b')).toBe('b')
  expect(performance.now() - started).toBeGreaterThan(98)
  expect(one.effect()).toMatchObject({ seen: 1, eligible: 1 })
  expect(one.effect().addedMs[0]).toBeCloseTo(60, 0)
  await one.remove()
  await two.remove()
  const again = performance.now()
  expect(await ask(socket, 'c')).toBe('c')
  expect(performance.now() - again).toBeLessThan(60)
  expect(two.effect()).toMatchObject({ seen: 1, eligible: 1 })
})

test('remove() passes on at once what is held', async () => {
  await using service = await tcpService(echo)
  await using proxy = await proxyFor([service.address])
  const socket = await client(proxy.address)
  const applied = proxy.add(fault(latency(60_000), ['up']))
  const answer = ask(socket, 'held')
  expect(await settled(answer, 100)).toBe(false)
  await applied.remove()
  expect(await answer).toBe('held')
  expect(applied.effect()).toMatchObject({ seen: 1, eligible: 1 })
  expect(applied.effect().addedMs[0]).toBeLessThan(60_000)
})

test('add() with a handshake makes a new connection pay twice, a kept one once', async () => {
  await using service = await tcpService(echo)
  await using proxy = await proxyFor([service.address])
  const applied = proxy.add(fault(latency(80, { handshake: true })))
  const started = performance.now()
  const socket = await client(proxy.address)
  await ask(socket, 'new')
  const newMs = performance.now() - started
  await ask(socket, 'kept')
  const keptMs = performance.now() - started - newMs
  expect(newMs).toBeGreaterThan(158)
  expect(keptMs).toBeGreaterThan(78)
  expect(keptMs).toBeLessThan(155)
  const { addedMs, ...counts } = applied.effect()
  expect(counts).toEqual({ seen: 2, eligible: 2, unit: 'calls' })
  expect(addedMs.map((ms) => Math.round(ms / 80))).toEqual([2, 1])
})

test('add() meets only the pods and callers it names', async () => {
  await using one = await tcpService(echo)
  await using two = await tcpService(echo)
  const callers = new Map<number, string>()
  await using proxy = await proxyFor([one.address, two.address], {
    identify: async (remotePort) => callers.get(remotePort),
  })
  const sockets = [await client(proxy.address), await client(proxy.address)]
  for (const [i, socket] of sockets.entries()) callers.set(socket.localPort ?? 0, i === 0 ? 'order' : 'web')
  const byCaller = proxy.add(fault(latency(1), ['up'], { callers: new Set(['order']) }))
  const byPod = proxy.add(fault(latency(1), ['up'], { pods: new Set(['payment-1']) }))
  await byCaller.ready
  for (const socket of sockets) for (let i = 0; i < 3; i++) await ask(socket, 'x')
  expect(byCaller.effect()).toMatchObject({ seen: 3, eligible: 3 })
  expect(byPod.effect()).toMatchObject({ seen: 3, eligible: 3 })
  expect(proxy.stats().callers).toEqual({ order: 1, web: 1 })
})

test('a caller that gives up during its delayed handshake never reaches the service', async () => {
  let accepted = 0
  await using service = await tcpService((socket) => {
    accepted += 1
    echo(socket)
  })
  await using proxy = await proxyFor([service.address])
  proxy.add(fault(latency(250, { handshake: true }), ['up']))
  const gone = await client(proxy.address)
  gone.write('POST')
  await sleep(20)
  gone.destroy()
  const halfOpen = await client(proxy.address)
  halfOpen.end('still here')
  expect((await read(halfOpen, 10)).toString()).toBe('still here')
  expect(accepted).toBe(process.platform === 'linux' ? 1 : 2)
})

test('a caller that gives up while a partition of its own holds it never reaches the service', async () => {
  let accepted = 0
  await using service = await tcpService(() => {
    accepted += 1
  })
  await using proxy = await proxyFor([service.address], { identify: async () => 'order' })
  const stage = { kind: 'partition' } as const
  const applied = proxy.add(fault(stage, ['up', 'down'], { callers: new Set(['order']) }))
  await applied.ready
  const gone = await client(proxy.address)
  gone.write('POST')
  await sleep(30)
  gone.destroy()
  await applied.remove()
  await sleep(30)
  expect(accepted).toBe(process.platform === 'linux' ? 0 : 1)
  expect(applied.effect()).toMatchObject({ seen: 1, eligible: 1 })
})

test('a delayed stream holds no more than its limit, and loses nothing', async () => {
  await using service = await tcpService((socket) => {
    socket.resume()
    socket.on('end', () => socket.end('done'))
  })
  await using proxy = await proxyFor([service.address], { limits: { laneHeldBytesMax: 200_000 } })
  proxy.add(fault(latency(100), ['up']))
  const socket = await client(proxy.address)
  const answer = read(socket, 4)
  socket.end(Buffer.alloc(1_000_000))
  await sleep(50)
  expect(proxy.stats().bytes.up).toBeLessThan(200_000 + 65_537)
  expect((await answer).toString()).toBe('done')
  expect(proxy.stats().bytes.up).toBe(1_000_000)
})

test('HTTP/2 passes with a delay, its streams side by side', async () => {
  const server = createHttp2Server()
  server.on('stream', (stream) => {
    stream.respond({ ':status': 200 })
    stream.end('paid')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const bound = server.address()
  if (bound === null || typeof bound === 'string') throw new Error('no port')
  await using proxy = await proxyFor([{ host: '127.0.0.1', port: bound.port }], { protocol: 'grpc' })
  const applied = proxy.add(fault(latency(100)))
  const session = connectHttp2(`http://127.0.0.1:${proxy.address.port}`)
  const started = performance.now()
  const asked = Array.from({ length: 10 }, async () => {
    let text = ''
    for await (const chunk of session.request({ ':path': '/' }).setEncoding('utf8')) text += chunk
    return text
  })
  expect(await Promise.all(asked)).toEqual(Array.from({ length: 10 }, () => 'paid'))
  expect(performance.now() - started).toBeGreaterThan(98)
  expect(applied.effect().seen).toBeGreaterThan(0)
  session.destroy()
  server.close()
})
