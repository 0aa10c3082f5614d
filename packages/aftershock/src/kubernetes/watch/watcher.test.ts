import { mkdtempSync, rmSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { systemClock } from '../../engine/clock.ts'
import { connectKube } from '../client.ts'
import { json, refusal, type ScriptedApi, scriptedApi } from '../test-support/scripted-api.ts'
import { openArchive } from './archive.ts'
import { ExperimentBook } from './experiment-book.ts'
import { openJournal } from './journal.ts'
import { startWatcher } from './watcher.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

/** A cluster with one NetworkChaos; its watch of that kind is in the test's hand. */
async function cluster(kinds: { readonly missing?: string } = {}) {
  let object: object | undefined = chaos('Not Injected')
  let version = 100
  let open: ServerResponse | undefined
  const api: ScriptedApi = await scriptedApi(({ url }, response) => {
    const { pathname, searchParams } = new URL(url, 'http://api')
    const plural = pathname.split('/').at(-1) ?? ''
    if (plural === kinds.missing) return json(response, 404, refusal(404, 'NotFound', 'no such resource'))
    if (searchParams.get('watch') === 'true') {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.flushHeaders()
      if (plural === 'networkchaos') open = response
      return
    }
    const items = plural === 'networkchaos' && object !== undefined ? [object] : []
    json(response, 200, { items, metadata: { resourceVersion: String(version) } })
  })
  closers.push(() => api[Symbol.asyncDispose]())
  const line = (value: object): unknown => open?.write(`${JSON.stringify(value)}\n`)
  return {
    api,
    tell: (phase: string): void => {
      version += 1
      object = chaos(phase, version)
      line({ type: 'MODIFIED', object })
    },
    /** While nobody watches. */
    change: (phase: string | undefined): void => {
      version += 1
      object = phase === undefined ? undefined : chaos(phase, version)
    },
    expire: (): void => {
      line({ type: 'ERROR', object: refusal(410, 'Expired', 'too old resource version: 1 (259)') })
      open?.end()
    },
    lists: (): number =>
      api.received.filter((one) => one.url.includes('/networkchaos?') && !one.url.includes('watch=')).length,
  }
}

function chaos(phase: string, version = 100): object {
  return {
    kind: 'NetworkChaos',
    metadata: {
      name: 'slow',
      namespace: 'shop',
      uid: 'u-1',
      generation: version,
      resourceVersion: String(version),
      creationTimestamp: new Date().toISOString().replace(/\.\d+/, ''),
    },
    spec: { action: 'delay', mode: 'all' },
    status: {
      experiment: { desiredPhase: 'Run', containerRecords: [{ id: 'shop/pay-0', selectorKey: '.', phase }] },
    },
  }
}

function watcherOf(api: ScriptedApi, folder: string) {
  const clock = systemClock()
  const client = connectKube({ kubeconfig: api.kubeconfig, clock, patienceMs: 2_000 })
  const book = new ExperimentBook()
  const journal = openJournal(folder)
  const archive = openArchive(folder, 3_600_000)
  const watcher = startWatcher({ client, clock, book, journal, archive, say: () => undefined })
  closers.push(
    () => client.close(),
    () => watcher.stop(),
  )
  const windows = () => book.entries().flatMap((entry) => book.windowsOf(entry).windows)
  return { watcher, book, windows }
}

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'aftershock-watcher-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

test('a record that is injected opens a window, one that is not closes it', async () => {
  const { api, tell } = await cluster()
  const { watcher, windows } = watcherOf(api, newFolder())
  await watcher.ready
  expect(windows()).toEqual([])
  tell('Injected')
  await expect.poll(() => windows().length).toBe(1)
  expect(windows()[0]).toMatchObject({ role: 'target', start: { latest: { by: 'seen' } }, end: undefined })
  tell('Not Injected')
  await expect.poll(() => windows()[0]?.end?.latest?.by).toBe('seen')
})

test('a watch that expired (410) is begun anew; what went meanwhile is seen by the list, and the gap is known', async () => {
  const { api, tell, change, expire, lists } = await cluster()
  const { watcher, book, windows } = watcherOf(api, newFolder())
  await watcher.ready
  tell('Injected')
  await expect.poll(() => windows().length).toBe(1)
  change(undefined)
  expire()
  await expect.poll(lists).toBe(2)
  await expect.poll(() => book.entries()[0]?.goneNs).toBeTypeOf('bigint')
  expect(book.entries()[0]?.gaps).toHaveLength(1)
  expect(windows()[0]?.end?.latest?.by).toBe('seen')
  expect(watcher.counts().relists).toBe(1)
})

test('waits for a change, and only until then', async () => {
  const { api, tell } = await cluster()
  const { watcher } = watcherOf(api, newFolder())
  await watcher.ready
  const known = watcher.revision()
  expect(await watcher.changed(known, 30)).toBe(known)
  const next = watcher.changed(known, 20_000)
  tell('Injected')
  expect(await next).toBeGreaterThan(known)
})

test('begins where an earlier watcher left off, and knows that nobody watched between', async () => {
  const { api, tell } = await cluster()
  const folder = newFolder()
  const first = watcherOf(api, folder)
  await first.watcher.ready
  tell('Injected')
  await expect.poll(() => first.windows().length).toBe(1)
  const [known] = first.windows()
  await first.watcher.stop()
  const second = watcherOf(api, folder)
  await second.watcher.ready
  expect(second.windows()[0]?.start).toEqual(known?.start)
  expect(second.book.entries()[0]?.gaps).toHaveLength(1)
  expect(second.windows()[0]?.holes.map((hole) => hole.kind)).toEqual(['not-watched'])
})

test('a kind that this Chaos Mesh does not have is passed over', async () => {
  const { api } = await cluster({ missing: 'blockchaos' })
  const { watcher } = watcherOf(api, newFolder())
  await watcher.ready
  expect(watcher.counts().missingKinds).toEqual(['BlockChaos'])
})
