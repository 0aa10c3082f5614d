import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fixtureRun } from '../../../web/src/fixture.ts'
import type { RunEvent } from '../model/run.ts'
import { type Server, startServer } from '../server/server.ts'
import { memorySpanStore } from '../store/memory-span-store.ts'
import { spansOf, traceIdOf } from '../store/span-store.contract.ts'
import { runsOnDisk } from './runs-on-disk.ts'

const TOKEN = 'a-token-of-this-test'
const home = mkdtempSync(join(tmpdir(), 'aftershock-serve-'))
const page = { html: '<!doctype html><title>page</title>', js: '/* js */', css: '/* css */' }
const { result } = fixtureRun()
let runner: ChildProcess
let server: Server
let bare: Server

beforeAll(async () => {
  runner = spawn('sleep', ['60'])
  writeRun('r-done', [started('r-done', 1), { type: 'phase', phase: 'chaos' }, ended])
  writeFileSync(join(home, 'runs/r-done/result.json'), JSON.stringify(result))
  writeFileSync(join(home, 'runs/r-done/report.html'), '<!doctype html><p>report')
  writeRun('r-live', [started('r-live', runner.pid ?? 0), { type: 'phase', phase: 'baseline' }])
  writeRun('r-killed', [started('r-killed', 2 ** 30), { type: 'phase', phase: 'chaos' }])
  writeRun('r-torn', [started('r-torn', 2 ** 30)])
  writeFileSync(join(home, 'runs/r-torn/result.json'), '{"run":')
  writeFileSync(join(home, 'secret.txt'), 'not for browsers')
  const store = memorySpanStore()
  await store.append(spansOf([{ service: 'web', name: 'GET /', kind: 2, status: 2 }, { service: 'payment' }]))
  const options = { address: { host: '127.0.0.1', port: 0 }, token: TOKEN, runs: runsOnDisk(home), page }
  server = await startServer({ ...options, store, version: '1.2.3' })
  bare = await startServer({ ...options, store: undefined, version: '1.2.3' })
})
afterAll(async () => {
  runner.kill('SIGKILL')
  await Promise.all([server.close(), bare.close()])
  rmSync(home, { recursive: true })
})

const ended: RunEvent = { type: 'run-ended', verdict: 'broke', exitCode: 1 }

function started(id: string, pid: number): RunEvent {
  return {
    type: 'run-started',
    id,
    name: 'payment-latency',
    seed: 7,
    pid,
    command: 'aftershock demo',
    files: [],
  }
}

function writeRun(id: string, events: readonly RunEvent[]): void {
  mkdirSync(join(home, 'runs', id), { recursive: true })
  for (const event of events) record(id, event)
}

function record(id: string, event: RunEvent): void {
  const timed = { at: '2026-11-21T03:03:10.000Z', ...event }
  appendFileSync(join(home, 'runs', id, 'events.ndjson'), `${JSON.stringify(timed)}\n`)
}

type Answer = { readonly status: number; readonly text: string; readonly headers: Record<string, unknown> }

/** Plain HTTP: `fetch` would tidy up the paths and refuse to send another host. */
function ask(
  path: string,
  options: { readonly method?: string; readonly headers?: Record<string, string>; readonly of?: Server } = {},
): Promise<Answer> {
  const { port } = (options.of ?? server).address
  const given = { authorization: `Bearer ${TOKEN}`, ...options.headers }
  const headers = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''))
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      { host: '127.0.0.1', port, path, method: options.method ?? 'GET', headers },
      (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text, headers: response.headers }),
        )
      },
    )
    request.on('error', reject).end()
  })
}

const jsonOf = async (path: string) => JSON.parse((await ask(path)).text)

test('the page and the health need no token, everything else does', async () => {
  const none = { headers: { authorization: '' } }
  for (const open of ['/', '/app.js', '/style.css', '/api/health'])
    expect((await ask(open, none)).status, open).toBe(200)
  for (const path of [
    '/api/runs',
    '/api/runs/r-done',
    '/api/runs/r-done/events',
    '/api/services',
    '/api/store',
  ]) {
    expect((await ask(path, none)).status, path).toBe(401)
    expect((await ask(path, { headers: { authorization: 'Bearer wrong' } })).status, path).toBe(401)
  }
  expect((await ask(`/api/runs?token=${TOKEN}`, none)).status).toBe(200)
  expect((await ask('/api/runs/r-live/stop', { ...none, method: 'POST' })).status).toBe(401)
})

