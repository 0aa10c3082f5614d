import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { quantileOf } from './compare.ts'
import {
  countFrom,
  distributionOf,
  dominance,
  EXACT_MAX,
  joinedDistribution,
  quantileIn,
} from './distribution.ts'

const QS = [0, 0.25, 0.5, 0.95, 0.99, 1]
const value = fc
  .oneof(
    fc.double({ min: 1e-6, max: 1e7, noNaN: true }),
    fc.double({ min: -1e4, max: 1e4, noNaN: true }),
    fc.constantFrom(0, 1, 400, 400.0001, 1e-300, -1e-300),
  )
  // Differences of times are never -0.
  .map((one) => one + 0)
const few = fc.array(value, { maxLength: 40 })

/** A few values, each several times and moved a little: more than are kept one by one. */
function many(values: readonly number[]): Float64Array {
  const times = Math.ceil((2 * EXACT_MAX) / values.length)
  return Float64Array.from({ length: times * values.length }, (_, i) => {
    const [one, step] = [values[i % values.length], Math.floor(i / values.length)]
    return one + one * step * 1e-4
  })
}

describe('a distribution', () => {
  test('of few values tells what they tell', () => {
    fc.assert(
      fc.property(few, (values) => {
        const sorted = Float64Array.from(values).sort()
        const told = distributionOf(Float64Array.from(values))
        for (const q of QS) expect(quantileIn(told, q)).toEqual(quantileOf(sorted, q))
        for (const least of values)
          expect(countFrom(told, least)).toBe(sorted.filter((one) => one >= least).length)
      }),
    )
  })

  test('of many values errs by a quarter of a thousandth at most', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 40 }), (values) => {
        const all = many(values)
        const sorted = all.slice().sort()
        const told = distributionOf(all)
        for (const q of [0, 0.25, 0.5, 0.75, 1]) {
          const at = q * (sorted.length - 1)
          const [low, high] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
          const room = 2.5e-4 * Math.max(Math.abs(low), Math.abs(high)) + 1e-8
          expect(quantileIn(told, q)).toBeGreaterThanOrEqual(low - room)
          expect(quantileIn(told, q)).toBeLessThanOrEqual(high + room)
        }
      }),
      { numRuns: 30 },
    )
  })

  test('is the same however its values were shared out and whatever their order', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 40 }),
        fc.array(fc.nat(4), { minLength: 1, maxLength: 30 }),
        fc.boolean(),
        (values, shares, isMany) => {
          const all = isMany ? many(values) : Float64Array.from(values)
          const parts = [0, 1, 2, 3, 4].map((share) =>
            distributionOf(all.filter((_, i) => shares[i % shares.length] === share).reverse()),
          )
          const inOne = distributionOf(all.slice())
          expect(joinedDistribution(parts)).toEqual(inOne)
          const [a, b, ...rest] = parts.toReversed()
          expect(joinedDistribution([joinedDistribution([a, b]), joinedDistribution(rest)])).toEqual(inOne)
        },
      ),
      { numRuns: 60 },
    )
  })

  test('of which half is larger than of the same, and all than of a lower one', () => {
    const of = (...values: number[]) => distributionOf(Float64Array.from(values))
    expect(dominance(of(1, 2, 3), of(1, 2, 3)).share).toBe(0.5)
    expect(dominance(of(1, 2, 3), of(4, 5, 6)).share).toBe(1)
    expect(dominance(of(), of(4)).p).toBe(1)
  })

  test('is larger than another as often as its values are, pair by pair', () => {
    fc.assert(
      fc.property(few, few, (a, b) => {
        const wins = b.flatMap((y) => a.map((x) => (y > x ? 1 : y === x ? 0.5 : 0)))
        const expected =
          wins.length === 0 ? 0.5 : wins.reduce((sum: number, one) => sum + one, 0) / wins.length
        const told = dominance(distributionOf(Float64Array.from(a)), distributionOf(Float64Array.from(b)))
        expect(told.share).toBeCloseTo(expected, 12)
      }),
    )
    const [lower, higher] = [many([100, 120]), many([115, 130])]
    const exact =
      lower.reduce((sum, x) => sum + higher.filter((y) => y > x).length, 0) / (lower.length * higher.length)
    expect(dominance(distributionOf(lower), distributionOf(higher)).share).toBeCloseTo(exact, 3)
  })
})
