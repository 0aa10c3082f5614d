import { expect, test } from 'vitest'
import { errorName } from './error-name.ts'

test.each([
  ['23', new DOMException('', 'TimeoutError')],
  ['20', new DOMException('', 'AbortError')],
  ['19', new DOMException('', 'NetworkError')],
])('%s is the code of a DOMException: its name is shown', (code, exception) => {
  expect(code).toBe(String(exception.code))
  expect(errorName(code)).toBe(exception.name)
})

test.each(['ECONNREFUSED', '503', 'java.net.SocketTimeoutException', ''])('%j stays as it is', (type) => {
  expect(errorName(type)).toBe(type)
})
