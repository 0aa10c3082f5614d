import { createHash, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { expect, test, vi } from 'vitest'
import { ProblemError } from '../../model/problem.ts'
import { ask, client, echo, ended, proxyFor, read, sleep, tcpService } from './test-support/tcp.ts'

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
