import type { AttributeValue } from '../model/span-table.ts'
import { SPAN_LIMITS } from './otlp-limits.ts'
import { MalformedBytes, type WireReader } from './otlp-wire.ts'

const decoder = new TextDecoder()

/** Reads KeyValue messages into an object, last one wins. `reader` stands at the first byte of the message. */
export function readKeyValue(
  reader: WireReader,
  end: number,
  into: Record<string, AttributeValue>,
  depth = 0,
): void {
  let key = ''
  let value: AttributeValue = ''
  while (reader.at < end) {
    const tag = reader.varint(end)
    if (tag === 0x0a) key = readText(reader, end)
    else if (tag === 0x12) value = readAnyValue(reader, reader.fieldEnd(end), depth, value)
    else reader.skip(tag, end)
  }
  // `__proto__` as a name must become a property like any other.
  if (key === '__proto__') Object.defineProperty(into, key, { value, enumerable: true, configurable: true })
  else into[key] = value
}

/**
 * AnyValue as our value: integers beyond 2^53 become decimal text, bytes become base64, nothing becomes ''.
 *
 * @param before - what an earlier occurrence of the field said: protobuf merges them
 */
function readAnyValue(
  reader: WireReader,
  end: number,
  depth: number,
  before: AttributeValue = '',
): AttributeValue {
  if (depth > SPAN_LIMITS.depthMax)
    throw new MalformedBytes(`Values are nested at most ${SPAN_LIMITS.depthMax} deep`, reader.at)
  let value = before
  while (reader.at < end) {
    const tag = reader.varint(end)
    if (tag === 0x0a) value = readText(reader, end)
    else if (tag === 0x10) value = reader.varint(end) !== 0
    else if (tag === 0x18) value = readInt64(reader, end)
    else if (tag === 0x21) value = readDouble(reader, end)
    else if (tag === 0x2a)
      value = readArray(reader, reader.fieldEnd(end), depth, Array.isArray(value) ? value : [])
    else if (tag === 0x32) value = readMap(reader, reader.fieldEnd(end), depth, value)
    else if (tag === 0x3a) {
      const bytesEnd = reader.fieldEnd(end)
      value = base64Of(reader.bytes.subarray(reader.at, bytesEnd))
      reader.at = bytesEnd
    } else reader.skip(tag, end)
  }
  return value
}

function readArray(
  reader: WireReader,
  end: number,
  depth: number,
  before: readonly AttributeValue[],
): AttributeValue {
  const values: AttributeValue[] = [...before]
  while (reader.at < end) {
    const tag = reader.varint(end)
    if (tag === 0x0a) values.push(readAnyValue(reader, reader.fieldEnd(end), depth + 1))
    else reader.skip(tag, end)
  }
  return values
}

function readMap(reader: WireReader, end: number, depth: number, before: AttributeValue): AttributeValue {
  const map: Record<string, AttributeValue> = {}
  if (typeof before === 'object' && !Array.isArray(before)) Object.assign(map, before)
  while (reader.at < end) {
    const tag = reader.varint(end)
    if (tag === 0x0a) readKeyValue(reader, reader.fieldEnd(end), map, depth + 1)
    else reader.skip(tag, end)
  }
  return map
}

export function readText(reader: WireReader, end: number): string {
  const textEnd = reader.fieldEnd(end)
  const text = decoder.decode(reader.bytes.subarray(reader.at, textEnd))
  reader.at = textEnd
  return text
}

export function readUint64(reader: WireReader, at: number): bigint {
  return (BigInt(reader.uint32At(at + 4)) << 32n) | BigInt(reader.uint32At(at))
}

/** A safe integer as a number, others as decimal text. */
export function readInt64(reader: WireReader, end: number): number | string {
  const start = reader.at
  const quick = reader.varint(end)
  if (quick <= Number.MAX_SAFE_INTEGER) return quick
  let exact = 0n
  for (let at = start, shift = 0n; at < reader.at; at++, shift += 7n)
    exact |= BigInt((reader.bytes[at] as number) & 0x7f) << shift
  exact = BigInt.asIntN(64, exact)
  const number = Number(exact)
  return Number.isSafeInteger(number) ? number : String(exact)
}

export function readDouble(reader: WireReader, end: number): number {
  const at = reader.fixed(8, end)
  return new DataView(reader.bytes.buffer, reader.bytes.byteOffset + at, 8).getFloat64(0, true)
}

/** Steps over one field of an AnyValue, checking that all of it could be read later. */
export function checkAnyValueField(reader: WireReader, end: number, depth: number): void {
  const tag = reader.varint(end)
  if (tag !== 0x2a && tag !== 0x32) {
    reader.skip(tag, end)
    return
  }
  if (depth >= SPAN_LIMITS.depthMax)
    throw new MalformedBytes(`Values are nested at most ${SPAN_LIMITS.depthMax} deep`, reader.at)
  const listEnd = reader.fieldEnd(end)
  while (reader.at < listEnd) {
    const itemTag = reader.varint(listEnd)
    if (itemTag !== 0x0a) reader.skip(itemTag, listEnd)
    else if (tag === 0x2a) checkAnyValue(reader, reader.fieldEnd(listEnd), depth + 1)
    else checkKeyValue(reader, reader.fieldEnd(listEnd), depth + 1)
  }
}

function checkAnyValue(reader: WireReader, end: number, depth: number): void {
  while (reader.at < end) checkAnyValueField(reader, end, depth)
}

function checkKeyValue(reader: WireReader, end: number, depth: number): void {
  while (reader.at < end) {
    const tag = reader.varint(end)
    if (tag === 0x12) checkAnyValue(reader, reader.fieldEnd(end), depth)
    else reader.skip(tag, end)
  }
}

export function base64Of(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary)
}
