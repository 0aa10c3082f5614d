import { type Exact, exactNumber, isAtMost } from './decimal.ts'
import { readJson } from './json-read.ts'
import { matchJsonPath } from './jsonpath-match.ts'
import { parseJsonPath } from './jsonpath-parse.ts'
import { pythonAtMost, pythonEquals, pythonIn, pythonTruth, pythonTypeName } from './python-compare.ts'
import { PythonError } from './python-error.ts'
import { translatePattern } from './python-regex.ts'
import { pythonText } from './python-text.ts'
import { type Scope, substitute } from './substitute.ts'
import { isDict, isList, isObject, type PyDict, type PyValue } from './values.ts'

export type ToleranceHelpers = {
  readonly scope: Scope
  /** Runs a tolerance of type probe with the output as its argument `value`. */
  readonly probe: (tolerance: PyDict, value: PyValue) => Promise<boolean>
  /** Python's `re.search`, for patterns that cannot be said in JavaScript. */
  readonly search: (pattern: string, text: string) => Promise<boolean>
}

/**
 * Whether an output is within a tolerance, by the type of the tolerance (chaostoolkit 1.9).
 * @throws PythonError when Python's comparison raises: a number against None, a regex over a number
 */
export async function withinTolerance(
  tolerance: PyValue,
  output: PyValue,
  helpers: ToleranceHelpers,
): Promise<boolean> {
  const own = typeof tolerance === 'string' ? substitute(tolerance, helpers.scope) : tolerance
  if (typeof own === 'boolean' || typeof own === 'string') return pythonEquals(output, own)
  if (typeof own === 'bigint') return pythonEquals(statusOf(output) ?? output, own)
  if (isList(own)) return withinList(own, output)
  if (!isDict(own)) return false
  switch (own.get('type')) {
    case 'probe':
      return helpers.probe(own, output)
    case 'regex':
      return matchesPattern(own, output, helpers)
    case 'jsonpath':
      return matchesPath(own, output, helpers.scope)
    case 'range':
      return withinRange(own, output)
    default:
      return false
  }
}

function statusOf(output: PyValue): PyValue | undefined {
  return isDict(output) ? output.get('status') : undefined
}

function withinList(tolerance: readonly PyValue[], output: PyValue): boolean {
  const status = statusOf(output)
  if (status !== undefined) return pythonIn(tolerance, status)
  const [low = null, high = null] = tolerance
  if (tolerance.length === 2) return pythonAtMost(low, output) && pythonAtMost(output, high)
  return pythonIn(tolerance, output)
}

/** The field of the output that `target` names, or all of it. */
function targetOf(tolerance: PyDict, output: PyValue): PyValue {
  const target = tolerance.get('target') ?? null
  if (!pythonTruth(target)) return output
  if (!isDict(output)) {
    throw new PythonError('AttributeError', `'${pythonTypeName(output)}' object has no attribute 'get'`)
  }
  const field = output.get(pythonText(target))
  // A field that holds null is there.
  return field === undefined ? output : field
}

async function matchesPattern(tolerance: PyDict, output: PyValue, helpers: ToleranceHelpers) {
  const pattern = substitute(tolerance.get('pattern') ?? null, helpers.scope)
  if (typeof pattern !== 'string') {
    throw new PythonError('TypeError', 'first argument must be string or compiled pattern')
  }
  const value = targetOf(tolerance, output)
  if (typeof value !== 'string') {
    const name = pythonTypeName(value)
    throw new PythonError('TypeError', `expected string or bytes-like object, got '${name}'`)
  }
  const own = translatePattern(pattern)
  if (own.kind === 'invalid') throw new PythonError('re.error', own.message)
  return own.kind === 'regex' ? own.regex.test(value) : helpers.search(pattern, value)
}

function matchesPath(tolerance: PyDict, output: PyValue, scope: Scope): boolean {
  const text = pythonText(substitute(tolerance.get('path') ?? null, scope))
  const path = parseJsonPath(text)
  if (path === undefined) throw new PythonError('ValueError', `${text} is no JSON path`)
  const values = [...matchJsonPath(path, decodedJson(targetOf(tolerance, output)))]
  const expected = tolerance.get('expect')
  if (expected !== undefined) {
    const wanted = substitute(expected, scope)
    return pythonEquals(values, isList(wanted) ? wanted : [wanted])
  }
  const count = tolerance.get('count') ?? null
  return count === null ? values.length > 0 : pythonEquals(BigInt(values.length), count)
}

/** Text and bytes that hold JSON count as what they hold. */
function decodedJson(value: PyValue): PyValue {
  const text = isObject(value) && value.pythonType === 'bytes' ? bytesText(value.repr) : value
  if (typeof text !== 'string') return value
  try {
    return readJson(text)
  } catch (error) {
    if (error instanceof PythonError) return text
    throw error
  }
}

/** The text of `b'…'`, of which only printable ASCII, and escapes of two digits, occur. */
function bytesText(repr: string): string {
  const named: Readonly<Record<string, number>> = { n: 10, r: 13, t: 9 }
  const bytes: number[] = []
  const body = repr.slice(2, -1)
  for (const [whole, hex, escaped] of body.matchAll(/\\x([\da-f]{2})|\\(.)|[^\\]/g)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16))
    else bytes.push(escaped === undefined ? whole.charCodeAt(0) : (named[escaped] ?? escaped.charCodeAt(0)))
  }
  return new TextDecoder().decode(Uint8Array.from(bytes))
}

function withinRange(tolerance: PyDict, output: PyValue): boolean {
  const value = exactNumber(targetOf(tolerance, output))
  if (value === undefined) return false
  const range = tolerance.get('range')
  const [low, high] = isList(range) ? range : []
  if (low === undefined || high === undefined) throw notTwoNumbers()
  return isAtMost(boundOf(low), value) && isAtMost(value, boundOf(high))
}

function boundOf(bound: PyValue): Exact {
  const exact = exactNumber(bound)
  if (exact === undefined) throw notTwoNumbers()
  return exact
}

function notTwoNumbers(): PythonError {
  return new PythonError('TypeError', 'a range is made of two numbers')
}
