import type { AttributeValue } from '../model/span-table.ts'
import { writeHex } from '../model/trace-ids.ts'
import { isObject, type Json, listOf, setOwn, textOf } from './json-shape.ts'
import { SPAN_LIMITS } from './otlp-limits.ts'

/**
 * An AnyValue as ours; lowerCamelCase and snake_case names are read. Integers beyond 2^53 stay decimal
 * text, bytes stay base64, nothing becomes ''.
 */
export function anyValueOf(value: unknown, depth = 0): AttributeValue {
  if (!isObject(value) || depth > SPAN_LIMITS.depthMax) return ''
  const text = value.stringValue ?? value.string_value
  if (text !== undefined) return typeof text === 'string' ? text : ''
  const int = value.intValue ?? value.int_value
  if (int !== undefined) return integerOf(int)
  const bool = value.boolValue ?? value.bool_value
  if (bool !== undefined) return bool === true || bool === 'true'
  const double = value.doubleValue ?? value.double_value
  // ProtoJSON writes "NaN", "Infinity" and "-Infinity"; Number() reads all three.
  if (double !== undefined) return Number(double)
  const list = value.arrayValue ?? value.array_value
  if (isObject(list)) return listOf(list.values).map((item) => anyValueOf(item, depth + 1))
  const map = value.kvlistValue ?? value.kvlist_value
  if (isObject(map)) return attributesOf(map.values, depth + 1)
  return textOf(value.bytesValue ?? value.bytes_value)
}

/** A list of KeyValue as an object, the last of equal names wins. */
export function attributesOf(list: unknown, depth = 0): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {}
  for (const item of listOf(list)) {
    if (isObject(item)) setOwn(attributes, textOf(item.key), anyValueOf(item.value, depth))
  }
  return attributes
}

function integerOf(value: unknown): AttributeValue {
  const number = Number(value)
  if (Number.isSafeInteger(number)) return number
  return typeof value === 'string' && /^-?\d+$/.test(value) ? value : Number.isNaN(number) ? '' : number
}

/** Enums as integers (the specification), decimal text, or names (Tempo). */
export function enumOf(value: unknown, names: readonly string[]): number {
  if (typeof value === 'number')
    return Number.isInteger(value) && value >= 0 && value < names.length ? value : 0
  if (typeof value !== 'string') return 0
  const at = names.indexOf(value)
  return at === -1 ? enumOf(value === '' ? 0 : Number(value), names) : at
}

export const KIND_NAMES = [
  'SPAN_KIND_UNSPECIFIED',
  'SPAN_KIND_INTERNAL',
  'SPAN_KIND_SERVER',
  'SPAN_KIND_CLIENT',
  'SPAN_KIND_PRODUCER',
  'SPAN_KIND_CONSUMER',
]
export const STATUS_NAMES = ['STATUS_CODE_UNSET', 'STATUS_CODE_OK', 'STATUS_CODE_ERROR']

/** Writes an id given as hex (the specification) or base64 (Tempo's JSON). @returns whether it was one */
export function writeId(id: unknown, bytes: Uint8Array, offset: number, length: 8 | 16): boolean {
  if (typeof id !== 'string') return false
  if (id.length === length * 2) return writeHex(id, bytes, offset, length)
  if (!id.endsWith('=')) return false
  const binary = decodeBase64(id)
  if (binary === undefined || binary.length > length) return false
  bytes.fill(0, offset, offset + length)
  const start = offset + length - binary.length
  for (let i = 0; i < binary.length; i++) bytes[start + i] = binary.charCodeAt(i)
  return true
}

function decodeBase64(text: string): string | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) && text.length % 4 === 0 ? atob(text) : undefined
}

/** Nanoseconds since the Unix epoch, from decimal text or a number; undefined when it is neither. */
export function nanosecondsOf(value: unknown): bigint | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? BigInt(Math.trunc(value)) : undefined
  return typeof value === 'string' && /^\d{1,20}$/.test(value) ? BigInt(value) : undefined
}

/** Reads a field by its JSON name, else by its protobuf name. */
export function fieldOf(json: Json, camel: string, snake: string): unknown {
  return json[camel] ?? json[snake]
}
