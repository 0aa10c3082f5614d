import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

type Axe = {
  run(): Promise<{
    violations: { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }[]
  }>
}

/** What axe-core finds wrong on the page as it stands, a line each: `impact rule: element`. */
export async function axeProblems(page: Page): Promise<readonly string[]> {
  await page.evaluate(source)
  const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: Axe }).axe.run())
  return violations.flatMap(({ id, impact, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${impact} ${id}: ${html}\n  ${failureSummary}`),
  )
}
