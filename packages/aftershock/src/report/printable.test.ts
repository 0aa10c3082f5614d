import fc from 'fast-check'
import { expect, test } from 'vitest'
import { widthOf, wrap } from './printable.ts'

test('wrap() keeps a number and its unit on one line', () => {
  expect(wrap('Users were back 3.6 s after', 19)).toEqual(['Users were back', '3.6 s after'])
  expect(wrap('it took all of 3 m 04 s', 17)).toEqual(['it took all of', '3 m 04 s'])
  expect(wrap('failed for 78 % of', 13)).toEqual(['failed for', '78 % of'])
})

test('wrap() may break between a number and a word', () => {
  expect(wrap('was hit by 204 so far', 14)).toEqual(['was hit by 204', 'so far'])
})

test('wrap() loses no word and keeps to the width', () => {
  const word = fc.stringMatching(/^[a-z0-9%]{1,9}$/)
  fc.assert(
    fc.property(fc.array(word, { minLength: 1 }), fc.integer({ min: 40, max: 100 }), (words, width) => {
      const lines = wrap(words.join(' '), width)
      expect(lines.join(' ')).toBe(words.join(' '))
      expect(Math.max(...lines.map(widthOf))).toBeLessThanOrEqual(width)
    }),
    { seed: 5 },
  )
})
