import { PythonError } from './python-error.ts'
import { isDict, isList, isObject, type PyObject, type PyValue } from './values.ts'

/** `a == b`: numbers and booleans by value, lists in order, dicts by key. Never raises. */
export function pythonEquals(a: PyValue, b: PyValue): boolean {
  const left = asNumber(a)
  const right = asNumber(b)
  // biome-ignore lint/suspicious/noDoubleEquals: an int equals a float of the same value, exactly
  if (left !== undefined && right !== undefined) return left == right
  if (typeof a === 'string' || typeof b === 'string') return a === b
  if (a === null || b === null) return a === b
  if (isList(a)) {
    return isList(b) && a.length === b.length && a.every((item, at) => pythonEquals(item, b[at] ?? null))
  }
  if (isDict(a)) {
    if (!isDict(b) || a.size !== b.size) return false
    return [...a].every(([key, item]) => {
      const other = b.get(key)
      return other !== undefined && pythonEquals(item, other)
    })
  }
  return isObject(a) && isObject(b) && sameObject(a, b)
}

/** `value in list`. */
export function pythonIn(list: readonly PyValue[], value: PyValue): boolean {
  return list.some((item) => pythonEquals(item, value))
}

/** `a <= b`. @throws PythonError TypeError when Python knows no order between the two */
export function pythonAtMost(a: PyValue, b: PyValue): boolean {
  const left = asNumber(a)
  const right = asNumber(b)
  if (left !== undefined && right !== undefined) return left <= right
  if (typeof a === 'string' && typeof b === 'string') return comparePoints(a, b) <= 0
  if (isList(a) && isList(b)) return listAtMost(a, b)
  throw new PythonError(
    'TypeError',
    `'<=' not supported between instances of '${pythonTypeName(a)}' and '${pythonTypeName(b)}'`,
  )
}

/** `bool(value)`. */
export function pythonTruth(value: PyValue): boolean {
  if (value === null || typeof value === 'boolean') return value === true
  if (typeof value === 'bigint') return value !== 0n
  if (typeof value === 'number') return value !== 0
  if (typeof value === 'string' || isList(value)) return value.length > 0
  return isDict(value) ? value.size > 0 : value.isTrue
}

/** `type(value).__name__`. */
export function pythonTypeName(value: PyValue): string {
  if (value === null) return 'NoneType'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'bigint') return 'int'
  if (typeof value === 'number') return 'float'
  if (typeof value === 'string') return 'str'
  if (isList(value)) return 'list'
  if (isDict(value)) return 'dict'
  return value.pythonType.slice(value.pythonType.lastIndexOf('.') + 1)
}

function asNumber(value: PyValue): bigint | number | undefined {
  if (typeof value === 'boolean') return value ? 1n : 0n
  return typeof value === 'bigint' || typeof value === 'number' ? value : undefined
}

function sameObject(a: PyObject, b: PyObject): boolean {
  if (a === b) return true
  return a.pythonType === b.pythonType && a.repr === b.repr
}

/** By code point; JavaScript alone compares halves of surrogate pairs. */
function comparePoints(a: string, b: string): number {
  const right = [...b]
  let at = 0
  for (const char of a) {
    const other = right[at++]
    if (other === undefined) return 1
    const difference = (char.codePointAt(0) ?? 0) - (other.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return at - right.length
}

function listAtMost(a: readonly PyValue[], b: readonly PyValue[]): boolean {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const left = a[at] ?? null
    const right = b[at] ?? null
    if (!pythonEquals(left, right)) return pythonAtMost(left, right)
  }
  return a.length <= b.length
}
