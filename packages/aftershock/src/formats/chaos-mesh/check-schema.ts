import { shown } from '../decode.ts'
import { suggestion } from '../did-you-mean.ts'
import { isObject } from '../json-shape.ts'
import { pathText } from '../source-text.ts'
import { type Report, ruleText } from './report.ts'
import type { Schema } from './schema.ts'

/**
 * Checks a value as an API server does with the CRD's schema, and prunes and defaults it.
 *
 * @returns the value without unknown fields (a warning each) and with the schema's defaults
 */
export function checkSchema(schema: Schema, value: unknown, report: Report): unknown {
  if (value === null && isNullable(schema)) return value
  switch (schema.type) {
    case 'any-object':
      return isObject(value) ? value : wrongType('object', value, report)
    case 'int-or-text':
      return checkIntOrText(schema.quantity, value, report)
    case 'string':
      return checkText(schema, value, report)
    case 'integer':
      return checkInteger(schema, value, report)
    case 'boolean':
      return typeof value === 'boolean' ? value : wrongType('boolean', value, report)
    case 'array':
      return Array.isArray(value) ? checkList(schema, value, report) : wrongType('array', value, report)
    case 'map':
      return isObject(value) ? checkMap(schema.values, value, report) : wrongType('object', value, report)
    case 'object':
      return isObject(value) ? checkFields(schema, value, report) : wrongType('object', value, report)
  }
}

/** An empty text is none. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=|[A-Za-z0-9+/]{4})$/
const INT64_END = 2 ** 63

function isDateTime(text: string): boolean {
  const parts = /^(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-4]):[0-5]\d:([0-5]\d|60)(.\d+)?([Zz]|[+-]\d\d:\d\d)$/.exec(
    text,
  )
  const dayMs = Date.parse(`${parts?.[1]}T00:00:00Z`)
  return !Number.isNaN(dayMs) && new Date(dayMs).toISOString().startsWith(parts?.[1] ?? '-')
}

function checkText(schema: Schema & { type: 'string' }, value: unknown, report: Report): unknown {
  if (typeof value !== 'string') return wrongType('string', value, report)
  if (schema.words !== undefined && !schema.words.includes(value)) {
    const rule = `must be one of ${schema.words.join(', ')} (Unsupported value)`
    report.error([], 'unsupported-value', ruleText(report.base, rule, value), suggestion(value, schema.words))
  }
  if (schema.pattern !== undefined && !schema.pattern.test(value)) {
    const rule = `should match ${schema.pattern.source} (one number and one unit)`
    report.error([], 'pattern', ruleText(report.base, rule, value), 'Write for example 500ms, 1.5s or 2m')
  }
  if (schema.format === 'byte' && !BASE64.test(value)) {
    const rule = 'must be base64 (format byte)'
    report.error([], 'base64', ruleText(report.base, rule, value), 'Encode it: printf %s TEXT | base64')
  }
  if (schema.format === 'date-time' && !isDateTime(value)) {
    const rule = 'must be a time (format date-time)'
    report.error([], 'date-time', ruleText(report.base, rule, value), 'Write 2026-01-31T10:00:00Z')
  }
  return value
}

/** A quantity has a unit of Kubernetes: `100m`, `1.5Gi`, `2e3`. */
const QUANTITY = /^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[KMGTPE]i|[numkMGTPE]|[eE][+-]?(?:\d+(?:\.\d*)?|\.\d+))?$/

function checkIntOrText(isQuantity: boolean, value: unknown, report: Report): unknown {
  if (typeof value === 'number')
    return checkInteger(
      isQuantity ? { type: 'integer' } : { type: 'integer', format: 'int32' },
      value,
      report,
    )
  if (typeof value !== 'string') return wrongType('integer or string', value, report)
  if (isQuantity && !QUANTITY.test(value)) {
    const rule = 'must be an amount, a number and a unit of Kubernetes'
    report.error([], 'quantity', ruleText(report.base, rule, value), 'Write for example 100m, 2 or 256Mi')
  }
  return value
}

