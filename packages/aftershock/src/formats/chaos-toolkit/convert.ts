import { readJson } from './json-read.ts'
import { pythonTypeName } from './python-compare.ts'
import { PythonError } from './python-error.ts'
import { bytesRepr, pythonRepr } from './python-text.ts'
import type { PyObject, PyValue } from './values.ts'

/**
 * `env_var_type` and the type in `--var name:type=value`. @param type - `null` or a word; `null` leaves the value
 * @throws PythonError as Python's conversions do: `int('a')`, an unknown type
 */
export function convertTo(type: PyValue, value: PyValue): PyValue {
  switch (type) {
    case null:
    case 'str':
    case 'string':
      return value
    case 'int':
    case 'integer':
      return toInteger(value)
    case 'float':
    case 'number':
      return toFloat(value)
    case 'bytes':
      return toBytes(value)
    case 'bool':
      if (typeof value === 'boolean') return value
      return !['false', '0', 'no'].includes(textOf(value, 'lower').toLowerCase())
    case 'json':
      return typeof value === 'string' && value !== '' ? readJson(value) : value
    default:
      throw new PythonError('ValueError', 'variable type can only be: bool, str, int, float, bytes or json')
  }
}

function toInteger(value: PyValue): PyValue {
  if (typeof value === 'bigint') return value
  if (typeof value === 'boolean') return value ? 1n : 0n
  if (typeof value === 'number') {
    if (Number.isFinite(value)) return BigInt(Math.trunc(value))
    throw new PythonError('ValueError', 'cannot convert float NaN or infinity to integer')
  }
  if (typeof value !== 'string') throw notANumber('int', value)
  const text = asciiDigits(value.trim())
  if (!/^[-+]?\d+(?:_\d+)*$/.test(text)) {
    throw new PythonError('ValueError', `invalid literal for int() with base 10: ${pythonRepr(value)}`)
  }
  return BigInt(text.replace(/^\+/, '').replaceAll('_', ''))
}

function toFloat(value: PyValue): PyValue {
  if (typeof value === 'bigint' || typeof value === 'boolean' || typeof value === 'number')
    return Number(value)
  if (typeof value !== 'string') throw notANumber('float', value)
  const text = asciiDigits(value.trim())
    .toLowerCase()
    .replaceAll(/(?<=\d)_(?=\d)/g, '')
  const named = /^([-+]?)(?:inf|infinity)$/.exec(text)
  if (named !== null) return named[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  if (/^[-+]?nan$/.test(text)) return Number.NaN
  if (!/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/.test(text)) {
    throw new PythonError('ValueError', `could not convert string to float: ${pythonRepr(value)}`)
  }
  return Number(text)
}

/** Python reads the digits of every script. They stand in rows of ten, from zero on. */
function asciiDigits(text: string): string {
  return text.replaceAll(/(?![0-9])\p{Nd}/gu, (digit) => {
    let zero = digit.codePointAt(0) ?? 0
    while (/\p{Nd}/u.test(String.fromCodePoint(zero - 1))) zero -= 1
    return String(((digit.codePointAt(0) ?? 0) - zero) % 10)
  })
}

function toBytes(value: PyValue): PyObject {
  const bytes = new TextEncoder().encode(textOf(value, 'encode'))
  const repr = bytesRepr(bytes)
  return { pythonType: 'bytes', text: repr, repr, json: undefined, isTrue: bytes.length > 0 }
}

function textOf(value: PyValue, attribute: string): string {
  if (typeof value === 'string') return value
  throw new PythonError('AttributeError', `'${pythonTypeName(value)}' object has no attribute '${attribute}'`)
}

function notANumber(type: 'int' | 'float', value: PyValue): PythonError {
  const wanted =
    type === 'int' ? 'a string, a bytes-like object or a real number' : 'a string or a real number'
  return new PythonError('TypeError', `${type}() argument must be ${wanted}, not '${pythonTypeName(value)}'`)
}

/** `key[:type]=value` of `--var`. @throws PythonError for what is no such pair */
export function readVariable(text: string): readonly [string, PyValue] {
  const equals = text.indexOf('=')
  if (equals === -1) {
    throw new PythonError('ValueError', 'not enough values to unpack (expected 2, got 1)')
  }
  const left = text.slice(0, equals)
  const value = text.slice(equals + 1)
  const colon = left.lastIndexOf(':')
  if (colon === -1) return [left, value]
  return [left.slice(0, colon), convertTo(left.slice(colon + 1), value)]
}
