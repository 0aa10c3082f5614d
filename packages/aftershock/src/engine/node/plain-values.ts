import type { Value } from 'aftershock'
import { isDict, isList, type PyObject, type PyValue } from '../../formats/chaos-toolkit/values.ts'

/** A copy in JavaScript's own values: integers as numbers where they fit, objects of Python as their text. */
export function toPlain(value: PyValue): Value {
  if (typeof value === 'bigint') return plainInteger(value)
  if (value === null || typeof value !== 'object') return value
  if (isList(value)) return value.map(toPlain)
  if (isDict(value)) return Object.fromEntries([...value].map(([key, item]) => [String(key), toPlain(item)]))
  return value.json ?? value.text
}

export function plainInteger(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/**
 * What JavaScript code gave, as the run keeps it. Whole numbers become integers; `undefined` becomes null; what has
 * `toJSON` is what that says, dates among it. Functions, symbols and what contains itself become their text.
 *
 * @param known - objects that stand for something of the run's already
 */
export function fromPlain(
  value: unknown,
  known: (value: object) => PyValue | undefined = () => undefined,
  above: readonly object[] = [],
): PyValue {
  if (value === null || value === undefined) return null
  if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'bigint') return value
  if (typeof value === 'number')
    return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value
  if (typeof value !== 'object' || above.includes(value)) return textObject(value)
  const own = known(value)
  if (own !== undefined) return own
  const path = [...above, value]
  if (Array.isArray(value)) return value.map((item) => fromPlain(item, known, path))
  if ('toJSON' in value && typeof value.toJSON === 'function') return fromPlain(value.toJSON(), known, path)
  const pairs = value instanceof Map ? [...value] : Object.entries(value)
  return new Map(pairs.map(([key, item]) => [String(key), fromPlain(item, known, path)]))
}

function textObject(value: unknown): PyObject {
  const text = String(value)
  return { pythonType: `javascript.${typeof value}`, text, repr: text, json: text, isTrue: true }
}
