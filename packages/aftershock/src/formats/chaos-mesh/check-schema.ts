import { suggestion } from '../did-you-mean.ts'
import { pathText } from '../source-text.ts'
import { type Report, ruleText } from './report.ts'
import type { Schema } from './schema.ts'

/**
 * Checks a value as an API server does with the CRD's schema, and prunes and defaults it.
 *
 * @returns the value without unknown fields (a warning each) and with the schema's defaults
 */
export function checkSchema(schema: Schema, value: unknown, report: Report): unknown {
  switch (schema.type) {
    case 'any':
      for (const name of schema.required ?? []) requireField(name, value, report)
      return value
    case 'string':
      return checkText(schema, value, report)
    case 'integer':
      return checkInteger(schema, value, report)
    case 'boolean':
      return typeof value === 'boolean' ? value : wrongType('boolean', value, report)
    case 'array':
      return Array.isArray(value)
        ? value.map((item: unknown, at) => checkSchema(schema.items, item, report.below(at)))
        : wrongType('array', value, report)
    case 'map':
      return isRecord(value) ? checkMap(schema.values, value, report) : wrongType('object', value, report)
    case 'object':
      return isRecord(value) ? checkFields(schema, value, report) : wrongType('object', value, report)
  }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
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
  return value
}

function checkInteger(schema: Schema & { type: 'integer' }, value: unknown, report: Report): unknown {
  if (value === null && schema.nullable === true) return value
  if (typeof value !== 'number' || !Number.isInteger(value)) return wrongType('integer', value, report)
  const { min, max, above } = schema
  const bad = (rule: string) => report.error([], 'number-range', ruleText(report.base, rule, value))
  if (min !== undefined && value < min) bad(`should be greater than or equal to ${min}`)
  if (above !== undefined && value <= above) bad(`should be greater than ${above}`)
  if (max !== undefined && value > max) bad(`should be less than or equal to ${max}`)
  if (schema.format === 'int32' && Math.abs(value) > 0x7fff_ffff) bad('must fit into 32 bits (format int32)')
  return value
}

function checkMap(values: Schema, map: Readonly<Record<string, unknown>>, report: Report) {
  return Object.fromEntries(
    Object.entries(map).map(([key, item]) => [key, checkSchema(values, item, report.below(key))]),
  )
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
    // A null where the schema has a default is dropped before the default is written.
    else if (item === null && defaultOf(field) !== undefined && !isNullable(field)) continue
    else kept[name] = checkSchema(field, item, report.below(name))
  }
  for (const name of schema.required) requireField(name, value, report)
  for (const [name, field] of Object.entries(schema.fields)) {
    const byDefault = defaultOf(field)
    if (kept[name] === undefined && byDefault !== undefined) kept[name] = byDefault
  }
  return kept
}

function requireField(name: string, value: unknown, report: Report): void {
  if (isRecord(value) && value[name] !== undefined) return
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
