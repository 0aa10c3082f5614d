import { expect, test } from 'vitest'
import type { SpanInput } from '../model/span-input.ts'
import { faultLinks } from './fault-links.ts'

const experiment = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) }

function request(startNs: bigint, endNs: bigint, more: Partial<SpanInput> = {}): SpanInput {
  return { traceId: 'c'.repeat(32), spanId: 'd'.repeat(16), name: 'GET /', kind: 3, startNs, endNs, ...more }
}

/** A fault in force from 100 to 200; before it, a hundred requests of 10 and two of 15. */
function linksOfFault(onAffected?: (traceId: string) => void) {
  let nowNs = 0n
  const links = faultLinks(experiment, () => nowNs, onAffected)
  links.linked([
    ...Array.from({ length: 100 }, (_, i) => request(BigInt(i), BigInt(i) + 10n)),
    request(0n, 15n),
    request(1n, 16n),
  ])
  nowNs = 100n
  links.see({ type: 'fault-applying', fault: 'f', label: 'payment +500 ms', targets: [], how: [] })
  nowNs = 200n
  links.see({ type: 'fault-removed', fault: 'f', verifiedBy: 'a probe' })
  return links
}

test('faultLinks() links failed requests that ran while a fault was in force, and no others', () => {
  const spans = [
    request(10n, 90n, { status: 2 }),
    request(90n, 110n, { status: 2 }),
    request(150n, 160n, { status: 2 }),
    request(150n, 160n),
    request(199n, 300n, { status: 2 }),
    request(200n, 300n, { status: 2 }),
  ]
  expect(
    linksOfFault()
      .linked(spans)
      .map((one) => 'links' in one),
  ).toEqual([false, true, true, false, true, false])
})

test('a slow one is slower than 99 of 100 before and more than twice the median', () => {
  const spans = [request(120n, 136n), request(120n, 140n), request(120n, 141n)]
  expect(
    linksOfFault()
      .linked(spans)
      .map((one) => 'links' in one),
  ).toEqual([false, false, true])
})

test('an entry without a baseline is never called slow', () => {
  const spans = [request(120n, 199n, { name: 'POST /new' })]
  expect(linksOfFault().linked(spans)).toEqual(spans)
})

test('the fault is told of each affected trace', () => {
  const affected: string[] = []
  const links = linksOfFault((traceId) => affected.push(traceId))
  links.linked([request(120n, 130n), request(120n, 130n, { traceId: 'e'.repeat(32), status: 2 })])
  expect(affected).toEqual(['e'.repeat(32)])
})
