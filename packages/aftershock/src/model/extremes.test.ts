import { expect, test } from 'vitest'
import { greatestOf } from './extremes.ts'

test('the greatest of more values than a call takes arguments', () => {
  const many = Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) % 1_000_003)
  expect(() => Math.max(...many)).toThrow(RangeError)
  expect(greatestOf(many)).toBe(many.reduce((a, b) => Math.max(a, b)))
})

test('of no values: what any value would replace', () => {
  expect(greatestOf([])).toBe(Number.NEGATIVE_INFINITY)
})
