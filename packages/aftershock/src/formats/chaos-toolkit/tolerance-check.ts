import { parseJsonPath } from './jsonpath-parse.ts'
import { translatePattern } from './python-regex.ts'
import { pythonText } from './python-text.ts'
import { isDict, isList, type PyDict, type PyValue } from './values.ts'

/** What is wrong with a tolerance, in the reference's words; undefined when valid. A probe is checked as an activity, elsewhere. */
export function toleranceMessage(tolerance: PyValue): string | undefined {
  if (
    typeof tolerance === 'number' ||
    tolerance === null ||
    (typeof tolerance === 'object' && !isKnown(tolerance))
  ) {
    return (
      'hypothesis probe tolerance must either be an integer, a string, a boolean or a pair of values for ' +
      'boundaries. It can also be a dictionary which is a probe activity definition that takes an argument ' +
      'called `value` with the value of the probe itself to be validated'
    )
  }
  if (!isDict(tolerance)) return undefined
  const type = tolerance.get('type') ?? null
  if (type === 'probe') return undefined
  if (type === 'regex') return patternMessage(tolerance)
  if (type === 'jsonpath') return pathMessage(tolerance)
  if (type === 'range') return rangeMessage(tolerance)
  return `hypothesis probe tolerance type '${pythonText(type)}' is unsupported`
}

function isKnown(tolerance: PyValue): boolean {
  return isDict(tolerance) || isList(tolerance)
}

function patternMessage(tolerance: PyDict): string | undefined {
  const pattern = tolerance.get('pattern')
  if (pattern === undefined) return 'hypothesis regex probe tolerance must have a `pattern` key'
  if (typeof pattern !== 'string') {
    return `hypothesis probe tolerance pattern ${pythonText(pattern)} has an invalid type`
  }
  const own = translatePattern(pattern)
  if (own.kind !== 'invalid') return undefined
  return `hypothesis probe tolerance pattern ${pattern} seems invalid: ${own.message}`
}

function pathMessage(tolerance: PyDict): string | undefined {
  const path = tolerance.get('path')
  if (path === undefined) return 'hypothesis jsonpath probe tolerance must have a `path` key'
  if (typeof path !== 'string') {
    return `hypothesis probe tolerance JSON path ${pythonText(path)} has an invalid type`
  }
  const text = path.trim()
  if (text === '') return 'hypothesis probe tolerance JSON path cannot be empty'
  return parseJsonPath(text) === undefined
    ? `hypothesis probe tolerance JSON path ${text} is invalid`
    : undefined
}

function rangeMessage(tolerance: PyDict): string | undefined {
  const range = tolerance.get('range')
  if (range === undefined) return 'hypothesis range probe tolerance must have a `range` key'
  if (!isList(range)) return 'hypothesis range must be a sequence'
  if (range.length !== 2) return 'hypothesis range sequence must be made of two values'
  if (!isNumber(range[0])) return 'hypothesis range lower boundary must be a number'
  return isNumber(range[1]) ? undefined : 'hypothesis range upper boundary must be a number'
}

function isNumber(value: PyValue | undefined): boolean {
  return typeof value === 'bigint' || typeof value === 'number' || typeof value === 'boolean'
}
