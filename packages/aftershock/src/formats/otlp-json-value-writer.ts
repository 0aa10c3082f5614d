import type { JsonSink } from './json-sink.ts'
import { base64Of, readDouble, readInt64 } from './otlp-protobuf-value.ts'
import type { WireReader } from './otlp-wire.ts'

const json = (text: string): Uint8Array => new TextEncoder().encode(text)
const KEY = json('{"key":')
const VALUE = json(',"value":')
const VALUE_ONLY = json('{"value":')
const STRING = json('{"stringValue":')
const TRUE = json('{"boolValue":true')
const FALSE = json('{"boolValue":false')
const INT = json('{"intValue":"')
const DOUBLE = json('{"doubleValue":')
const ARRAY = json('{"arrayValue":{"values":[')
const MAP = json('{"kvlistValue":{"values":[')
const LIST_END = json(']}')
const BYTES = json('{"bytesValue":')
const [OBJECT, OBJECT_END, COMMA, QUOTE] = [0x7b, 0x7d, 0x2c, 0x22]
const decoder = new TextDecoder()

/** KeyValue and AnyValue messages as the JSON of OTLP. */
export class JsonValueWriter {
  readonly #reader: WireReader
  readonly #out: JsonSink

  constructor(reader: WireReader, out: JsonSink) {
    this.#reader = reader
    this.#out = out
  }

  /** Whether the KeyValue that ends at `end` has one of the names; the reader stays where it is. */
  isNamed(end: number, names: ReadonlySet<string>, firstLetters: ReadonlySet<number>): boolean {
    const reader = this.#reader
    const start = reader.at
    let name = ''
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag !== 0x0a) {
        reader.skip(tag, end)
        continue
      }
      const keyEnd = reader.fieldEnd(end)
      const first = reader.bytes[reader.at] as number
      // Most names are told apart by their first letter, without becoming a string.
      if (firstLetters.has(first)) name = decoder.decode(reader.bytes.subarray(reader.at, keyEnd))
      reader.at = keyEnd
    }
    reader.at = start
    return names.has(name)
  }

  keyValue(end: number): void {
    const reader = this.#reader
    const out = this.#out
    let keyStart = -1
    let keyEnd = 0
    let valueStart = -1
    let valueEnd = 0
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag === 0x0a) {
        keyEnd = reader.fieldEnd(end)
        keyStart = reader.at
        reader.at = keyEnd
      } else if (tag === 0x12) {
        valueEnd = reader.fieldEnd(end)
        valueStart = reader.at
        reader.at = valueEnd
      } else reader.skip(tag, end)
    }
    if (keyStart >= 0) {
      out.raw(KEY)
      out.string(reader.bytes, keyStart, keyEnd)
    }
    if (valueStart >= 0) {
      out.raw(keyStart >= 0 ? VALUE : VALUE_ONLY)
      reader.at = valueStart
      this.#anyValue(valueEnd)
    } else if (keyStart < 0) out.byte(OBJECT)
    out.byte(OBJECT_END)
    reader.at = end
  }

  /** Of several values in one, which protobuf forbids to write and tells to read so, the last. */
  #anyValue(end: number): void {
    const reader = this.#reader
    let tag = 0
    let valueAt = reader.at
    while (reader.at < end) {
      const next = reader.varint(end)
      const at = reader.at
      reader.skip(next, end)
      if (!VALUE_TAGS.has(next)) continue
      tag = next
      valueAt = at
    }
    reader.at = valueAt
    this.#value(tag, end)
    this.#out.byte(OBJECT_END)
    reader.at = end
  }

  #value(tag: number, end: number): void {
    const reader = this.#reader
    const out = this.#out
    if (tag === 0x0a) {
      const textEnd = reader.fieldEnd(end)
      out.raw(STRING)
      out.string(reader.bytes, reader.at, textEnd)
    } else if (tag === 0x10) out.raw(reader.varint(end) === 0 ? FALSE : TRUE)
    else if (tag === 0x18) {
      out.raw(INT)
      const value = readInt64(reader, end)
      if (typeof value === 'number' && value >= 0) out.number(value)
      else out.text(String(value))
      out.byte(QUOTE)
    } else if (tag === 0x21) {
      const value = readDouble(reader, end)
      out.raw(DOUBLE)
      // JSON has no name for NaN and infinity; ProtoJSON writes them as text.
      out.text(JSON.stringify(Number.isFinite(value) ? value : String(value)))
    } else if (tag === 0x2a || tag === 0x32) this.#list(tag, reader.fieldEnd(end))
    else if (tag === 0x3a) {
      const bytesEnd = reader.fieldEnd(end)
      out.raw(BYTES)
      out.text(`"${base64Of(reader.bytes.subarray(reader.at, bytesEnd))}"`)
    } else out.byte(OBJECT)
  }

  #list(tag: number, end: number): void {
    const reader = this.#reader
    const out = this.#out
    out.raw(tag === 0x2a ? ARRAY : MAP)
    let isFirst = true
    while (reader.at < end) {
      const itemTag = reader.varint(end)
      if (itemTag !== 0x0a) {
        reader.skip(itemTag, end)
        continue
      }
      if (!isFirst) out.byte(COMMA)
      isFirst = false
      const itemEnd = reader.fieldEnd(end)
      if (tag === 0x2a) this.#anyValue(itemEnd)
      else this.keyValue(itemEnd)
    }
    out.raw(LIST_END)
  }
}

const VALUE_TAGS: ReadonlySet<number> = new Set([0x0a, 0x10, 0x18, 0x21, 0x2a, 0x32, 0x3a])
