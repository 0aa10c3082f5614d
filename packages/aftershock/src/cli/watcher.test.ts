import { afterEach, describe, expect, test } from 'vitest'
import type { TagWindow } from '../collector/tag.ts'
import { watching } from '../kubernetes/watch/watching.fixture.ts'
import { startServer } from '../server/server.ts'
import { askedWindows, type WindowFlags } from './analyze-windows.ts'
import { clusterPort } from './cluster-port.ts'
import { runsOfWatcher } from './cluster-runs.ts'
import { followWindows } from './follow-windows.ts'
import { watcherAt } from './watcher-client.ts'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

async function cluster(token?: string) {
  const one = watching()
  const server = await one.serve(token)
  closers.push(() => server.close())
  return { ...one, url: server.url }
}

describe('a watcher is asked', () => {
  test('for experiments with their windows, and for events', async () => {
    const { url, tell } = await cluster()
    tell()
    const { experiments, events } = await runsOfWatcher(url, {})
    expect(experiments).toMatchObject([{ namespace: 'shop', name: 'delay', windows: [{ role: 'target' }] }])
    expect(events.map((one) => one.reason)).toEqual(['Applied', 'Started'])
  })

  test('with the token of the environment; without it the problem says which variable', async () => {
    const { url } = await cluster('secret')
    await expect(runsOfWatcher(url, {})).rejects.toMatchObject({
      exitCode: 4,
      problems: [{ fix: 'set AFTERSHOCK_WATCHER_TOKEN' }],
    })
    expect((await runsOfWatcher(url, { AFTERSHOCK_WATCHER_TOKEN: 'secret' })).experiments).toEqual([])
  })

  test('and a problem says when nobody is there', async () => {
    await expect(watcherAt('http://127.0.0.1:9', {}).get('/api/windows')).rejects.toMatchObject({
      exitCode: 4,
    })
    expect(() => watcherAt('127.0.0.1:4790', {})).toThrow(/must be http/)
  })

  test('by analyze --windows <url>, for the window file of an experiment', async () => {
    const { url, tell } = await cluster()
    tell()
    const given: WindowFlags = { windows: `${url}/api/window-file/shop/delay` }
    const flags = await askedWindows(given, {})
    expect(JSON.parse(flags.windowsText ?? '')).toMatchObject({ experiment: { kind: 'NetworkChaos' } })
    expect(await askedWindows({ windows: 'case.json' }, {})).toEqual({ windows: 'case.json' })
  })
})

describe('serve --watcher', () => {
  test('has the windows of the cluster as they come and go, and finds the watcher again', async () => {
    const { url, tell, end } = await cluster()
    const seen: (readonly TagWindow[])[] = []
    const following = followWindows(
      watcherAt(url, {}),
      (windows) => seen.push(windows),
      () => undefined,
    )
    closers.push(() => following.stop())
    await expect.poll(() => seen.length).toBe(1)
    tell()
    await expect.poll(() => seen.at(-1)?.length).toBe(1)
    expect(seen.at(-1)?.[0]).toMatchObject({
      experiment: { name: 'shop/delay', kind: 'NetworkChaos', action: 'delay' },
      targets: [{ namespace: 'shop', pods: ['pod-0'] }],
      possible: { endNs: undefined },
    })
    end()
    await expect.poll(() => seen.at(-1)?.[0]?.possible.endNs).toBeTypeOf('bigint')
  })

  test('shows the experiments of the cluster in its API; a watcher that is away is a 502 with the reason', async () => {
    const one = await cluster()
    one.tell()
    const serve = async (url: string) => {
      const server = await startServer({
        address: { host: '127.0.0.1', port: 0 },
        token: 't',
        runs: {
          list: () => [],
          result: () => undefined,
          file: () => undefined,
          trace: async () => undefined,
          events: () => undefined,
          stop: () => 'unknown',
        },
        store: undefined,
        cluster: clusterPort(watcherAt(url, {})),
        page: { html: '', js: '', css: '' },
        version: '0',
      })
      closers.push(() => server.close())
      return async (path: string) => {
        const answer = await fetch(`http://127.0.0.1:${server.address.port}${path}`, {
          headers: { authorization: 'Bearer t' },
        })
        return { status: answer.status, body: await answer.json() }
      }
    }
    const get = await serve(one.url)
    expect(await get('/api/cluster/experiments?namespace=shop')).toMatchObject({
      status: 200,
      body: [{ name: 'delay' }],
    })
    expect(await get('/api/cluster/experiments?namespace=other')).toMatchObject({ status: 200, body: [] })
    expect((await get('/api/cluster/events?limit=1')).body).toHaveLength(1)
    expect((await get('/api/cluster/archives')).body).toEqual([])
    const away = await serve('http://127.0.0.1:9')
    expect(await away('/api/cluster/experiments')).toMatchObject({ status: 502, body: { code: 'watcher' } })
  })
})
