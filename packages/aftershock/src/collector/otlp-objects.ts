/**
 * OTLP messages as the objects of OTLP/JSON (hex ids, decimal strings for 64 bits), field by field, so that
 * nothing a sender wrote is lost. For logs; spans are decoded into columns, and copied to the file of a run as text.
 *
 * @see https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto
 */
export type OtlpObject = { [field: string]: unknown }

type Scalar = 'string' | 'bool' | 'int' | 'int64' | 'fixed32' | 'fixed64' | 'double' | 'hex' | 'base64'
type Field = {
  readonly name: string
  readonly type: Scalar | (() => Message)
  readonly repeated?: boolean
}
type Message = Readonly<Record<number, Field>>

const one = (name: string, type: Field['type']): Field => ({ name, type })
const many = (name: string, type: Field['type']): Field => ({ name, type, repeated: true })

const ANY_VALUE: Message = {
  1: one('stringValue', 'string'),
  2: one('boolValue', 'bool'),
  3: one('intValue', 'int64'),
  4: one('doubleValue', 'double'),
  5: one('arrayValue', () => ({ 1: many('values', () => ANY_VALUE) })),
  6: one('kvlistValue', () => ({ 1: many('values', () => KEY_VALUE) })),
  7: one('bytesValue', 'base64'),
}
const KEY_VALUE: Message = { 1: one('key', 'string'), 2: one('value', () => ANY_VALUE) }
const RESOURCE: Message = {
  1: many('attributes', () => KEY_VALUE),
  2: one('droppedAttributesCount', 'int'),
}
const SCOPE: Message = {
  1: one('name', 'string'),
  2: one('version', 'string'),
  3: many('attributes', () => KEY_VALUE),
  4: one('droppedAttributesCount', 'int'),
}
const LOG_RECORD: Message = {
  1: one('timeUnixNano', 'fixed64'),
  2: one('severityNumber', 'int'),
  3: one('severityText', 'string'),
  5: one('body', () => ANY_VALUE),
  6: many('attributes', () => KEY_VALUE),
  9: one('traceId', 'hex'),
  10: one('spanId', 'hex'),
  11: one('observedTimeUnixNano', 'fixed64'),
  12: one('eventName', 'string'),
}

const groups = (outer: string, inner: string, items: string, item: Message): Message => ({
  1: many(outer, () => ({
    1: one('resource', () => RESOURCE),
    2: many(inner, () => ({
      1: one('scope', () => SCOPE),
      2: many(items, () => item),
      3: one('schemaUrl', 'string'),
    })),
    3: one('schemaUrl', 'string'),
  })),
})
const LOGS = groups('resourceLogs', 'scopeLogs', 'logRecords', LOG_RECORD)

/** @throws Error when the bytes are not such a message */
export function logsObject(bytes: Uint8Array): OtlpObject {
  return readMessage(new Reader(bytes), bytes.length, LOGS, 0)
}

const DEPTH_MAX = 100

function readMessage(input: Reader, end: number, message: Message, depth: number): OtlpObject {
  if (depth > DEPTH_MAX) throw new Error(`messages are nested deeper than ${DEPTH_MAX}`)
  const object: OtlpObject = {}
  while (input.at < end) {
    const tag = input.varint()
    const field = message[Math.floor(tag / 8)]
    const wire = tag % 8
    if (field === undefined) {
      input.skip(wire)
      continue
    }
    const value = readValue(input, field, wire, depth)
    if (field.repeated !== true) object[field.name] = value
    else if (Array.isArray(object[field.name])) (object[field.name] as unknown[]).push(value)
    else object[field.name] = [value]
  }
  if (input.at !== end) throw new Error('a length does not fit its message')
  return object
}

function readValue(input: Reader, field: Field, wire: number, depth: number): unknown {
  const { type } = field
  if (typeof type === 'function') {
    const end = input.lengthDelimited(wire)
    return readMessage(input, end, type(), depth + 1)
  }
  if (type === 'string' || type === 'hex' || type === 'base64') {
    const bytes = input.take(input.lengthDelimited(wire) - input.at)
    return bytes.toString(type === 'string' ? 'utf8' : type)
  }
  if (type === 'fixed64' || type === 'double') {
    input.expect(wire, 1)
    const bytes = input.take(8)
    return type === 'double' ? jsonDouble(bytes.readDoubleLE()) : bytes.readBigUInt64LE().toString()
  }
  if (type === 'fixed32') {
    input.expect(wire, 5)
    return input.take(4).readUInt32LE()
  }
  input.expect(wire, 0)
  if (type === 'bool') return input.varint() !== 0
  return type === 'int64' ? input.int64().toString() : input.varint()
}

/** JSON has no NaN or infinity; protobuf's JSON writes them as text. */
function jsonDouble(value: number): number | string {
  return Number.isFinite(value) ? value : String(value)
}

class Reader {
  at = 0
  readonly #bytes: Buffer

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  take(count: number): Buffer {
    const end = this.at + count
    if (count < 0 || end > this.#bytes.length) throw new Error('the message ends too early')
    const taken = this.#bytes.subarray(this.at, end)
    this.at = end
    return taken
  }

  expect(wire: number, expected: number): void {
    if (wire !== expected) throw new Error(`wire type ${wire} where ${expected} belongs`)
  }

  /** @returns where the field ends */
  lengthDelimited(wire: number): number {
    this.expect(wire, 2)
    const length = this.varint()
    if (this.at + length > this.#bytes.length) throw new Error('the message ends too early')
    return this.at + length
  }

  varint(): number {
    const first = this.#bytes[this.at]
    if (first !== undefined && first < 128) {
      this.at += 1
      return first
    }
    return Number(BigInt.asUintN(64, this.int64()))
  }

  int64(): bigint {
    let value = 0
    let scale = 1
    for (let i = 0; i < 7; i++) {
      const byte = this.#byte()
      value += (byte & 127) * scale
      if (byte < 128) return BigInt(value)
      scale *= 128
    }
    let big = BigInt(value)
    for (let shift = 49n; shift < 70n; shift += 7n) {
      const byte = this.#byte()
      big |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asIntN(64, big)
    }
    throw new Error('a number is longer than 10 bytes')
  }

  skip(wire: number): void {
    if (wire === 0) this.int64()
    else if (wire === 1) this.take(8)
    else if (wire === 2) this.take(this.lengthDelimited(2) - this.at)
    else if (wire === 5) this.take(4)
    else throw new Error(`wire type ${wire} is not used by OTLP`)
  }

  #byte(): number {
    const byte = this.#bytes[this.at++]
    if (byte === undefined) throw new Error('the message ends too early')
    return byte
  }
}
