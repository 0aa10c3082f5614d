import fc from 'fast-check'
import { expect, test } from 'vitest'
import { entryStatistics, summaryOf } from './entry-statistics.ts'

test('summaryOf() gives nearest-rank percentiles of what succeeded, over several entries', () => {
  const [checkout, products] = [entryStatistics(), entryStatistics()]
  for (let i = 1; i <= 50; i++) checkout.add(i, i, 'succeeded')
  for (let i = 51; i <= 100; i++) products.add(i, i, 'succeeded')
  products.add(101, 5_000, 'failed')
  expect(summaryOf([checkout, products], 0)).toEqual({
    requests: 101,
    errors: 1,
    p50Ms: 50,
    p95Ms: 95,
    p99Ms: 99,
  })
  expect(summaryOf([checkout, products], 91).requests).toBe(11)
})

test('total() is within a thousandth of the exact percentile', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.01, max: 60_000, noNaN: true }), { minLength: 1, maxLength: 300 }),
      (latencies) => {
        const statistics = entryStatistics()
        for (const [i, latency] of latencies.entries()) statistics.add(i, latency, 'succeeded')
        const exact = summaryOf([statistics], 0).p95Ms ?? 0
        const { p95Ms = 0 } = statistics.total()
        expect(Math.abs(p95Ms - exact)).toBeLessThanOrEqual(exact / 1_000 + 0.001)
      },
    ),
  )
})
