import { expect, test } from 'vitest'
import { convertTo, readVariable } from './convert.ts'
import { pythonRepr } from './python-text.ts'

test.each([
  ['int', ' 7 ', '7'],
  ['integer', '1_0', '10'],
  ['float', '5', '5.0'],
  ['number', '-Infinity', '-inf'],
  ['bool', 'no', 'False'],
  // Only these three are false: "off" and nothing are true.
  ['bool', 'off', 'True'],
  ['bool', '', 'True'],
  ['bytes', 'é', "b'\\xc3\\xa9'"],
  ['json', '{"a": 1.0}', "{'a': 1.0}"],
  ['json', '', "''"],
  ['str', '7', "'7'"],
])('convertTo(%s) of %j is %s', (type, text, value) => {
  expect(pythonRepr(convertTo(type, text))).toBe(value)
})

test.each([
  ['int', 'a', "invalid literal for int() with base 10: 'a'"],
  ['int', null, "int() argument must be a string, a bytes-like object or a real number, not 'NoneType'"],
  ['float', 'x', "could not convert string to float: 'x'"],
  ['zzz', '1', 'variable type can only be: bool, str, int, float, bytes or json'],
])('convertTo(%s) of %j raises: %s', (type, value, message) => {
  expect(() => convertTo(type, value)).toThrow(message)
})

test('readVariable() splits at the first = and the last : before it', () => {
  expect(readVariable('a=b=c')).toEqual(['a', 'b=c'])
  expect(readVariable('a:int=5')).toEqual(['a', 5n])
  expect(readVariable('u:v:str=x:y')).toEqual(['u:v', 'x:y'])
  expect(() => readVariable('a')).toThrow('not enough values to unpack')
})
