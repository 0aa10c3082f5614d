import { type IncomingMessage, request, type ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import type { HttpFault } from '../../../model/fault.ts'
import { httpClient, httpFault, httpRule, httpService } from '../test-support/http.ts'
import type { TestProxy } from '../test-support/tcp.ts'
import {
  ask,
  client,
  echo,
  fault,
  latency,
  proxyFor,
  settled,
  sleep,
  tcpService,
} from '../test-support/tcp.ts'

/** Says what it was asked, so that a test sees what came through. */
function mirror(req: IncomingMessage, res: ServerResponse): void {
  const chunks: Buffer[] = []
  req.on('data', (chunk: Buffer) => chunks.push(chunk))
  req.on('end', () => {
    const body = Buffer.concat(chunks).toString()
    res.setHeader('content-type', 'application/json')
    res.setHeader('X-Twice', ['1', '2'])
    res.end(JSON.stringify({ method: req.method, url: req.url, body, token: req.headers.token ?? '' }))
  })
}

async function mirrored() {
  const service = await httpService(mirror)
  const proxy = await proxyFor([service.address], { protocol: 'http' })
  const http = httpClient(proxy.address)
  return {
    service,
    proxy,
    http,
    add: (more: Partial<HttpFault>) => addRule(proxy, more),
    async [Symbol.asyncDispose]() {
      http[Symbol.dispose]()
      await proxy.close()
      await service[Symbol.asyncDispose]()
    },
  }
}

function addRule(proxy: TestProxy, more: Partial<HttpFault>) {
  return proxy.add(httpFault(httpRule({ port: proxy.address.port, ...more })))
}

test('abort closes the connection without an answer; a request that does not match goes on', async () => {
  await using shop = await mirrored()
  const applied = shop.add({ abort: true, path: '/pay/*', method: 'POST' })
  await expect(shop.http.ask('/pay/1', { method: 'POST', body: 'x' })).rejects.toMatchObject({
    code: 'ECONNRESET',
  })
  expect(JSON.parse((await shop.http.ask('/pay/1')).body)).toMatchObject({ method: 'GET', url: '/pay/1' })
  expect(JSON.parse((await shop.http.ask('/cart', { method: 'POST', body: 'y' })).body)).toMatchObject({
    body: 'y',
  })
  expect(applied.effect()).toMatchObject({ seen: 1, eligible: 3 })
})

test('abort of the response happens after the service has done the work', async () => {
  let worked = 0
  await using service = await httpService((_req, res) => {
    worked += 1
    res.end('paid')
  })
  await using proxy = await proxyFor([service.address], { protocol: 'http' })
  using http = httpClient(proxy.address)
  addRule(proxy, { target: 'Response', abort: true, code: 200 })
  await expect(http.ask('/')).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(worked).toBe(1)
})

test('a connection that is already open moves over between two requests, and stays open', async () => {
  await using shop = await mirrored()
  const before = await shop.http.ask('/a')
  const applied = shop.add({ target: 'Response', replace: { code: 418 } })
  const during = await shop.http.ask('/b')
  await applied.remove()
  const after = await shop.http.ask('/c')
  expect([before.code, during.code, after.code]).toEqual([200, 418, 200])
  expect(new Set([before.localPort, during.localPort, after.localPort]).size).toBe(1)
  expect(applied.effect()).toMatchObject({ seen: 1, eligible: 1 })
  expect(shop.proxy.stats().connections).toEqual({ opened: 1, open: 1, failed: 0 })
})

test('delay waits, is measured, and ends at once when it is removed', async () => {
  await using shop = await mirrored()
  const short = shop.add({ delayMs: 120 })
  const started = performance.now()
  await shop.http.ask('/')
  expect(performance.now() - started).toBeGreaterThan(118)
  expect(short.effect().addedMs[0]).toBeGreaterThan(118)
  await short.remove()
  const long = shop.add({ target: 'Response', delayMs: 60_000 })
  const answer = shop.http.ask('/')
  expect(await settled(answer, 100)).toBe(false)
  await long.remove()
  expect((await answer).code).toBe(200)
  expect(long.effect()).toMatchObject({ seen: 1, eligible: 1 })
})

test('replace and patch change the request in order: path, queries, method, headers, body', async () => {
  await using shop = await mirrored()
  shop.add({
    replace: {
      path: '/new',
      method: 'PUT',
      queries: { a: '2' },
      body: Buffer.from('{"n":1}').toString('base64'),
    },
    patch: {
      bodyJson: '{"m":2}',
      queries: [['b', '3']],
      headers: [
        ['Token', 'one'],
        ['Token', 'two'],
      ],
    },
  })
  const { body } = await shop.http.ask('/old?a=1', { method: 'POST', body: 'anything' })
  expect(JSON.parse(body)).toEqual({
    method: 'PUT',
    url: '/new?a=2&b=3',
    body: '{"n":1,"m":2}',
    token: 'two',
  })
})

test('replace and patch change the answer; its length is counted anew, its other headers are kept', async () => {
  await using shop = await mirrored()
  shop.add({
    target: 'Response',
    replace: { code: 503, headers: { 'Content-Type': 'text/x' } },
    patch: { bodyJson: '{"url":null,"extra":"é"}', queries: [], headers: [['X-New', 'n']] },
  })
  const answer = await shop.http.ask('/a')
  expect(answer.code).toBe(503)
  expect(JSON.parse(answer.body)).toEqual({ method: 'GET', body: '', token: '', extra: 'é' })
  expect(answer.headers['content-length']).toBe(String(Buffer.byteLength(answer.body)))
  expect(answer.headers['content-type']).toBe('text/x')
  expect(answer.headers['x-twice']).toBe('1, 2')
  expect(answer.headers['x-new']).toBe('n')
})

test('a JSON patch of a body that is not JSON drops the connection', async () => {
  await using service = await httpService((_req, res) => res.end('plain'))
  await using proxy = await proxyFor([service.address], { protocol: 'http' })
  using http = httpClient(proxy.address)
  addRule(proxy, { target: 'Response', patch: { bodyJson: '{}', queries: [], headers: [] } })
  await expect(http.ask('/')).rejects.toMatchObject({ code: 'ECONNRESET' })
})

test('several rules are chosen on the request as it came, and the response ones on what it became', async () => {
  await using shop = await mirrored()
  shop.add({ path: '/a', replace: { path: '/b' } })
  shop.add({ path: '/a', patch: { queries: [['second', '1']], headers: [] } })
  const never = shop.add({ path: '/b', abort: true })
  const answered = shop.add({ target: 'Response', path: '/b', replace: { code: 299 } })
  const answer = await shop.http.ask('/a')
  expect(answer.code).toBe(299)
  expect(JSON.parse(answer.body)).toMatchObject({ url: '/b?second=1' })
  expect([never.effect().seen, answered.effect().seen]).toEqual([0, 1])
})

test('a rule for another port meets nothing, and says so', async () => {
  await using shop = await mirrored()
  const applied = shop.add({ port: 1, abort: true })
  expect((await shop.http.ask('/')).code).toBe(200)
  expect(applied.effect()).toMatchObject({ seen: 0, eligible: 1 })
})

test('a service that is not there is an empty 502', async () => {
  const service = await httpService(mirror)
  await service[Symbol.asyncDispose]()
  await using proxy = await proxyFor([service.address], { protocol: 'http' })
  using http = httpClient(proxy.address)
  addRule(proxy, { path: '/none' })
  const answer = await http.ask('/')
  expect({ code: answer.code, body: answer.body }).toEqual({ code: 502, body: '' })
  expect(proxy.stats().connections.failed).toBe(1)
})

test('chunked bodies, trailers, HEAD and large bodies pass under a rule', async () => {
  await using service = await httpService((req, res) => {
    if (req.method !== 'HEAD') res.setHeader('trailer', 'x-sum')
    res.writeHead(200)
    req.on('data', (chunk) => res.write(chunk))
    req.on('end', () => {
      if (req.method !== 'HEAD') res.addTrailers({ 'x-sum': '7' })
      res.end('.')
    })
  })
  await using proxy = await proxyFor([service.address], { protocol: 'http' })
  using http = httpClient(proxy.address)
  addRule(proxy, { path: '/none', abort: true })
  const body = Buffer.alloc(3 * 1024 * 1024, 'z')
  const answer = await http.ask('/', { method: 'POST', headers: { 'transfer-encoding': 'chunked' }, body })
  expect(answer.body.length).toBe(body.length + 1)
  expect(answer.headers['transfer-encoding']).toBe('chunked')
  expect(answer.trailers['x-sum']).toBe('7')
  expect((await http.ask('/', { method: 'HEAD' })).code).toBe(200)
  expect((await http.ask('/', { method: 'POST', body: 'x' })).body).toBe('x.')
})

test('an answer passes as it was sent: no header added, none re-spelled', async () => {
  await using service = await httpService((_req, res) => {
    res.sendDate = false
    res.writeHead(200, ['X-CamelCase', '1', 'Content-Length', '2', 'Connection', 'keep-alive'])
    res.end('ok')
  })
  await using proxy = await proxyFor([service.address], { protocol: 'http' })
  using http = httpClient(proxy.address)
  const plain = await http.ask('/')
  addRule(proxy, { path: '/none' })
  expect((await http.ask('/')).rawHeaders).toEqual(plain.rawHeaders)
})

test('Upgrade passes under a rule, and bytes flow both ways behind it', async () => {
  await using service = await httpService(mirror)
  service.server.on('upgrade', (_req, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n')
    socket.pipe(socket)
  })
  await using proxy = await proxyFor([service.address], { protocol: 'http' })
  const applied = addRule(proxy, { delayMs: 30 })
  const req = request({ ...proxy.address, headers: { connection: 'upgrade', upgrade: 'echo' } })
  req.end()
  const text = await new Promise<string>((resolve, reject) => {
    req.on('error', reject)
    req.on('upgrade', (_res, socket) => {
      socket.write('ping')
      socket.once('data', (chunk) => {
        resolve(chunk.toString())
        socket.destroy()
      })
    })
  })
  expect(text).toBe('ping')
  expect(applied.effect()).toMatchObject({ seen: 1, eligible: 1 })
})

test('Expect: 100-continue reaches the service, and its answer the caller', async () => {
  await using shop = await mirrored()
  shop.add({ path: '/none' })
  const req = request({ ...shop.proxy.address, method: 'POST', headers: { expect: '100-continue' } })
  req.flushHeaders()
  await new Promise((resolve) => req.on('continue', resolve))
  const answer = new Promise<string>((resolve) =>
    req.on('response', (res) => res.on('data', (chunk) => resolve(chunk.toString()))),
  )
  req.end('late body')
  expect(JSON.parse(await answer)).toMatchObject({ body: 'late body' })
})

test('a network fault and an HTTP rule on one connection add up', async () => {
  await using shop = await mirrored()
  shop.proxy.add(fault(latency(60)))
  shop.add({ delayMs: 60 })
  const started = performance.now()
  expect((await shop.http.ask('/')).code).toBe(200)
  expect(performance.now() - started).toBeGreaterThan(118)
})

test('bytes that are not HTTP pass as they are, and count as met by nothing', async () => {
  await using service = await tcpService(echo)
  await using proxy = await proxyFor([service.address], { protocol: 'grpc' })
  const applied = addRule(proxy, { abort: true })
  const socket = await client(proxy.address)
  expect(await ask(socket, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')).toContain('HTTP/2.0')
  expect(await ask(socket, '\u0000binary')).toBe('\u0000binary')
  expect(applied.effect()).toMatchObject({ seen: 0, eligible: 2 })
})

test('a caller that leaves during a delay leaves nothing behind', async () => {
  await using shop = await mirrored()
  shop.add({ delayMs: 300_000 })
  const req = request({ ...shop.proxy.address, path: '/' })
  req.on('error', () => undefined)
  req.end()
  await sleep(50)
  req.destroy()
  await expect.poll(() => shop.proxy.stats().connections.open).toBe(0)
})

test('a connection that the service closes while idle ends for the caller too', async () => {
  await using service = await httpService((_req, res) => res.end('ok'))
  service.server.keepAliveTimeout = 100
  await using proxy = await proxyFor([service.address], { protocol: 'http' })
  using http = httpClient(proxy.address)
  addRule(proxy, { path: '/none' })
  const first = await http.ask('/')
  await expect.poll(() => proxy.stats().connections.open).toBe(0)
  const second = await http.ask('/')
  expect([first.code, second.code]).toEqual([200, 200])
  expect(second.localPort).not.toBe(first.localPort)
})

test('rules come and go under traffic without one request lost', async () => {
  await using service = await httpService(mirror)
  await using proxy = await proxyFor([service.address], { protocol: 'http' })
  const clients = Array.from({ length: 8 }, () => httpClient(proxy.address))
  let over = false
  const codes = new Map<number, number>()
  const traffic = clients.map(async (http) => {
    while (!over) {
      const { code } = await http.ask('/pay', { method: 'POST', body: 'x'.repeat(3000) })
      codes.set(code, (codes.get(code) ?? 0) + 1)
    }
  })
  let seen = 0
  for (let i = 0; i < 10; i++) {
    const applied = addRule(proxy, { target: 'Response', delayMs: i % 3, replace: { code: 299 } })
    await sleep(25)
    await applied.remove()
    seen += applied.effect().seen
    await sleep(10)
  }
  over = true
  await Promise.all(traffic)
  for (const http of clients) http[Symbol.dispose]()
  expect([...codes.keys()].sort()).toEqual([200, 299])
  expect(seen).toBe(codes.get(299))
  expect(proxy.stats().connections).toMatchObject({ opened: 8, failed: 0 })
})
