import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reportAssets } from '../../packages/aftershock/src/cli/report-assets.ts'
import { htmlReportFolder } from '../../packages/aftershock/src/report/html-report.ts'
import { fixtureRun } from '../../packages/web/src/fixture.ts'
import { openBrowser, openPage } from './browser.ts'

const TIRED = '65b6383b0000000000000000000000a1'
const served = mkdtempSync(join(tmpdir(), 'aftershock-report-dir-'))
const browser: Browser | undefined = await openBrowser()
afterAll(async () => {
  await browser?.close()
  rmSync(served, { recursive: true })
})

describe.runIf(browser !== undefined)('--report-dir', () => {
  const { result, traces } = fixtureRun()
  const types = {
    html: 'text/html; charset=utf-8',
    js: 'text/javascript',
    css: 'text/css',
    svg: 'image/svg+xml',
  }
  beforeAll(async () => {
    const files = htmlReportFolder(result, traces, await reportAssets())
    for (const [name, content] of Object.entries(files)) writeFileSync(join(served, name), content)
  })

  async function works(url: string): Promise<void> {
    const page = await openPage(browser)
    const messages: string[] = []
    page.on('console', (message) => messages.push(message.text()))
    page.on('pageerror', (error) => messages.push(error.message))
    await page.goto(url)
    expect(await page.textContent('body')).toContain(result.run.headline)
    await page.click('nav >> text=Traces')
    await page.click(`text=${TIRED.slice(0, 8)}`)
    await page.waitForSelector('[role=treegrid]')
    expect(messages).toEqual([])
    await page.context().close()
  }

  test("is interactive where a server allows its own files only, `default-src 'self'`", async () => {
    const server = createServer((request, response) => {
      const name = request.url === '/' ? 'index.html' : (request.url ?? '').slice(1)
      response.setHeader('content-security-policy', "default-src 'self'")
      response.setHeader('content-type', types[name.split('.').at(-1) as keyof typeof types])
      response.end(readFileSync(join(served, name)))
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    await works(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await new Promise((done) => server.close(done))
  })

  test('is interactive from file:// too', () => works(pathToFileURL(join(served, 'index.html')).href))
})
