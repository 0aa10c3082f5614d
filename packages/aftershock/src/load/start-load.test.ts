import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import type { SpanInput } from '../model/span-input.ts'
import type { LoadRequest } from '../model/system.ts'
import type { Outcome } from './outcome.ts'
import { type LoadOptions, startLoad } from './start-load.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function serve(handler: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const server = createServer((request, response) => {
    request.resume()
    handler(request, response)
  })
  closers.push(() => {
    server.close()
    server.closeAllConnections()
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  await new Promise((closed) => server.close(closed))
  return port
}

/** A listener with a full backlog that accepts nothing: further connects hang, unanswered. */
async function blackHole(): Promise<number> {
  const worker = new Worker(
    `const { parentPort } = require('node:worker_threads')
    const server = require('node:net').createServer()
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      parentPort.postMessage(server.address().port)
      setTimeout(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0), 0)
    })`,
    { eval: true },
  )
  const port = await new Promise<number>((listening) => worker.once('message', listening))
  await sleep(100)
  const fillers = [net.connect(port, '127.0.0.1'), net.connect(port, '127.0.0.1')]
  for (const filler of fillers) filler.on('error', () => undefined)
  closers.push(() => {
    for (const filler of fillers) filler.destroy()
    worker.terminate()
  })
  await sleep(50)
  return port
}

function request(url: string, more: Partial<LoadRequest> = {}): LoadRequest {
  const name = `GET ${new URL(url).pathname}`
  return { name, method: 'GET', url, headers: {}, body: undefined, weight: 1, ...more }
}

const sleep = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms))

/** Runs a load for a while; gives its outcomes. */
async function runFor(
  ms: number,
  options: Partial<LoadOptions> & { requests: LoadRequest[] },
  waitMs?: number,
): Promise<{
  outcomes: Outcome[]
  totals: Awaited<ReturnType<Awaited<ReturnType<typeof startLoad>>['stop']>>
}> {
  const outcomes: Outcome[] = []
  const load = await startLoad({
    rps: 100,
    timeoutMs: 2_000,
    seed: 1,
    onOutcome: (outcome) => outcomes.push(outcome),
    ...options,
  })
  await sleep(ms)
  return { totals: await load.stop(waitMs), outcomes }
}

const failureOf = (outcome: Outcome): string =>
  'failure' in outcome.answer ? outcome.answer.failure : String(outcome.answer.status)

test('startLoad() keeps its rate while the server is slow', async () => {
  const url = await serve((_, response) => setTimeout(() => response.end('ok'), 400))
  const { outcomes } = await runFor(1_000, { requests: [request(`${url}/slow`)], rps: 200 })
  // A closed loop of the 200 connections' answers would manage far fewer; gaps between due times are exact.
  expect(outcomes.length).toBeGreaterThan(150)
  const due = outcomes.map((outcome) => outcome.intendedNs).sort((a, b) => Number(a - b))
  const gaps = due.slice(1).map((ns, i) => Number(ns - due[i]) / 1e6)
  for (const gap of gaps) expect(gap).toBeCloseTo(5, 2)
  expect(outcomes.every((outcome) => failureOf(outcome) === '200')).toBe(true)
})

test('startLoad() counts latency from the intended start, through a stall of its own process', async () => {
  const url = await serve((_, response) => response.end('ok'))
  const load = await startLoad({ requests: [request(`${url}/`)], rps: 100, timeoutMs: 2_000, seed: 1 })
  await sleep(300)
  const stalledUntil = performance.now() + 300
  while (performance.now() < stalledUntil);
  await sleep(300)
  const totals = await load.stop()
  // The 30 requests that were due in the stall waited up to 300 ms, though each was answered at once.
  expect(totals['GET /'].maxMs).toBeGreaterThan(250)
  expect(totals['GET /'].lateMaxMs).toBeGreaterThan(250)
  expect(totals['GET /'].requests).toBeGreaterThan(80)
})

