import { createHash } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { fixtureRun } from '../../../web/src/fixture.ts'
import { render } from '../../../web/src/ssr.tsx'
import { htmlReport, type ReportAssets } from './html-report.ts'

const { result, traces } = fixtureRun()
const assets: ReportAssets = {
  render,
  appJs: 'globalThis.a = "</script><!--"',
  css: 'body { color: red }',
  gzip: (bytes) => gzipSync(bytes),
  sha256Base64: (text) => createHash('sha256').update(text).digest('base64'),
}
const HOSTILE = '</script><img src=x onerror=alert(1)>'

function payloadOf(html: string): {
  readonly traces: readonly unknown[]
  readonly inside: { readonly bytes: number; readonly traceIds: readonly string[] }
} {
  const data = /<template id="data">([^<]*)<\/template>/.exec(html)?.[1] ?? ''
  return JSON.parse(gunzipSync(Buffer.from(data, 'base64')).toString())
}

test('htmlReport() is one file with a policy of hashes, no style attributes and one end of script', () => {
  const html = htmlReport(result, traces, assets)
  const script = /<script>([\s\S]*?)<\/script>/.exec(html)?.[1] ?? ''
  const hash = createHash('sha256').update(script).digest('base64')
  expect(html).toContain(`script-src 'sha256-${hash}'`)
  expect(html).not.toContain('unsafe-')
  expect(html).not.toContain(' style="')
  expect(html.match(/<\/script>/g)).toHaveLength(1)
  expect(html).toContain('<title>✕ payment-latency — 41 % of checkouts</title>')
})

test('htmlReport() is readable without scripts: sentence, steps, edges, timeline', () => {
  const html = htmlReport(result, traces, assets).replaceAll(/<(?!svg|rect|path)[^>]+>/g, '')
  expect(html).toContain(result.run.headline)
  for (const step of result.chain) expect(html).toContain(step.text)
  for (const edge of result.edges) expect(html).toContain(`${edge.from} → ${edge.to}`)
  expect(html).toContain('chaos ⚡ payment +500 ms')
  expect(html).toMatch(/<path class="line p95" d="M[\d.]+ /)
})

test('htmlReport() keeps names from turning the reading direction, in the page and in its data', () => {
  const turning = { ...result, run: { ...result.run, name: '\u202elatency\u2066' } }
  const html = htmlReport(turning, traces, assets)
  expect(html).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/)
  expect(JSON.stringify(payloadOf(html))).toContain('\ufffdlatency\ufffd')
})

test('htmlReport() folds hypotheses beyond the first dozen, those that failed first', () => {
  const reasons = Array.from({ length: 400 }, (_, i) => ({
    ...{ ok: i >= 30, text: `entry ${i} is not hit`, probe: `entry ${i} is not hit`, actual: `${i}` },
  }))
  const html = htmlReport({ ...result, verdictReasons: reasons }, traces, assets).replaceAll(/<[^>]+>/g, '')
  expect(html).toContain('388 more hypotheses: 18 broke, 370 held')
})

test('htmlReport() tells the reach of the headline, though another journey is hit to a larger share', () => {
  const [first] = result.journeys
  const all = { hit: 64, total: 64, ci95: [0.943, 1] as const }
  const journeys = [{ ...first, id: 'reserve', label: 'Reserve', reach: all }, ...result.journeys]
  const html = htmlReport({ ...result, journeys }, traces, assets).replaceAll(/<[^>]+>/g, '')
  expect(html).toMatch(/reach 41 % of checkouts, 95 % CI 38 % to 44 %/)
})

test('htmlReport() turns hostile names into text', () => {
  const hostile = {
    ...result,
    run: { ...result.run, name: HOSTILE, headline: HOSTILE },
    chain: result.chain.map((step) => ({ ...step, text: HOSTILE, detail: HOSTILE })),
    edges: result.edges.map((edge) => ({ ...edge, from: HOSTILE, op: HOSTILE })),
    graph: { ...result.graph, nodes: result.graph.nodes.map((node) => ({ ...node, id: HOSTILE })) },
    quality: [{ level: 'warn' as const, id: HOSTILE, text: HOSTILE, fix: HOSTILE }],
  }
  const html = htmlReport(hostile, traces, assets)
  expect(html).not.toContain('<img')
  expect(html.match(/<\/script>/g)).toHaveLength(1)
  expect(html).toContain('&lt;/script>')
})

test('htmlReport() leaves traces out when there is no room, and says how many are inside', () => {
  const whole = htmlReport(result, traces, assets)
  const many = Array.from({ length: 400 }, (_, i) => ({
    ...(traces[0] ?? { traceId: '', startedAt: '', missingParents: 0, spans: [] }),
    traceId: createHash('sha256').update(String(i)).digest('hex').slice(0, 32),
    spans: (traces[0]?.spans ?? []).map((span) => ({
      ...span,
      id: createHash('sha256')
        .update(span.id + i)
        .digest('hex')
        .slice(0, 16),
    })),
  }))
  const bytesMax = Buffer.byteLength(whole) + 60_000
  const html = htmlReport(result, many, assets, { bytesMax, sideFile: 'traces.otlp.jsonl.gz' })
  const { inside, traces: kept } = payloadOf(html)
  expect(Buffer.byteLength(html)).toBeLessThanOrEqual(bytesMax)
  expect(kept.length).toBeGreaterThan(10)
  expect(kept.length).toBeLessThan(400)
  expect(html).toContain(`${kept.length} of 3,600 traces inside`)
  expect(Math.abs(inside.bytes - Buffer.byteLength(html))).toBeLessThan(200)
})

test('htmlReport() leaves the evidence without a link when its trace is not inside', () => {
  expect(htmlReport(result, [], assets)).toContain('trace 65b6383b (not inside)')
})
