import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fixtureRun } from '../../../web/src/fixture.ts'
import type { RunResult } from '../model/result.ts'
import { githubCommands, githubSummary } from './github.ts'
import { junitReport } from './junit-report.ts'
import { agentReport, markdownReport, mermaidReport } from './markdown-report.ts'
import { textReport } from './text-report.ts'

const { result } = fixtureRun()
const HOSTILE = '</script><img src=x onerror=alert(1)> `a` | *b* ]]> "q" & @team\u0000\ud800'

/** The fixture with one text wherever somebody else's text can come. */
function saying(text: string): RunResult {
  return {
    ...result,
    run: { ...result.run, name: text, headline: text, command: text, id: text },
    chain: result.chain.map((step) => ({
      ...step,
      text,
      detail: text,
      unit: text,
      rule: { id: text, text },
    })),
    mechanisms: result.mechanisms.map((m) => ({ ...m, caller: text, callee: text, sentence: text })),
    edges: result.edges.map((edge) => ({ ...edge, from: text, to: text, op: text })),
    quality: result.quality.map((note) => ({ ...note, text, fix: text })),
    verdictReasons: result.verdictReasons.map((reason) => ({ ...reason, text, probe: text, actual: text })),
  }
}

/** Elements in order, or the reason why the text is no well-formed XML of the kind we write. */
function elementsOf(xml: string): readonly string[] {
  const open: string[] = []
  const seen: string[] = []
  const body = xml.replace(/^<\?xml [^?]*\?>\s*/, '')
  const token = /<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>|[^<>]+|[<>]/g
  for (const [whole, close, name = '', , empty] of body.matchAll(token)) {
    if (whole === '<' || whole === '>') throw new Error(`stray ${whole}`)
    if (/&(?!(amp|lt|gt|quot|apos);)/.test(whole)) throw new Error(`bad entity in ${whole}`)
    if (name === '') continue
    if (close === '/') {
      if (open.pop() !== name) throw new Error(`unexpected </${name}>`)
    } else {
      seen.push(name)
      if (empty !== '/') open.push(name)
    }
  }
  if (open.length > 0) throw new Error(`<${open.at(-1)}> stays open`)
  return seen
}

test('junitReport() has a case for each hypothesis, for the effect and for the recovery', () => {
  const xml = junitReport(result)
  expect(elementsOf(xml).filter((name) => name === 'testcase')).toHaveLength(4)
  expect(xml).toContain('tests="4" failures="1" errors="0"')
  expect(xml).toContain('name="fault took effect"')
  expect(xml).toContain('name="recovered"')
})

test('junitReport() is well-formed whatever the names are', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const xml = junitReport(saying(text))
      expect(elementsOf(xml)[0]).toBe('testsuites')
      expect(xml.isWellFormed()).toBe(true)
    }),
    { seed: 3, numRuns: 40 },
  )
  elementsOf(junitReport(saying(HOSTILE)))
})

test('githubCommands() escapes what would end a command or a property', () => {
  const lines = githubCommands(saying('50 %: a, b\nc')).trimEnd().split('\n')
  expect(lines[0]).toContain('title=Broke%3A 50 %25%3A a%2C b%0Ac')
  expect(lines.every((line) => line.startsWith('::error ') || line.startsWith('::warning '))).toBe(true)
  expect(lines.filter((line) => line.startsWith('::error ')).length).toBeLessThanOrEqual(10)
})

test('githubCommands() points at the line of the fault', () => {
  expect(githubCommands(result)).toMatchInlineSnapshot(`
    "::error file=chaos/payment-latency.yaml,line=4,title=Broke%3A checkout errors < 1 %25%2C was 41 %25::payment +500 ms became checkout 503 for 41 %25 of checkouts (492 of 1,200).
    ::warning title=Quality of the data::inventory sent no server spans (4,277 client calls): steps through it can only be inferred
    "
  `)
})

test('githubSummary() stays below what GitHub takes', () => {
  const long = saying('long '.repeat(20_000))
  expect(new TextEncoder().encode(githubSummary(long)).length).toBeLessThanOrEqual(900_000)
})

test('markdownReport() escapes HTML, tables and mentions', () => {
  const text = markdownReport(saying(HOSTILE))
  // What stands between back-ticks is code: it is shown as it is.
  const prose = text.replace(/``.*?``/g, '')
  expect(prose).not.toMatch(/<img|<\/script/)
  expect(prose).not.toContain('@team')
  const table = text.split('\n').filter((line) => line.startsWith('| '))
  expect(new Set(table.map((line) => line.replaceAll('\\|', '').split('|').length)).size).toBe(1)
})

test('markdownReport() is a summary for a pull request', () => {
  expect(markdownReport(result).split('\n').slice(0, 12).join('\n')).toMatchInlineSnapshot(`
    "## ✕ Broke: payment-latency

    **payment +500 ms became checkout 503 for 41 % of checkouts (492 of 1,200).** Users were back 12 s after the fault ended.

    ### How it spread

    1. ⚡ **payment answered 500 ms late** · 60.0 s · 1,244 of 1,952 calls · observed
    2. ◷ **order gave up after 400 ms** · 60.4 s · 1,244 timeouts · observed
    3. ↻ **checkout tried again, up to 3 attempts** · 60.5 s · 856 retries · load on order ×1.8, rescued 59 of 447 · observed
    4. ⊘ **checkout’s breaker opened twice** · 64.2 s · 104 rejections · open for 5.2 s; inferred: fast errors, no child span
    5. ✕ **users got 503** · 61.7 s · 492 of 1,200 checkouts · 388 after retries + 104 rejected · observed
    "
  `)
})

test('mermaidReport() draws causes as arrows and lets no text end a label', () => {
  expect(mermaidReport(result)).toContain('  s3 --> s5')
  const labels = mermaidReport(saying(HOSTILE))
    .split('\n')
    .filter((line) => line.includes('['))
  for (const line of labels) expect(line).toMatch(/^ {2}s\d+\["[^"]*"\](:::\w+)?$/)
})

test('agentReport() gives rules, grades and trace ids without decoration', () => {
  expect(agentReport(result)).toContain('grade inferred by rule "fast errors, no child span"')
  expect(agentReport(result)).toContain('65b6383b0000000000000000000000a1')
})

test('all reports say the same sentence and the same counts', () => {
  const plain = {
    width: 100,
    signs: 'unicode',
    form: 'full',
    style: (_: string, text: string) => text,
  } as const
  const all = [
    textReport(result, plain),
    markdownReport(result),
    agentReport(result),
    junitReport(result),
    githubSummary(result),
  ]
  for (const text of all) {
    const read = text.replace(/\\/g, '').replace(/\s+/g, ' ')
    expect(read).toContain(result.run.headline)
    expect(read).toContain('1,244 of 1,952 calls')
    expect(read).toContain('492 of 1,200 checkouts')
  }
})
