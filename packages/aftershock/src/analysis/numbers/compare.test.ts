import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../model/random.ts'
import { discoveries, moreOften, normalTail, quantileOf, quantilesOf, wilson } from './compare.ts'

describe('compare', () => {
  test('quantileOf() interpolates, and is not a number of nothing', () => {
    expect(quantileOf([1, 2, 3, 4], 0.5)).toBe(2.5)
    expect(quantileOf([], 0.5)).toBeNaN()
  })

  test('quantilesOf() tells the same of values in any order', () => {
    fc.assert(
      fc.property(
        // Times, in ns: never -0, which sorts before 0 and is no other value, and no more than a year.
        fc.array(
          fc.oneof(fc.nat(5), fc.double({ min: -3e16, max: 3e16, noNaN: true })).map((value) => value + 0),
          { maxLength: 300 },
        ),
        (values) => {
          const sorted = Float64Array.from(values).sort()
          const qs = [0, 0.5, 0.95, 0.99, 1]
          expect(quantilesOf(Float64Array.from(values), qs)).toEqual(qs.map((q) => quantileOf(sorted, q)))
        },
      ),
    )
  })

  test('wilson() holds the share and stays within 0 and 1', () => {
    fc.assert(
      fc.property(fc.nat(500), fc.nat(500), (a, b) => {
        const [hits, n] = [Math.min(a, b), Math.max(a, b, 1)]
        const [low, high] = wilson(hits, n)
        expect(low).toBeGreaterThanOrEqual(0)
        expect(high).toBeLessThanOrEqual(1)
        expect(low).toBeLessThanOrEqual(hits / n + 1e-9)
        expect(high).toBeGreaterThanOrEqual(hits / n - 1e-9)
      }),
    )
  })

  test('moreOften() is Fisher’s exact test for small counts', () => {
    // 0 of 10 against 5 of 10: C(10,5) / C(20,5).
    expect(moreOften(0, 10, 5, 10)).toBeCloseTo(252 / 15504, 4)
    expect(moreOften(5, 10, 0, 10)).toBe(1)
    expect(moreOften(0, 0, 3, 3)).toBe(1)
  })

  test('moreOften() calls at most its level by chance', () => {
    const random = seededRandom(11)
    let found = 0
    for (let run = 0; run < 2000; run++) {
      const count = (): number => Array.from({ length: 200 }).filter(() => random() < 0.05).length
      if (moreOften(count(), 200, count(), 200) < 0.05) found += 1
    }
    expect(found / 2000).toBeLessThan(0.05)
  })

  test('normalTail() matches the tables', () => {
    expect(normalTail(1.959964)).toBeCloseTo(0.025, 6)
    expect(normalTail(-1.959964)).toBeCloseTo(0.975, 6)
  })

  test('discoveries() is stricter the more is tested', () => {
    expect(discoveries([0.01, 0.9], 0.05)).toEqual([true, false])
    expect(discoveries([0.01, ...new Array(99).fill(0.9)], 0.05)[0]).toBe(false)
  })
})
