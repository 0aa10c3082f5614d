import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { reportAssets } from '../../packages/aftershock/src/cli/report-assets.ts'
import { htmlReport } from '../../packages/aftershock/src/report/html-report.ts'
import { fixtureRun } from '../../packages/web/src/fixture.ts'
import { axeProblems } from './axe.ts'
import { openBrowser, openPage } from './browser.ts'

const folder = mkdtempSync(join(tmpdir(), 'aftershock-axe-'))
const browser: Browser | undefined = await openBrowser()
const { result, traces } = fixtureRun()
const [failing, twin] = [traces[0].traceId, traces.at(-1)?.traceId ?? '']

beforeAll(async () =>
  writeFileSync(join(folder, 'report.html'), htmlReport(result, traces, await reportAssets())),
)
afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true })
})

describe.runIf(browser !== undefined)('axe-core finds nothing wrong', () => {
  test.each([
    ['the overview', '', '#s-verdict'],
    ['the overview with a step chosen', '#/step/3', '.step.chosen'],
    ['the traces', '#/traces', 'table'],
    ['a trace', `#/trace/${failing}`, '[role=treegrid]'],
    ['a diff', `#/diff/${failing}/${twin}`, 'table'],
    ['the experiment', '#/experiment', 'main'],
    ['the page about the report', '#/about', 'main'],
  ])('on %s', async (_name, hash, place) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await openPage(browser, { viewport: { width: 1280, height: 900 }, colorScheme })
      await page.goto(pathToFileURL(join(folder, 'report.html')).href + hash)
      await page.waitForSelector(place)
      expect(await axeProblems(page)).toEqual([])
      await page.context().close()
    }
  })
})