test('startLoad() shows a stalled server to every request that was due meanwhile', async () => {
  let stalled = true
  const waiting: (() => void)[] = []
  const url = await serve((_, response) => {
    if (stalled) waiting.push(() => response.end('ok'))
    else response.end('ok')
  })
  const load = await startLoad({ requests: [request(`${url}/`)], rps: 100, timeoutMs: 5_000, seed: 1 })
  await sleep(600)
  expect(load.inFlight()).toBeGreaterThan(40)
  stalled = false
  for (const answer of waiting) answer()
  await sleep(300)
  const { 'GET /': total } = await load.stop()
  // 60 requests waited 0 to 600 ms, about 30 did not: the median is some hundred ms, not one bad sample.
  expect(total.p50Ms).toBeGreaterThan(100)
  expect(total.maxMs).toBeGreaterThan(550)
  expect(total.errors).toBe(0)
})

test('startLoad() tells time-outs, refusals, resets and bad answers apart', async () => {
  const hanging = await serve(() => undefined)
  const resetting = await serve((incoming) => incoming.socket.resetAndDestroy())
  const failing = await serve((_, response) => {
    response.statusCode = 503
    response.end()
  })
  const { outcomes } = await runFor(400, {
    timeoutMs: 150,
    requests: [
      request(`${hanging}/hang`),
      request(`http://127.0.0.1:${await freePort()}/refuse`),
      request(`${resetting}/reset`),
      request(`${failing}/fail`),
    ],
  })
  const kinds = Object.fromEntries(outcomes.map((outcome) => [outcome.entry, failureOf(outcome)]))
  expect(kinds).toEqual({
    'GET /hang': 'timeout',
    'GET /refuse': 'refused',
    'GET /reset': 'reset',
    'GET /fail': '503',
  })
  const hung = outcomes.filter((outcome) => outcome.entry === 'GET /hang')
  for (const { intendedNs, endNs } of hung) expect(Number(endNs - intendedNs) / 1e6).toBeGreaterThan(145)
})

test('startLoad() gives up on a connection that never opens', async () => {
  const port = await blackHole()
  const { outcomes } = await runFor(
    300,
    { rps: 20, timeoutMs: 100, requests: [request(`http://127.0.0.1:${port}/nowhere`)] },
    500,
  )
  expect(outcomes.length).toBeGreaterThan(1)
  for (const outcome of outcomes) expect(failureOf(outcome)).toBe('timeout')
})

test('startLoad() counts what is over the limit as not sent', async () => {
  const url = await serve(() => undefined)
  const { outcomes, totals } = await runFor(
    400,
    { requests: [request(`${url}/`)], inFlightMax: 5, timeoutMs: 10_000 },
    10,
  )
  expect(outcomes.filter((outcome) => failureOf(outcome) === 'not-sent').length).toBe(totals['GET /'].notSent)
  expect(totals['GET /'].notSent).toBeGreaterThan(20)
  // The five that hang are failures too when the load ends.
  expect(totals['GET /'].errors).toBe(totals['GET /'].notSent + 5)
  expect(totals['GET /'].requests).toBe(totals['GET /'].errors)
})