test('a page elsewhere that rebinds a name to this machine is refused', async () => {
  const answer = await ask('/api/runs', { headers: { host: 'evil.example:4780' } })
  expect(answer.status).toBe(421)
  expect(JSON.parse(answer.text)).toMatchObject({ code: 'wrong-host' })
  expect((await ask('/', { headers: { host: 'evil.example' } })).status).toBe(421)
  expect((await ask('/api/health', { headers: { host: 'localhost:4780' } })).status).toBe(200)
})

test('every answer forbids foreign scripts, frames and guessing of types', async () => {
  const { headers } = await ask('/')
  expect(headers['content-security-policy']).toContain("default-src 'self'")
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(headers['x-content-type-options']).toBe('nosniff')
  expect(headers['access-control-allow-origin']).toBeUndefined()
})

test('the list has every run: finished, running, killed, unreadable, with the reason', async () => {
  const runs: { id: string; verdict?: string; state?: string; headline: string }[] = await jsonOf('/api/runs')
  const of = (id: string) => runs.find((run) => run.id === id)
  // A finished run is listed as its result has it.
  expect(of(result.run.id)).toMatchObject({ verdict: 'broke', headline: result.run.headline })
  expect(of('r-live')).toMatchObject({ state: 'running' })
  expect(of('r-killed')).toMatchObject({
    state: 'unfinished',
    headline: expect.stringContaining('no result'),
  })
  expect(of('r-torn')).toMatchObject({
    state: 'unreadable',
    headline: expect.stringContaining('result.json'),
  })
  expect(JSON.stringify(runs)).not.toContain('"path"')
})

test('a run is its result.json; unknown and unfinished runs are 404 with a reason', async () => {
  expect(await jsonOf('/api/runs/r-done')).toEqual(JSON.parse(JSON.stringify(result)))
  for (const id of ['r-none', 'r-killed', 'r-torn']) {
    const answer = await ask(`/api/runs/${id}`)
    expect(answer.status).toBe(404)
    expect(JSON.parse(answer.text)).toMatchObject({
      code: 'run-unknown',
      what: expect.any(String),
      why: expect.any(String),
    })
  }
})

test('files of a run: the known names and no others', async () => {
  const report = await ask('/api/runs/r-done/files/report.html')
  expect(report).toMatchObject({ status: 200, text: '<!doctype html><p>report' })
  expect(report.headers['content-type']).toContain('text/html')
  for (const name of ['events.ndjson', 'result.json', 'secret.txt', 'constructor', '__proto__', 'junit.xml'])
    expect((await ask(`/api/runs/r-done/files/${name}`)).status, name).toBe(404)
})

test('no path leads out of the runs folder', async () => {
  for (const path of [
    '/api/runs/..%2f..%2fsecret.txt',
    '/api/runs/../../secret.txt',
    '/api/runs/..',
    '/api/runs/%2e%2e/files/report.html',
    '/api/runs/r-done/files/..%2f..%2f..%2fsecret.txt',
    '/api/runs/r-done%00/files/report.html',
    '/api/runs/..%2fruns%2fr-done/events',
    '/..%2f..%2fetc%2fpasswd',
  ]) {
    const answer = await ask(path)
    expect([400, 404], path).toContain(answer.status)
    expect(answer.text).not.toContain('not for browsers')
    expect(answer.text).not.toContain('root:')
  }
})

test('events of a past run come whole, and end', async () => {
  const { text, headers } = await ask('/api/runs/r-done/events')
  expect(headers['content-type']).toBe('text/event-stream')
  expect(text.match(/^id: \d+$/gm)).toEqual(['id: 0', 'id: 1', 'id: 2'])
  expect(text.match(/^event: \w+$/gm)).toEqual(['event: log', 'event: phase', 'event: end'])
})

