import { expect, test } from 'vitest'
import { floatText, pythonRepr, pythonText } from './python-text.ts'
import { json } from './values.fixture.ts'

test.each([
  [1, '1.0'],
  [-0, '-0.0'],
  [0.1, '0.1'],
  [1e15, '1000000000000000.0'],
  [1e16, '1e+16'],
  [1e22, '1e+22'],
  [0.0001, '0.0001'],
  [0.00001, '1e-05'],
  [1.5e-7, '1.5e-07'],
  [123456789012345680, '1.2345678901234568e+17'],
  [5e-324, '5e-324'],
  [Number.POSITIVE_INFINITY, 'inf'],
  [Number.NaN, 'nan'],
])('floatText(%d) is %s, as repr() of Python', (value, text) => {
  expect(floatText(value)).toBe(text)
})

test('pythonText() writes values as str() does, text inside lists and dicts with quotes', () => {
  expect(pythonText(json('{"k": [1, 1.0, true, null, "a"]}'))).toBe("{'k': [1, 1.0, True, None, 'a']}")
  expect(pythonText('a')).toBe('a')
})

test.each([
  ['a', "'a'"],
  ["it's", '"it\'s"'],
  [`"'`, `'"\\''`],
  ['a\nb\t\\', "'a\\nb\\t\\\\'"],
  ['é😀', "'é😀'"],
  ['\u200b\u007f\u00a0', "'\\u200b\\x7f\\xa0'"],
])('pythonRepr(%j) is %s', (text, repr) => {
  expect(pythonRepr(text)).toBe(repr)
})
