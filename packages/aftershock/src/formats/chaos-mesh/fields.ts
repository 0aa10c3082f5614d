import { isObject } from '../json-shape.ts'

/** An object whose types the schema has checked. */
export type Fields = Readonly<Record<string, unknown>>

/** The value down a path of names; undefined where it ends. */
export function at(fields: unknown, ...names: readonly string[]): unknown {
  let value: unknown = fields
  for (const name of names) value = isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  return value
}

export function textAt(fields: unknown, ...names: readonly string[]): string | undefined {
  const value = at(fields, ...names)
  return typeof value === 'string' ? value : undefined
}

/** Undefined for a missing and for an empty text: Go's zero value. */
export function filledAt(fields: unknown, ...names: readonly string[]): string | undefined {
  const value = textAt(fields, ...names)
  return value === '' ? undefined : value
}

export function numberAt(fields: unknown, ...names: readonly string[]): number | undefined {
  const value = at(fields, ...names)
  return typeof value === 'number' ? value : undefined
}

export function flagAt(fields: unknown, ...names: readonly string[]): boolean {
  return at(fields, ...names) === true
}

export function fieldsAt(fields: unknown, ...names: readonly string[]): Fields | undefined {
  const value = at(fields, ...names)
  return isObject(value) ? value : undefined
}

export function listAt(fields: unknown, ...names: readonly string[]): readonly unknown[] {
  const value = at(fields, ...names)
  return Array.isArray(value) ? value : []
}

export function textsAt(fields: unknown, ...names: readonly string[]): readonly string[] {
  return listAt(fields, ...names).filter((item): item is string => typeof item === 'string')
}

export function textMapAt(fields: unknown, ...names: readonly string[]): Readonly<Record<string, string>> {
  const entries = Object.entries(fieldsAt(fields, ...names) ?? {})
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}
