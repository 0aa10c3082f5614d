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

test('keptShareOf() reads what stood there before: a half, so many times', () => {
  expect(['ot=p:0', 'ot=p:2', 'ot=r:62;p:3', 'a=b,ot=p:10;r:12'].map(keptShareOf)).toEqual([
    1,
    0.25,
    0.125,
    2 ** -10,
  ])
  expect(['ot=p:63', 'ot=p:64', 'ot=r:5', 'ot=xp:2'].map(keptShareOf)).toEqual(Array(4).fill(undefined))
  expect(keptShareOf('ot=p:1;th:c')).toBe(0.25)
})

test('keptShareOf() says nothing where nothing is told', () => {
  expect(['', 'vendor=ot=th', 'ot=rv:6e6d1a75832a2f', 'ot=th:xyz', 'notot=th:c'].map(keptShareOf)).toEqual(
    Array(5).fill(undefined),
  )
})
