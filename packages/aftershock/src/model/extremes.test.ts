import { expect, test } from 'vitest'
import { greatestOf, leastOf } from './extremes.ts'

test('the least and the greatest of more values than a call takes arguments', () => {
  const many = Array.from({ length: 1_000_000 }, (_, i) => (i * 7919) % 1_000_003)
  expect(() => Math.min(...many)).toThrow(RangeError)
  expect(leastOf(many)).toBe(0)
  expect(greatestOf(many)).toBe(many.reduce((a, b) => Math.max(a, b)))
})

test('of no values: what any value would replace', () => {
  expect([leastOf([]), greatestOf([])]).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])
})
