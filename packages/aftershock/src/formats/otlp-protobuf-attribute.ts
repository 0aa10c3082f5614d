import type { ByteRoleValues } from '../model/byte-role-values.ts'
import { checkAnyValueField, readDouble, readInt64 } from './otlp-protobuf-value.ts'
import type { WireReader } from './otlp-wire.ts'

/** What a KeyValue held, between reading its value and knowing its key: the key may come last. */
const BYTES = 1
const NUMBER = 2
const BOOL = 3

/** Reads a KeyValue; its value goes to `values` when its name has a role, and is only checked otherwise. */
export function readAttribute(reader: WireReader, end: number, values: ByteRoleValues): void {
  if (!readShortText(reader, end, values)) readAnyAttribute(reader, end, values)
}

/**
 * The attribute that nine of ten are: a key, then text, each shorter than 128 bytes. Every offset is known
 * after four comparisons. @returns false when it is another, and nothing was read
 */
function readShortText(reader: WireReader, end: number, values: ByteRoleValues): boolean {
  const { bytes } = reader
  const keyStart = reader.at + 2
  if (keyStart > end || bytes[keyStart - 2] !== 0x0a) return false
  const keyEnd = keyStart + (bytes[keyStart - 1] as number)
  const textStart = keyEnd + 4
  const textLength = end - textStart
  if (
    (bytes[keyStart - 1] as number) > 127 ||
    textLength < 0 ||
    textLength > 125 ||
    bytes[keyEnd] !== 0x12 ||
    bytes[keyEnd + 1] !== textLength + 2 ||
    bytes[keyEnd + 2] !== 0x0a ||
    bytes[keyEnd + 3] !== textLength
  )
    return false
  reader.at = end
  const ranked = values.rankedRoleOf(keyStart, keyEnd)
  if (ranked >= 0) values.setBytes(ranked, textStart, end)
  return true
}

function readAnyAttribute(reader: WireReader, end: number, values: ByteRoleValues): void {
  let keyStart = 0
  let keyEnd = 0
  let held = 0
  let start = 0
  let stop = 0
  let number = 0
  while (reader.at < end) {
    const tag = reader.varint(end)
    if (tag === 0x0a) {
      keyEnd = reader.fieldEnd(end)
      keyStart = reader.at
      reader.at = keyEnd
    } else if (tag === 0x12) {
      const valueEnd = reader.fieldEnd(end)
      while (reader.at < valueEnd) {
        const valueAt = reader.at
        const valueTag = reader.varint(valueEnd)
        if (valueTag === 0x0a) {
          stop = reader.fieldEnd(valueEnd)
          start = reader.at
          reader.at = stop
          held = BYTES
        } else if (valueTag === 0x18) {
          number = Number(readInt64(reader, valueEnd))
          held = NUMBER
        } else if (valueTag === 0x10) {
          number = reader.varint(valueEnd)
          held = BOOL
        } else if (valueTag === 0x21) {
          number = readDouble(reader, valueEnd)
          held = NUMBER
        } else {
          // Lists, maps and bytes have no role.
          if (valueTag === 0x2a || valueTag === 0x32 || valueTag === 0x3a) held = 0
          reader.at = valueAt
          checkAnyValueField(reader, valueEnd, 0)
        }
      }
    } else reader.skip(tag, end)
  }
  const ranked = values.rankedRoleOf(keyStart, keyEnd)
  if (ranked < 0) return
  if (held === BYTES) values.setBytes(ranked, start, stop)
  else if (held === NUMBER) values.setNumber(ranked, number)
  else if (held === BOOL) values.setBool(ranked, number !== 0)
}
