import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { pageAssets } from '../../packages/aftershock/src/cli/report-assets.ts'
import { runsOnDisk } from '../../packages/aftershock/src/cli/runs-on-disk.ts'
import type {
  ClusterEventJson,
  ClusterExperimentJson,
} from '../../packages/aftershock/src/model/cluster-experiment.ts'
import { type Server, startServer } from '../../packages/aftershock/src/server/server.ts'
import { fixtureRun } from '../../packages/web/src/fixture.ts'
import { axeProblems } from './axe.ts'
import { openBrowser, openPage } from './browser.ts'

const TOKEN = 'a-token-of-this-test'
const home = mkdtempSync(join(tmpdir(), 'aftershock-live-'))
const { result } = fixtureRun()
const browser: Browser | undefined = await openBrowser()
let server: Server
let address = ''

/** What a watcher would say: one experiment in force. */
const slowPayment: ClusterExperimentJson = {
  id: 'uid-1',
  kind: 'NetworkChaos',
  action: 'delay',
  mode: 'all',
  namespace: 'shop',
  name: 'payment-slow',
  state: 'running',
  parameters: { latencyMs: 500 },
  labels: {},
  runId: result.run.id,
  windows: [
    {
      recordId: 'shop/payment-0',
      role: 'target',
      round: 1,
      instant: false,
      target: { service: 'payment', namespace: 'shop', pod: 'payment-0' },
      start: {
        earliest: { at: '2026-11-21T10:00:00Z', by: 'event' },
        latest: { at: '2026-11-21T10:00:01Z', by: 'event' },
      },
      certain: { start: '2026-11-21T10:00:01Z' },
      possible: { start: '2026-11-21T10:00:00Z' },
      holes: [],
    },
  ],
  unknown: [],
}
const applied: ClusterEventJson = {
  at: '2026-11-21T10:00:01Z',
  exact: true,
  kind: 'NetworkChaos',
  namespace: 'shop',
  name: 'payment-slow',
  id: 'uid-1',
  reason: 'Applied',
  type: 'Normal',
  message: 'Successfully apply chaos for shop/payment-0',
  component: 'records-controller',
}

beforeAll(async () => {
  mkdirSync(join(home, 'runs', result.run.id), { recursive: true })
  writeFileSync(join(home, 'runs', result.run.id, 'result.json'), JSON.stringify(result))
  mkdirSync(join(home, 'runs/r-killed'))
  const started = {
    at: '2026-11-21T03:03:10.000Z',
    type: 'run-started',
    name: 'payment-latency',
    pid: 2 ** 30,
  }
  const phase = { at: '2026-11-21T03:03:11.000Z', type: 'phase', phase: 'chaos' }
  writeFileSync(
    join(home, 'runs/r-killed/events.ndjson'),
    `${JSON.stringify(started)}\n${JSON.stringify(phase)}\n`,
  )
  server = await startServer({
    address: { host: '127.0.0.1', port: 0 },
    token: TOKEN,
    runs: runsOnDisk(home),
    store: undefined,
    cluster: {
      experiments: async () => [slowPayment],
      archives: async () => [],
      events: async () => [applied],
    },
    page: pageAssets(),
    version: '1.2.3',
  })
  address = `http://127.0.0.1:${server.address.port}/`
})
afterAll(async () => {
  await browser?.close()
  await server.close()
  rmSync(home, { recursive: true })
})

async function open(hash: string): Promise<{ readonly page: Page; readonly messages: string[] }> {
  const page = await openPage(browser, { viewport: { width: 1280, height: 900 } })
  const messages: string[] = []
  page.on('console', (message) => messages.push(message.text()))
  page.on('pageerror', (error) => messages.push(error.message))
  await page.goto(address + hash)
  return { page, messages }
}

describe.runIf(browser !== undefined)('the pages of serve', () => {
  test('lists a finished and a killed run, and opens the finished one as its report', async () => {
    const { page, messages } = await open(`#k=${TOKEN}`)
    await page.waitForSelector('text=■ Unfinished')
    await page.click(`text=${result.run.headline}`)
    await page.waitForSelector('#s-verdict')
    expect(await page.textContent('#s-verdict')).toContain(result.run.headline)
    expect(messages).toEqual([])
    await page.context().close()
  })

  test.each([
    ['the runs', '', '.runs li'],
    ['a run', `/run/${result.run.id}`, '#s-verdict'],
    ['a run that was killed', '/live/r-killed', 'text=Run r-killed is over'],
  ])('axe-core finds nothing wrong on %s', async (_name, path, place) => {
    const { page } = await open(`#k=${TOKEN}`)
    await page.waitForSelector('.runs li')
    await page.goto(`${address}#${path}`)
    await page.waitForSelector(place)
    expect(await axeProblems(page)).toEqual([])
    await page.context().close()
  })

  test('shows the experiments of a cluster, its events, and the run that made one', async () => {
    const { page, messages } = await open(`#k=${TOKEN}`)
    await page.click('nav >> text=Cluster')
    await page.waitForSelector('text=shop/payment-slow')
    const row = (await page.textContent('table.cluster tbody tr')) ?? ''
    expect(row).toMatch(/NetworkChaos delay, mode all\s*running\s*payment-0\s*2026-11-21 10:00:01 UTC to now/)
    expect(await page.textContent('.cluster-events')).toContain('Successfully apply chaos')
    expect(await axeProblems(page)).toEqual([])
    await page.click(`table.cluster >> text=${result.run.id}`)
    await page.waitForSelector('#s-verdict')
    expect(messages).toEqual([])
    await page.context().close()
  })

  test('opens a view again when the tab is loaded again', async () => {
    const { page } = await open(`#k=${TOKEN}`)
    await page.waitForSelector('.runs li')
    await page.goto(`${address}#/run/${result.run.id}/step/3`)
    await page.reload()
    await page.waitForSelector('.step.chosen >> text=checkout tried again')
    await page.context().close()
  })

  test('says of a killed run that nobody runs it, offers no stop button and names the command', async () => {
    const { page } = await open(`#k=${TOKEN}`)
    await page.click('text=■ Unfinished')
    await page.waitForSelector('text=Run r-killed is over')
    expect(await page.textContent('main')).toContain('aftershock stop r-killed')
    expect(await page.textContent('.journal')).toContain('nobody runs it now')
    expect(await page.locator('button.stop').count()).toBe(0)
    await page.context().close()
  })

  test('says what is missing when it is opened without the token', async () => {
    const { page } = await open('')
    await page.waitForSelector('text=open the address that `aftershock serve` printed')
    await page.context().close()
  })
})
