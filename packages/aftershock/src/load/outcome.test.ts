import { expect, test } from 'vitest'
import { failureOf, isError } from './outcome.ts'

test('failureOf() names what the system and undici report', () => {
  const kindOf = (code: string | undefined): unknown => failureOf(Object.assign(new Error('no'), { code }))
  expect(kindOf('ECONNREFUSED')).toEqual({ failure: 'refused', message: 'no' })
  expect(kindOf('UND_ERR_SOCKET')).toEqual({ failure: 'reset', message: 'no' })
  expect(kindOf('UND_ERR_CONNECT_TIMEOUT')).toEqual({ failure: 'timeout', message: 'no' })
  expect(kindOf('ENOTFOUND')).toEqual({ failure: 'unresolved', message: 'no' })
  expect(kindOf(undefined)).toEqual({ failure: 'other', message: 'no' })
})

test('isError() is true for 4xx, 5xx and no answer', () => {
  expect([200, 302, 399, 400, 503].map((status) => isError({ status }))).toEqual([
    false,
    false,
    false,
    true,
    true,
  ])
  expect(isError({ failure: 'timeout', message: '' })).toBe(true)
})
