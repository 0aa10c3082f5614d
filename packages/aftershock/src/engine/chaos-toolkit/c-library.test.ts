import { expect, test } from 'vitest'
import { cFunction } from './c-library.ts'

const callable = process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch)

test.runIf(callable)('a function of the C library is called by its prototype', () => {
  expect(cFunction('int abs(int value)')?.(-3)).toBe(3)
})

test('one that this C library does not have is not there', () => {
  expect(cFunction('int no_such_function_of_c(int value)')).toBeUndefined()
})
