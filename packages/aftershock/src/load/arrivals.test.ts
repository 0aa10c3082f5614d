import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../model/random.ts'
import { arrivals } from './arrivals.ts'

test('arrivals() comes evenly at a constant rate, exact after a million', () => {
  const next = arrivals('constant', 30, seededRandom(1))
  for (let i = 0; i < 1_000_000; i++) next()
  expect(next()).toBeCloseTo((1_000_000 * 1_000) / 30, 6)
})

test('arrivals() comes at random with the same mean rate: gaps are exponential', () => {
  const next = arrivals('poisson', 50, seededRandom(42))
  const gaps: number[] = []
  let before = next()
  for (let i = 0; i < 50_000; i++) {
    const at = next()
    gaps.push(at - before)
    before = at
  }
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length
  expect(mean).toBeGreaterThan(19.6)
  expect(mean).toBeLessThan(20.4)
  // An exponential's standard deviation equals its mean.
  expect(Math.sqrt(variance) / mean).toBeGreaterThan(0.97)
  expect(Math.sqrt(variance) / mean).toBeLessThan(1.03)
})

test('arrivals() never goes back', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('constant' as const, 'poisson' as const),
      fc.double({ min: 0.1, max: 10_000, noNaN: true }),
      fc.integer(),
      (pattern, rps, seed) => {
        const next = arrivals(pattern, rps, seededRandom(seed))
        let before = 0
        for (let i = 0; i < 100; i++) {
          const at = next()
          expect(at).toBeGreaterThanOrEqual(before)
          before = at
        }
      },
    ),
  )
})
