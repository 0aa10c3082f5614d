import { expect, test } from 'vitest'
import { keptShareOf } from './sampling.ts'

test('keptShareOf() reads the threshold of trace state: what is not above it was left out', () => {
  expect(['ot=th:0', 'ot=th:c', 'ot=th:8', 'ot=th:ffffffffffffff'].map(keptShareOf)).toEqual([
    1,
    0.25,
    0.5,
    2 ** -56,
  ])
})

test('keptShareOf() finds it among other members and fields', () => {
  expect(keptShareOf('vendor=x,ot=rv:6e6d1a75832a2f;th:c,other=y')).toBe(0.25)
  expect(keptShareOf('ot=th:c;rv:6e6d1a75832a2f')).toBe(0.25)
})

test('keptShareOf() says nothing where nothing is told', () => {
  expect(['', 'vendor=ot=th', 'ot=rv:6e6d1a75832a2f', 'ot=th:xyz', 'notot=th:c'].map(keptShareOf)).toEqual(
    Array(5).fill(undefined),
  )
})
