import { expect, test } from 'vitest'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { analyse } from './analyse.ts'

test('more failed requests than a call takes arguments are told like any', () => {
  const perPhase = 150_000
  const second = 1_000_000_000n
  const builder = new SpanTableBuilder({ epochNs: 0n, attributes: 'drop' })
  const resource = builder.addResource({ 'service.name': 'web' })
  for (let i = 0; i < 2 * perPhase; i++) {
    const startNs = BigInt(i) * 1_000_000n
    builder.addSpan(resource, {
      traceId: (i + 1).toString(16).padStart(32, '0'),
      spanId: (i + 1).toString(16).padStart(16, '0'),
      name: 'GET /',
      kind: 2,
      startNs,
      endNs: startNs + 500_000n,
      status: i < perPhase ? 0 : 2,
      attributes: { 'http.response.status_code': i < perPhase ? 200 : 503 },
    })
  }
  const found = analyse({
    table: builder.finish(),
    windows: {
      experiments: [
        {
          name: 'web-503',
          kind: 'HTTPChaos',
          action: 'replace',
          mode: 'all',
          targets: [{ service: 'web', namespace: undefined, pods: [] }],
          parameters: { replaceCode: 503 },
        },
      ],
      baseline: [{ startNs: 0n, endNs: 150n * second }],
      chaos: [{ startNs: 150n * second, endNs: 300n * second }],
      recovery: [],
    },
  })
  expect(found.headline).toContain('100 % of requests (150,000 of 150,000)')
})
