import { request } from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { metricsText } from './metrics-text.ts'
import { startWatchServer, type WatchServer, type WatchServerOptions } from './watch-server.ts'
import { watching } from './watching.fixture.ts'

let servers: WatchServer[] = []
beforeEach(() => {
  servers = []
})
afterEach(async () => {
  for (const server of servers) await server.close()
})

async function started(options: WatchServerOptions): Promise<string> {
  const server = await startWatchServer(options)
  servers.push(server)
  return `http://127.0.0.1:${server.port}`
}

const get = async (url: string, headers: Record<string, string> = {}) => {
  const answer = await fetch(url, { headers })
  const text = await answer.text()
  return { status: answer.status, text, json: () => JSON.parse(text) }
}

test('probes and metrics are for everybody, /api asks for the token', async () => {
  const { options } = watching()
  const url = await started({ ...options, token: 'secret' })
  expect((await get(`${url}/healthz`)).status).toBe(200)
  expect((await get(`${url}/readyz`)).status).toBe(200)
  expect((await get(`${url}/metrics`)).text).toContain('aftershock_watch_leader 1')
  expect((await get(`${url}/api/windows`)).status).toBe(401)
  expect((await get(`${url}/api/windows`, { authorization: 'Bearer wrong' })).status).toBe(401)
  expect((await get(`${url}/api/windows`, { authorization: 'Bearer secret' })).status).toBe(200)
})

test('without a token a page of another site is kept out', async () => {
  const { options } = watching()
  const url = new URL(await started({ ...options, token: undefined }))
  expect((await get(`${url.href}api/windows`)).status).toBe(200)
  const status = await new Promise((resolve) => {
    const { hostname, port } = url
    request({ hostname, port, path: '/api/windows', headers: { host: 'evil.example' } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    }).end()
  })
  expect(status).toBe(401)
})

test('says why it is not ready', async () => {
  const { options } = watching()
  const url = await started({
    ...options,
    token: undefined,
    unready: () => 'the cluster has not been listed yet',
  })
  expect(await get(`${url}/readyz`)).toMatchObject({
    status: 503,
    text: 'the cluster has not been listed yet\n',
  })
})

test('an experiment is found by uid and by name, in lists, events and as a window file', async () => {
  const { options, tell } = watching()
  const url = await started({ ...options, token: undefined })
  tell()
  const [experiment] = (await get(`${url}/api/experiments`)).json()
  expect(experiment).toMatchObject({ kind: 'NetworkChaos', namespace: 'shop', name: 'delay' })
  expect(experiment.windows[0].target).toMatchObject({ namespace: 'shop', pod: 'pod-0' })
  expect((await get(`${url}/api/experiments/${experiment.id}`)).json()).toEqual(experiment)
  expect((await get(`${url}/api/experiments/shop/delay`)).json()).toEqual(experiment)
  const file = (await get(`${url}/api/window-file/shop/delay`)).json()
  expect(file.experiment).toMatchObject({ kind: 'NetworkChaos', targets: [{ pods: ['pod-0'] }] })
  const events = (await get(`${url}/api/events?kind=NetworkChaos&limit=2`)).json()
  expect(events.map((one: { reason: string }) => one.reason)).toEqual(['Applied', 'Started'])
  expect((await get(`${url}/api/experiments/shop/other`)).status).toBe(404)
  expect((await get(`${url}/api/experiments?namespace=other`)).json()).toEqual([])
})

test('/api/windows waits for the next revision', async () => {
  const { options, tell } = watching()
  const url = await started({ ...options, token: undefined })
  const first = (await get(`${url}/api/windows`)).json()
  expect(first).toMatchObject({
    schema: 'aftershock.windows/1',
    revision: 1,
    complete: true,
    experiments: [],
  })
  const next = get(`${url}/api/windows?after=1&wait=20000`)
  tell()
  expect((await next).json()).toMatchObject({ revision: 2, experiments: [{ name: 'delay' }] })
  expect((await get(`${url}/api/windows?after=2&wait=50`)).json().revision).toBe(2)
})

test('only reads', async () => {
  const { options } = watching()
  const url = await started({ ...options, token: undefined })
  expect((await fetch(`${url}/api/windows`, { method: 'POST' })).status).toBe(405)
  expect((await get(`${url}/nothing`)).status).toBe(404)
})

test('metrics escape what Prometheus would misread', () => {
  const samples = [{ labels: { kind: 'a"b\\c\nd' }, value: 2 }]
  expect(metricsText([{ name: 'x_total', type: 'counter', help: 'h', samples }])).toBe(
    '# HELP aftershock_watch_x_total h\n# TYPE aftershock_watch_x_total counter\n' +
      'aftershock_watch_x_total{kind="a\\"b\\\\c\\nd"} 2\n',
  )
})
