import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { expect, test } from 'vitest'
import {
  ask,
  client,
  echo,
  fault,
  latency,
  proxyFor,
  read,
  settled,
  sleep,
  tcpService,
} from './test-support/tcp.ts'

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
  expect(counts).toEqual({ seen: 2, eligible: 2, unit: 'proxied calls' })
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
  await sleep(30)
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
