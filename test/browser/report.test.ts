import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reportAssets } from '../../packages/aftershock/src/cli/report-assets.ts'
import type { TraceFull } from '../../packages/aftershock/src/model/result.ts'
import { htmlReport } from '../../packages/aftershock/src/report/html-report.ts'
import { fixtureRun } from '../../packages/web/src/fixture.ts'
import { openBrowser, openPage } from './browser.ts'
import { faintMarks, poorContrast } from './contrast.ts'

const HOSTILE = '</script><img src=x onerror=alert(1)>'
const TIRED = '65b6383b0000000000000000000000a1'
const folder = mkdtempSync(join(tmpdir(), 'aftershock-report-'))
/** Pictures to look at, when asked for. */
const shots = process.env.AFTERSHOCK_SHOTS

const browser: Browser | undefined = await openBrowser()
let address = ''
let html = ''

beforeAll(async () => {
  const { result, traces } = fixtureRun()
  const [first, ...rest] = traces
  if (first === undefined) throw new Error('the fixture has traces')
  const hostile: TraceFull = {
    ...first,
    spans: first.spans.map((span, i) =>
      i === 0 ? { ...span, attrs: { ...span.attrs, [HOSTILE]: HOSTILE } } : span,
    ),
  }
  html = htmlReport(result, [hostile, ...rest, long()], await reportAssets())
  writeFileSync(join(folder, 'report.html'), html)
  address = pathToFileURL(join(folder, 'report.html')).href
})
afterAll(async () => browser?.close())

/** A trace of 50,000 spans. */
function long(): TraceFull {
  const spans = Array.from({ length: 50_000 }, (_, i) => ({
    id: i.toString(16).padStart(16, '0'),
    parent:
      i === 0
        ? null
        : Math.floor((i - 1) / 8)
            .toString(16)
            .padStart(16, '0'),
    service: `service-${i % 11}`,
    op: `op ${i % 7}`,
    kind: 'internal' as const,
    start: i * 10,
    dur: i === 0 ? 600_000 : 500,
    ...(i % 1000 === 999 ? { error: '500' } : {}),
  }))
  return { traceId: 'f'.repeat(32), startedAt: '2026-11-21T03:03:10.000Z', missingParents: 0, spans }
}

type Seen = { readonly page: Page; readonly requests: string[]; readonly messages: string[] }

async function open(hash: string, options: BrowserContextOptions = {}): Promise<Seen> {
  const page = await openPage(browser, { viewport: { width: 1280, height: 900 }, ...options })
  const requests: string[] = []
  const messages: string[] = []
  page.on('request', (request) => requests.push(request.url()))
  page.on('console', (message) => messages.push(message.text()))
  page.on('pageerror', (error) => messages.push(error.message))
  await page.addInitScript(() => Object.defineProperty(navigator, 'language', { value: 'en-US@posix' }))
  await page.goto(address + hash)
  if (options.javaScriptEnabled !== false) await page.waitForLoadState('networkidle')
  return { page, requests, messages }
}

async function picture(page: Page, name: string): Promise<void> {
  if (shots === undefined) return
  mkdirSync(shots, { recursive: true })
  await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true })
}

