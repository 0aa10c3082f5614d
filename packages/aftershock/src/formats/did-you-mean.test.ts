import { expect, test } from 'vitest'
import { editDistance, nearest, suggestion } from './did-you-mean.ts'

test('nearest() finds the word that was meant, or none', () => {
  expect(nearest('latancy', ['latency', 'jitter'])).toBe('latency')
  expect(nearest('Selector', ['selector', 'mode'])).toBe('selector')
  expect(nearest('lables', ['labels', 'tables'])).toBe('labels')
  expect(nearest('xyz', ['latency', 'jitter'])).toBeUndefined()
})

test('suggestion() names the known words too', () => {
  expect(suggestion('upsteam', ['upstream', 'listen'])).toBe(
    'Did you mean "upstream"? Known: upstream, listen',
  )
})

test('editDistance() counts a swap once', () => {
  expect(editDistance('ab', 'ba')).toBe(1)
  expect(editDistance('kitten', 'sitting')).toBe(3)
})