test('startLoad() mixes requests by weight and sends method, headers, body, traceparent and baggage', async () => {
  const seen: { line: string; body: string; headers: IncomingMessage['headers'] }[] = []
  const url = await serve(async (incoming, response) => {
    let body = ''
    for await (const chunk of incoming) body += chunk
    seen.push({ line: `${incoming.method} ${incoming.url}`, body, headers: incoming.headers })
    response.end('ok')
  })
  const spans: SpanInput[] = []
  const { outcomes, totals } = await runFor(600, {
    requests: [
      request(`${url}/checkout?from=test`, {
        name: 'POST /checkout',
        method: 'POST',
        body: '{"items":1}',
        headers: { 'content-type': 'application/json' },
        weight: 3,
      }),
      request(`${url}/products`),
    ],
    baggage: { 'chaos.experiment.id': 'abc', 'chaos.experiment.name': 'payment, slow' },
    onSpans: (resource, batch) => {
      expect(resource).toEqual({ 'service.name': 'users' })
      spans.push(...batch)
    },
  })
  const { 'POST /checkout': checkouts, 'GET /products': products } = totals
  expect(Math.abs(checkouts.requests - 3 * products.requests)).toBeLessThanOrEqual(3)
  const post = seen.find(({ line }) => line === 'POST /checkout?from=test')
  expect(post?.body).toBe('{"items":1}')
  expect(post?.headers['content-type']).toBe('application/json')
  expect(post?.headers.baggage).toBe('chaos.experiment.id=abc,chaos.experiment.name=payment%2C%20slow')
  const sent = new Set(outcomes.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`))
  expect(sent.size).toBe(outcomes.length)
  for (const { headers } of seen) expect(sent.has(String(headers.traceparent))).toBe(true)
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(
    new Set(outcomes.map(({ traceId }) => traceId)),
  )
})

test('startLoad() repeats its arrivals and trace ids under the same seed', async () => {
  const url = await serve((_, response) => response.end('ok'))
  const run = async (seed: number): Promise<{ ids: string[]; dueMs: number[] }> => {
    const { outcomes } = await runFor(300, {
      requests: [request(`${url}/`)],
      arrivals: 'poisson',
      rps: 200,
      seed,
    })
    const inOrder = outcomes.toSorted((a, b) => Number(a.intendedNs - b.intendedNs)).slice(0, 20)
    return {
      ids: inOrder.map(({ traceId }) => traceId),
      dueMs: inOrder.map(({ intendedNs }) => Math.round(Number(intendedNs - inOrder[0].intendedNs) / 1e5)),
    }
  }
  const [first, again, other] = [await run(7), await run(7), await run(8)]
  expect(again).toEqual(first)
  expect(other.ids).not.toEqual(first.ids)
})

test('recent() sees only the last moments, since() and totals() what came before', async () => {
  let status = 500
  const url = await serve((_, response) => {
    response.statusCode = status
    response.end()
  })
  const load = await startLoad({ requests: [request(`${url}/`)], rps: 100, timeoutMs: 1_000, seed: 1 })
  await sleep(400)
  status = 200
  await sleep(800)
  const late = load.recent(300, 'GET /')
  expect(late.requests).toBeGreaterThan(10)
  expect(late.errors).toBe(0)
  expect(late.p95Ms).toBeGreaterThan(0)
  const all = load.since(load.startedNs)
  expect(all.errors).toBeGreaterThan(20)
  expect(load.recent(60_000, 'no such entry')).toEqual({
    requests: 0,
    errors: 0,
    p50Ms: undefined,
    p95Ms: undefined,
    p99Ms: undefined,
  })
  const totals = await load.stop()
  expect(totals['GET /'].errors).toBe(all.errors)
  expect(load.entries()).toEqual(['GET /'])
})

test('stop() waits for answers on their way, and then for no more', async () => {
  const url = await serve((_, response) => setTimeout(() => response.end('ok'), 300))
  const patient = await runFor(200, { requests: [request(`${url}/`)] })
  expect(patient.totals['GET /'].errors).toBe(0)
  const hasty = await runFor(200, { requests: [request(`${url}/`)] }, 10)
  expect(hasty.totals['GET /'].errors).toBe(hasty.totals['GET /'].requests)
})

test('stop() waits no longer than there is time for', async () => {
  const url = await serve(() => undefined)
  const load = await startLoad({ rps: 100, timeoutMs: 600_000, seed: 1, requests: [request(`${url}/`)] })
  await sleep(100)
  const hurry = new AbortController()
  const stopped = load.stop(600_000, hurry.signal)
  hurry.abort()
  const { 'GET /': total } = await stopped
  expect(total.requests).toBeGreaterThan(0)
  expect(total.errors).toBe(total.requests)
})