test('events go on after the last one that the browser had', async () => {
  const { text } = await ask('/api/runs/r-done/events', { headers: { 'last-event-id': '1' } })
  expect(text.match(/^id: \d+$/gm)).toEqual(['id: 2'])
  const { text: all } = await ask('/api/runs/r-done/events', { headers: { 'last-event-id': 'x' } })
  expect(all.match(/^id: \d+$/gm)).toHaveLength(3)
})

test('events of a killed run end with a word, so that the browser does not ask again and again', async () => {
  const { text } = await ask('/api/runs/r-killed/events')
  expect(text).toMatch(/event: end\ndata: .*nobody runs it now/)
  const again = await ask('/api/runs/r-killed/events', { headers: { 'last-event-id': '1' } })
  expect(again.text.match(/^event: \w+$/gm)).toEqual(['event: end'])
})

test('stop tells the process that runs it; events arrive while they happen', async () => {
  expect((await ask('/api/runs/r-none/stop', { method: 'POST' })).status).toBe(404)
  expect((await ask('/api/runs/r-done/stop', { method: 'POST' })).status).toBe(409)
  expect((await ask('/api/runs/r-killed/stop', { method: 'POST' })).status).toBe(409)
  const events = ask('/api/runs/r-live/events')
  const gone = new Promise((resolve) => runner.once('exit', (_, signal) => resolve(signal)))
  const answer = await ask('/api/runs/r-live/stop', { method: 'POST' })
  expect(JSON.parse(answer.text)).toEqual({ stopping: 'r-live' })
  expect(await gone).toBe('SIGTERM')
  record('r-live', {
    type: 'fault-removed',
    fault: 'f1',
    verifiedBy: 'probes through 8 proxies, slowest 3 ms',
  })
  record('r-live', { type: 'run-ended', verdict: 'stopped', exitCode: 143 })
  const { text } = await events
  expect(text).toContain('f1 removed, verified by probes through 8 proxies')
})

test('the store answers as Jaeger does', async () => {
  expect(await jsonOf('/api/store')).toMatchObject({ spans: 2, oldest: '2027-01-15T08:00:00.000Z' })
  expect((await jsonOf('/api/services')).data).toEqual(['payment', 'web'])
  expect((await jsonOf('/api/services/web/operations')).data).toEqual(['GET /'])
  expect((await jsonOf('/api/services/nobody/operations')).data).toEqual([])
  const [trace] = (await jsonOf('/api/traces?service=web&limit=5')).data
  expect(trace.traceID).toBe(traceIdOf(1))
  expect(trace.spans).toHaveLength(2)
  expect(trace.spans[0]).toMatchObject({
    operationName: 'GET /',
    duration: 10_000,
    startTime: 1_800_000_000_000_000,
  })
  expect(trace.spans[0].tags).toContainEqual({ key: 'span.kind', type: 'string', value: 'server' })
  expect((await jsonOf(`/api/traces/${traceIdOf(1)}`)).data).toHaveLength(1)
})

test('Jaeger’s parameters filter, and bad ones are refused with a reason', async () => {
  expect((await jsonOf('/api/traces?service=nobody')).data).toEqual([])
  expect((await jsonOf('/api/traces?service=web&minDuration=1s')).data).toEqual([])
  expect(
    (await jsonOf(`/api/traces?service=web&tags=${encodeURIComponent('{"error":"true"}')}`)).data,
  ).toHaveLength(1)
  for (const bad of ['', '?service=web&minDuration=soon', '?service=web&tags=%7Bnot'])
    expect((await ask(`/api/traces${bad}`)).status, bad).toBe(400)
  for (const id of ['f'.repeat(32), 'no-id', 'f'.repeat(40), '..%2f..'])
    expect((await ask(`/api/traces/${id}`)).status, id).toBe(404)
})

test('without a store the runs are still there', async () => {
  expect((await ask('/api/runs', { of: bare })).status).toBe(200)
  for (const path of ['/api/services', '/api/traces?service=web', '/api/store'])
    expect((await ask(path, { of: bare })).status, path).toBe(404)
})

test('a port that is taken is a problem with a fix', async () => {
  const { address } = server
  await expect(
    startServer({ address, token: TOKEN, runs: runsOnDisk(home), page, store: undefined, version: '' }),
  ).rejects.toMatchObject({
    exitCode: 4,
    problems: [{ code: 'port-in-use', fix: expect.stringContaining('--port') }],
  })
})
