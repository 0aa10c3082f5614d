import { expect, test } from 'vitest'
import { faultLinks } from './fault-links.ts'

test('faultLinks() links requests that ran while a fault was in force, and no others', () => {
  let nowNs = 0n
  const experiment = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }
  const links = faultLinks(experiment, () => nowNs)
  const span = (startNs: bigint, endNs: bigint) => ({
    traceId: 'c'.repeat(32),
    spanId: 'd'.repeat(16),
    name: 'GET /',
    kind: 3,
    startNs,
    endNs,
  })
  nowNs = 100n
  links.see({ type: 'fault-applying', fault: 'f', label: 'payment +500 ms', targets: [], how: [] })
  nowNs = 200n
  links.see({ type: 'fault-removed', fault: 'f', verifiedBy: 'a probe' })
  const spans = [span(10n, 90n), span(90n, 110n), span(150n, 160n), span(199n, 300n), span(200n, 300n)]
  expect(links.linked(spans).map((one) => 'links' in one)).toEqual([false, true, true, true, false])
})