function checkList(schema: Schema & { type: 'array' }, list: readonly unknown[], report: Report): unknown {
  const kept = list.map((item, at) => checkSchema(schema.items, item, report.below(at)))
  const { uniqueBy } = schema
  if (uniqueBy === undefined) return kept
  const seen = new Set<string>()
  for (const [at, item] of kept.entries()) {
    const key = JSON.stringify(
      uniqueBy.length === 0 || !isObject(item) ? item : uniqueBy.map((name) => item[name]),
    )
    if (seen.has(key)) {
      const path = pathText([...report.base, at])
      report.error([at], 'duplicate-item', `Duplicate value: ${path} is there already: ${shown(item)}`)
    }
    seen.add(key)
  }
  return kept
}

function checkInteger(schema: Schema & { type: 'integer' }, value: unknown, report: Report): unknown {
  if (typeof value !== 'number' || !Number.isInteger(value)) return wrongType('integer', value, report)
  if (value >= INT64_END || value < -INT64_END) return wrongType('integer of 64 bits', value, report)
  const { min, max, above } = schema
  const bad = (rule: string) => report.error([], 'number-range', ruleText(report.base, rule, value))
  if (min !== undefined && value < min) bad(`should be greater than or equal to ${min}`)
  if (above !== undefined && value <= above) bad(`should be greater than ${above}`)
  if (max !== undefined && value > max) bad(`should be less than or equal to ${max}`)
  if (schema.format === 'int32' && value !== (value | 0)) bad('must fit into 32 bits (format int32)')
  return value
}

function checkMap(values: Schema, map: Readonly<Record<string, unknown>>, report: Report) {
  const kept: [string, unknown][] = []
  for (const [key, item] of Object.entries(map)) {
    if (item === null) droppedNull(key, report)
    else kept.push([key, checkSchema(values, item, report.below(key))])
  }
  return Object.fromEntries(kept)
}

function checkFields(
  schema: Schema & { type: 'object' },
  value: Readonly<Record<string, unknown>>,
  report: Report,
): Record<string, unknown> {
  const kept: Record<string, unknown> = {}
  for (const [name, item] of Object.entries(value)) {
    const field = Object.hasOwn(schema.fields, name) ? schema.fields[name] : undefined
    if (field === undefined) unknownField(name, Object.keys(schema.fields), report)
    else if (item === null && !isNullable(field)) droppedNull(name, report)
    else kept[name] = checkSchema(field, item, report.below(name))
  }
  for (const [name, field] of Object.entries(schema.fields)) {
    const byDefault = defaultOf(field)
    if (kept[name] === undefined && byDefault !== undefined) kept[name] = byDefault
  }
  for (const name of schema.required) requireField(name, kept, report)
  return kept
}

/** An API server removes them before it checks anything; `duration:` with nothing behind it is one. */
function droppedNull(name: string, report: Report): void {
  const path = pathText([...report.base, name])
  report.warning([name], 'empty-field', `${path} holds nothing (null): it is dropped as if it were not there`)
}

function requireField(name: string, value: unknown, report: Report): void {
  if (isObject(value) && value[name] !== undefined) return
  const why = `Required value: ${pathText([...report.base, name])} must be set: it is missing`
  report.error([name], 'required', why, `Add ${name}: …`)
}

function unknownField(name: string, known: readonly string[], report: Report): void {
  const why = `unknown field "${pathText([...report.base, name])}": Chaos Mesh drops it without a word, and kubectl (strict since 1.25) refuses the file`
  report.warning([name], 'unknown-field', why, suggestion(name, known))
}

function defaultOf(schema: Schema): string | number | undefined {
  return 'byDefault' in schema ? schema.byDefault : undefined
}

function isNullable(schema: Schema): boolean {
  return 'nullable' in schema && schema.nullable === true
}

function wrongType(type: string, value: unknown, report: Report): unknown {
  report.error(
    [],
    'wrong-type',
    ruleText(report.base, `must be of type ${type}`, value),
    hintFor(type, value),
  )
  return value
}

function hintFor(type: string, value: unknown): string | undefined {
  if (type !== 'string' || typeof value === 'object') return undefined
  return typeof value === 'boolean'
    ? 'Write it in quotes: YAML reads y, yes, on, n, no and off as true and false'
    : `Write it in quotes: "${value}"`
}
