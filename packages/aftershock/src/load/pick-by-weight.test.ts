import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pickByWeight } from './pick-by-weight.ts'

test('pickByWeight() spreads the rare between the frequent', () => {
  const pick = pickByWeight([
    { name: 'a', weight: 3 },
    { name: 'b', weight: 1 },
  ])
  expect(Array.from({ length: 8 }, () => pick().name).join('')).toBe('aabaaaba')
})

test('pickByWeight() gives each item its share, exactly, in every full turn', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 6 }), (weights) => {
      const sum = weights.reduce((total, weight) => total + weight, 0)
      fc.pre(sum > 0)
      const pick = pickByWeight(weights.map((weight, index) => ({ index, weight })))
      for (let turn = 0; turn < 2; turn++) {
        const counts = weights.map(() => 0)
        for (let i = 0; i < sum; i++) counts[pick().index] += 1
        expect(counts).toEqual(weights)
      }
    }),
  )
})
