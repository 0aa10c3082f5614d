import { isObject, type Json, textOf } from '../../formats/json-shape.ts'

/** The value at a path of an object nobody has checked; undefined where there is none. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  let found: unknown = value
  for (const name of path) {
    if (!isObject(found) || !Object.hasOwn(found, name)) return undefined
    found = found[name]
  }
  return found
}

/** Text at a path; empty where there is none. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  return textOf(valueAt(value, ...path))
}

export function numberAt(value: unknown, ...path: readonly string[]): number | undefined {
  const found = valueAt(value, ...path)
  return typeof found === 'number' && Number.isFinite(found) ? found : undefined
}

export function objectAt(value: unknown, ...path: readonly string[]): Json {
  const found = valueAt(value, ...path)
  return isObject(found) ? found : {}
}

export function itemsAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = valueAt(value, ...path)
  return Array.isArray(found) ? found : []
}
