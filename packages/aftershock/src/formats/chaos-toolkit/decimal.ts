import { pythonTypeName } from './python-compare.ts'
import { PythonError } from './python-error.ts'
import { isList, isObject, type PyValue } from './values.ts'

/** A number exactly: `numerator / denominator`, or endless. */
export type Exact = { readonly numerator: bigint; readonly denominator: bigint } | 'inf' | '-inf'

/** Beyond this an exponent is as good as endless; bigints of that size would eat the memory. */
const EXPONENT_MAX = 5000

/**
 * `Decimal(value)`: numbers, booleans and numeric text. @returns undefined for text that is no number (the
 * reference's check is then simply not met) @throws PythonError for what Decimal refuses
 */
export function exactNumber(value: PyValue): Exact | undefined {
  if (typeof value === 'boolean') return whole(value ? 1n : 0n)
  if (typeof value === 'bigint') return whole(value)
  if (typeof value === 'number') return ofFloat(value)
  if (typeof value === 'string') return ofText(value)
  if (isObject(value) && value.pythonType === 'decimal.Decimal') return ofText(value.text)
  if (isList(value)) {
    throw new PythonError('ValueError', 'argument must be a sequence of length 3')
  }
  throw new PythonError('TypeError', `conversion from ${pythonTypeName(value)} to Decimal is not supported`)
}

export function isAtMost(a: Exact, b: Exact): boolean {
  if (a === b || a === '-inf' || b === 'inf') return true
  if (typeof a === 'string' || typeof b === 'string') return false
  return a.numerator * b.denominator <= b.numerator * a.denominator
}

function whole(value: bigint): Exact {
  return { numerator: value, denominator: 1n }
}

function ofFloat(value: number): Exact {
  if (Number.isNaN(value)) throw notComparable()
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  let numerator = value
  let denominator = 1n
  while (!Number.isInteger(numerator)) {
    numerator *= 2
    denominator *= 2n
  }
  return { numerator: BigInt(numerator), denominator }
}

function ofText(text: string): Exact | undefined {
  const plain = text.trim().replaceAll('_', '')
  const named = /^([-+]?)(?:(inf|infinity)|(s?nan\d*))$/i.exec(plain)
  if (named?.[3] !== undefined) throw notComparable()
  if (named !== null) return named[1] === '-' ? '-inf' : 'inf'
  const match = /^([-+]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([-+]?\d+))?$/.exec(plain)
  if (match === null) return undefined
  const [, sign, integer = '', fraction, bareFraction, exponentText = '0'] = match
  const decimals = fraction ?? bareFraction ?? ''
  const digits = BigInt(`${integer}${decimals}`) * (sign === '-' ? -1n : 1n)
  const exponent = Number(exponentText) - decimals.length
  if (digits === 0n || exponent < -EXPONENT_MAX) return whole(0n)
  if (exponent > EXPONENT_MAX) return digits > 0n ? 'inf' : '-inf'
  if (exponent >= 0) return whole(digits * 10n ** BigInt(exponent))
  return { numerator: digits, denominator: 10n ** BigInt(-exponent) }
}

function notComparable(): PythonError {
  return new PythonError('decimal.InvalidOperation', 'comparison involving NaN')
}