describe.runIf(browser !== undefined)('report.html from file://', () => {
  test('makes one request, itself, and says nothing on the console', async () => {
    const { page, requests, messages } = await open('')
    await page.click('nav >> text=Traces')
    await page.click(`text=${TIRED.slice(0, 8)}`)
    await page.waitForSelector('[role=treegrid]')
    expect(requests.filter((url) => !url.startsWith('data:'))).toEqual([address])
    expect(messages).toEqual([])
    await page.context().close()
  })

  test('is readable without scripts', async () => {
    const { page } = await open('', { javaScriptEnabled: false })
    const text = (await page.textContent('body')) ?? ''
    const { result } = fixtureRun()
    expect(text).toContain(result.run.headline)
    for (const step of result.chain) expect(text).toContain(step.text)
    for (const edge of result.edges) expect(text).toContain(`${edge.from} → ${edge.to}`)
    expect(await page.locator('svg.chart rect.phase.chaos').count()).toBe(1)
    await picture(page, 'no-script')
    await page.context().close()
  })

  test('is legible as black on white where a server forbids its scripts and styles', async () => {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html; charset=utf-8')
      response.setHeader(
        'content-security-policy',
        "sandbox; default-src 'none'; img-src 'self'; style-src 'self'",
      )
      response.end(html)
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const page = await openPage(browser)
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    expect(await page.textContent('body')).toContain(fixtureRun().result.run.headline)
    await picture(page, 'no-script-no-style')
    // Nothing but the marks is painted black: boxes and lines keep the paint of their attributes.
    const black = page.locator('svg rect:not([fill]), svg path:not([fill])')
    expect(await black.count()).toBe(0)
    await page.context().close()
    await new Promise((done) => server.close(done))
  })

  test('shows verdict, proof, reach, timeline and the start of the chain on the first screen', async () => {
    const { page } = await open('')
    for (const place of ['#s-verdict', '#s-timeline svg', '#chain']) {
      const box = await page.locator(place).first().boundingBox()
      expect((box?.y ?? 9999) + Math.min(box?.height ?? 0, 30)).toBeLessThan(900)
    }
    await picture(page, 'light')
    await page.context().close()
  })

  test('moves the cursor of the timeline with keys and says what is there', async () => {
    const { page } = await open('')
    await page.focus('svg.chart')
    await page.keyboard.press('Home')
    for (let i = 0; i < 7; i++) await page.keyboard.press('Shift+ArrowRight')
    const said = await page.textContent('.cursor-text')
    expect(said).toMatch(/70\.0 s · chaos · p50 .* · p95 .* · errors /)
    await page.context().close()
  })

  test('sorts the edges with the keyboard', async () => {
    const { page } = await open('')
    await page.focus('table.edges th:nth-child(3) button')
    await page.keyboard.press('Enter')
    expect(await page.getAttribute('table.edges th:nth-child(3)', 'aria-sort')).toBe('descending')
    expect(await page.textContent('table.edges tbody tr:first-child td:nth-child(3)')).toBe('1,952')
    await page.context().close()
  })

  test('opens every view again from its hash', async () => {
    const views: readonly (readonly [string, string])[] = [
      ['#/step/3', '.step.chosen >> text=checkout tried again'],
      ['#/service/order', 'text=Show all 8 edges'],
      ['#/traces?outcome=failed', 'text=2 of 5'],
      [`#/trace/${TIRED}`, '[role=treegrid]'],
      [`#/diff/e4079d110000000000000000000000a4/${TIRED}`, 'table.diff'],
      ['#/experiment', 'h1 >> text=Experiment'],
      ['#/about', 'text=Download JSON'],
    ]
    for (const [hash, wanted] of views) {
      const { page, messages } = await open(hash)
      await page.waitForSelector(wanted)
      expect(messages).toEqual([])
      await page.context().close()
    }
  })

  test('walks a trace by keys to errors, faults and retries, and Esc goes back', async () => {
    const { page } = await open('#/step/2')
    await page.click('.step.chosen >> text=trace 65b6383b')
    await page.waitForSelector('[role=treegrid]')
    await page.focus('[role=treegrid]')
    const chosen = async (): Promise<string> => {
      const id = await page.getAttribute('[role=treegrid]', 'aria-activedescendant')
      return (await page.textContent(`#${id}`)) ?? ''
    }
    await page.keyboard.press('f')
    expect(await chosen()).toContain('⚡')
    await page.keyboard.press('r')
    expect(await chosen()).toContain('↻1')
    await page.keyboard.press('e')
    expect(await chosen()).toContain('✕')
    await picture(page, 'trace')
    await page.keyboard.press('Escape')
    await page.waitForSelector('#step-2.chosen')
    await page.context().close()
  })

  test('shows hostile text as text', async () => {
    const { page, messages } = await open(`#/trace/${TIRED}`)
    await page.waitForSelector('.attributes')
    expect(await page.textContent('.attributes')).toContain(HOSTILE)
    expect(await page.locator('img').count()).toBe(0)
    expect(messages).toEqual([])
    await page.context().close()
  })

  test('opens a trace of 50,000 spans with few elements', async () => {
    const { page } = await open('')
    const started = performance.now()
    await page.evaluate(() => {
      location.hash = `#/trace/${'f'.repeat(32)}`
    })
    await page.waitForSelector('[role=treegrid] [role=row]')
    const tookMs = performance.now() - started
    await page.focus('[role=treegrid]')
    for (const key of ['e', 'e', 'End']) await page.keyboard.press(key)
    expect(await page.evaluate(() => document.querySelectorAll('*').length)).toBeLessThan(600)
    console.log(`50,000 spans opened in ${Math.round(tookMs)} ms`)
    await page.context().close()
  })

  test('does not scroll sideways at 320 px, and keeps the graph inside', async () => {
    for (const hash of [
      '',
      `#/trace/${TIRED}`,
      '#/traces',
      `#/diff/e4079d110000000000000000000000a4/${TIRED}`,
      '#/about',
    ]) {
      const { page } = await open(hash, { viewport: { width: 320, height: 800 } })
      await page.waitForSelector('h1')
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320)
      if (hash === '') {
        const origin = await page.locator('.node.origin rect').boundingBox()
        expect(origin?.x).toBeGreaterThanOrEqual(0)
        expect((origin?.x ?? 0) + (origin?.width ?? 999)).toBeLessThanOrEqual(320)
        await picture(page, 'narrow')
      }
      await page.context().close()
    }
  })

  test('moves between services of the graph with the arrow keys', async () => {
    const { page } = await open('')
    const focused = (): Promise<string | null> =>
      page.evaluate(() => document.activeElement?.getAttribute('data-node') ?? null)
    await page.focus('[data-node=order]')
    await page.keyboard.press('ArrowRight')
    const right = await focused()
    expect(['payment', 'inventory']).toContain(right)
    await page.keyboard.press('ArrowLeft')
    expect(await focused()).toBe('order')
    await page.keyboard.press('Enter')
    await page.waitForSelector('text=Show all 8 edges')
    await page.context().close()
  })

  test('tells all states apart by text where colours are forced, and moves nothing', async () => {
    const { page } = await open('', { forcedColors: 'active', reducedMotion: 'reduce' })
    const nodes = await page.locator('.node text.state').allTextContents()
    expect(new Set(nodes).size).toBeGreaterThan(2)
    for (const badge of await page.locator('.badge').allTextContents()) expect(badge).toMatch(/[A-Z]{4,}/)
    const moving = await page.evaluate(
      () =>
        document.getAnimations().length +
        [...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).transitionDuration !== '0s')
          .length,
    )
    expect(moving).toBe(0)
    await picture(page, 'forced-colours')
    await page.context().close()
  })

  test('has lines and marks that stand out from their ground in both themes', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open('', { colorScheme })
      expect(await page.evaluate(faintMarks)).toEqual([])
      await page.context().close()
    }
  })

  test('draws no latency below half of the baseline while a breaker is open', async () => {
    const { result } = fixtureRun()
    const series = result.series[0]
    const opening = result.mechanisms.flatMap((one) => one.openings ?? [])[0]
    if (series === undefined || opening === undefined) throw new Error('the fixture has a breaker')
    const half = (series.p50Ok[0] ?? 0) / 2
    const during = series.p50Ok.filter((_, i) => {
      const at = series.t0 + i * series.stepMs
      return at >= opening.openedAt && at < (opening.closedAt ?? Number.POSITIVE_INFINITY)
    })
    expect(during.every((ms) => ms === null || ms >= half)).toBe(true)
    const { page } = await open('')
    const starts = (await page.getAttribute('svg.chart path.line.p95', 'd'))?.match(/M/g)?.length ?? 0
    expect(starts).toBeGreaterThan(1)
    await page.context().close()
  })

  test('has text that stands out from its ground in both themes', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await open('', { colorScheme })
      const poor = await page.evaluate(poorContrast)
      expect(poor).toEqual([])
      await picture(page, colorScheme)
      await page.context().close()
    }
  })

  test('gives every link, button and picture a name', async () => {
    const { page } = await open('')
    const snapshot = await page.locator('body').ariaSnapshot()
    expect(snapshot).not.toMatch(/- (link|button|img)\s*(:|$)/m)
    expect(snapshot).toContain('payment: fault here')
    await page.context().close()
  })
})
