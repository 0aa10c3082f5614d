import { ByteRoleValues } from '../model/byte-role-values.ts'
import { tellsOfSampler } from '../model/sampler-attributes.ts'
import { fillMeaning } from '../model/span-meaning.ts'
import { roleIndex } from '../model/span-roles.ts'
import type { SpanTableBuilder } from '../model/span-table-builder.ts'
import { SPAN_LIMITS } from './otlp-limits.ts'
import { readAttribute } from './otlp-protobuf-attribute.ts'
import { checkTag, type WireReader } from './otlp-wire.ts'

const TWO_32 = 4294967296
const EXCEPTION_TYPE = roleIndex('exception-type')
const EXCEPTION_MESSAGE = roleIndex('exception-message')
const EXCEPTION = new TextEncoder().encode('exception')

const TEXT = new TextDecoder()

/**
 * Reads Span messages into rows: one pass, field order as it comes, and no string, object or bigint is
 * created for what the builder's dictionary knows.
 */
export class ProtobufSpanReader {
  #reader: WireReader
  #builder: SpanTableBuilder
  #values: ByteRoleValues
  /** Of an event's attributes; a second set, because a span's may come after its events. */
  #eventValues: ByteRoleValues
  #epochHigh = 0
  #epochLow = 0
  #epochKnown = false
  // Of the span being read: offsets of its fields, -1 = not there or not valid.
  #traceId = -1
  #spanId = -1
  /** 0 = none: an id is never at offset 0. */
  #parentId = 0
  #nameStart = 0
  #nameEnd = 0
  #messageStart = 0
  #messageEnd = 0
  #status = 0
  #events = 0
  #links = 0
  #exceptionTypeId = 0
  #exceptionMessageId = 0
  #stateStart = 0
  #stateEnd = 0

  constructor(reader: WireReader, builder: SpanTableBuilder) {
    this.#reader = reader
    this.#builder = builder
    this.#values = new ByteRoleValues(builder.dictionary, builder.attributeRoles)
    this.#eventValues = new ByteRoleValues(builder.dictionary, builder.attributeRoles)
  }

  /** Call it at the start of a request: a roll-back may have taken the epoch back. */
  restart(): void {
    this.#epochKnown = false
  }

  /** Reads the span that ends at `end`. @returns false when it was invalid, counted and left out */
  read(end: number, resource: number): boolean {
    const reader = this.#reader
    const values = this.#values
    values.clear(reader.bytes)
    this.#clear()
    let attributes = 0
    let startAt = -1
    let endAt = -1
    let kind = 0
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag === 0x4a) {
        const fieldEnd = reader.fieldEnd(end)
        if (++attributes <= SPAN_LIMITS.attributesMax) readAttribute(reader, fieldEnd, values)
        else reader.at = fieldEnd
      } else if (tag === 0x39) startAt = reader.fixed(8, end)
      else if (tag === 0x41) endAt = reader.fixed(8, end)
      else if (tag === 0x30) kind = reader.varint(end)
      else if ((tag & 7) === 2) this.#readField(tag, reader.fieldEnd(end))
      else reader.skip(tag, end)
    }
    const builder = this.#builder
    const row = builder.nextRow()
    if (!this.#writeIds(row) || !this.#writeTimes(row, startAt, endAt)) {
      builder.dropped.invalid += 1
      builder.forgetOpenLinks()
      return false
    }
    this.#countBeyond(attributes)
    const c = builder.columns
    const { dictionary } = builder
    c.kind[row] = kind <= 5 ? kind : 0
    c.status[row] = this.#status <= 2 ? this.#status : 0
    c.resource[row] = resource
    c.name[row] = dictionary.idOfBytes(reader.bytes, this.#nameStart, this.#nameEnd)
    c.statusMessage[row] = dictionary.idOfBytes(reader.bytes, this.#messageStart, this.#messageEnd)
    fillMeaning(c, row, values, builder.strings, this.#exceptionTypeId, this.#exceptionMessageId)
    if (tellsOfSampler(values)) builder.addSampler(values)
    if (this.#stateEnd > this.#stateStart)
      builder.addTraceState(TEXT.decode(reader.bytes.subarray(this.#stateStart, this.#stateEnd)))
    builder.commitRow()
    return true
  }

  #clear(): void {
    this.#traceId = -1
    this.#spanId = -1
    this.#parentId = 0
    this.#stateStart = 0
    this.#stateEnd = 0
    this.#nameStart = 0
    this.#nameEnd = 0
    this.#messageStart = 0
    this.#messageEnd = 0
    this.#status = 0
    this.#events = 0
    this.#links = 0
    this.#exceptionTypeId = 0
    this.#exceptionMessageId = 0
  }

  /** A field with a length, other than an attribute. */
  #readField(tag: number, end: number): void {
    const reader = this.#reader
    const start = reader.at
    const length = end - start
    switch (tag) {
      case 0x0a:
        this.#traceId = length === 16 ? start : -1
        break
      case 0x12:
        this.#spanId = length === 8 ? start : -1
        break
      case 0x1a:
        this.#stateStart = start
        this.#stateEnd = end
        break
      case 0x22:
        this.#parentId = length === 8 ? start : length === 0 ? 0 : -1
        break
      case 0x2a:
        this.#nameStart = start
        this.#nameEnd = end
        break
      case 0x5a:
        if (++this.#events <= SPAN_LIMITS.eventsMax) this.#readEvent(end)
        break
      case 0x6a:
        if (++this.#links <= SPAN_LIMITS.linksMax) this.#readLink(end)
        break
      case 0x7a:
        this.#readStatus(end)
        break
      default:
        checkTag(tag, start)
    }
    reader.at = end
  }

  #readStatus(end: number): void {
    const reader = this.#reader
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag === 0x18) this.#status = reader.varint(end)
      else if (tag === 0x12) {
        this.#messageEnd = reader.fieldEnd(end)
        this.#messageStart = reader.at
        reader.at = this.#messageEnd
      } else reader.skip(tag, end)
    }
  }

  #countBeyond(attributes: number): void {
    const beyond = (count: number, max: number): number => Math.max(0, count - max)
    this.#builder.dropped.attributes +=
      beyond(attributes, SPAN_LIMITS.attributesMax) +
      beyond(this.#events, SPAN_LIMITS.eventsMax) +
      beyond(this.#links, SPAN_LIMITS.linksMax)
  }

  #writeIds(row: number): boolean {
    const traceId = this.#traceId
    const spanId = this.#spanId
    const parentId = this.#parentId
    if (traceId === -1 || spanId === -1 || parentId === -1) return false
    const { bytes } = this.#reader
    const c = this.#builder.columns
    let traceBits = 0
    for (let i = 0; i < 16; i++) {
      const byte = bytes[traceId + i] as number
      c.traceIds[row * 16 + i] = byte
      traceBits |= byte
    }
    let spanBits = 0
    for (let i = 0; i < 8; i++) {
      const byte = bytes[spanId + i] as number
      c.spanIds[row * 8 + i] = byte
      spanBits |= byte
      c.parentIds[row * 8 + i] = parentId === 0 ? 0 : (bytes[parentId + i] as number)
    }
    return traceBits !== 0 && spanBits !== 0
  }

  /** Nanoseconds need 61 bits, doubles have 53: halves are subtracted first, so that it stays exact. */
  #writeTimes(row: number, startAt: number, endAt: number): boolean {
    if (startAt === -1) return false
    const reader = this.#reader
    const low = reader.uint32At(startAt)
    const high = reader.uint32At(startAt + 4)
    if (low === 0 && high === 0) return false
    if (!this.#epochKnown) {
      const epochNs = this.#builder.settleEpochNs((BigInt(high) << 32n) | BigInt(low))
      this.#epochHigh = Number(epochNs >> 32n)
      this.#epochLow = Number(epochNs & 0xffffffffn)
      this.#epochKnown = true
    }
    const c = this.#builder.columns
    c.startNs[row] = (high - this.#epochHigh) * TWO_32 + (low - this.#epochLow)
    const durationNs =
      endAt === -1 ? 0 : (reader.uint32At(endAt + 4) - high) * TWO_32 + (reader.uint32At(endAt) - low)
    c.durationNs[row] = Math.max(0, durationNs)
    return true
  }

  #readEvent(end: number): void {
    const reader = this.#reader
    const values = this.#eventValues
    values.clear(reader.bytes)
    let isException = false
    let attributes = 0
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag === 0x1a) {
        const fieldEnd = reader.fieldEnd(end)
        if (++attributes <= SPAN_LIMITS.attributesMax) readAttribute(reader, fieldEnd, values)
        else reader.at = fieldEnd
      } else if (tag === 0x12) {
        const nameEnd = reader.fieldEnd(end)
        isException =
          nameEnd - reader.at === 9 && EXCEPTION.every((b, i) => reader.bytes[reader.at + i] === b)
        reader.at = nameEnd
      } else reader.skip(tag, end)
    }
    if (!isException) return
    this.#exceptionTypeId = values.idOf(EXCEPTION_TYPE)
    this.#exceptionMessageId = values.idOf(EXCEPTION_MESSAGE)
  }

  #readLink(end: number): void {
    const reader = this.#reader
    let traceId = -1
    let spanId = -1
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag !== 0x0a && tag !== 0x12) {
        reader.skip(tag, end)
        continue
      }
      const fieldEnd = reader.fieldEnd(end)
      if (tag === 0x0a) traceId = fieldEnd - reader.at === 16 ? reader.at : -1
      else spanId = fieldEnd - reader.at === 8 ? reader.at : -1
      reader.at = fieldEnd
    }
    if (traceId !== -1 && spanId !== -1) this.#builder.addLinkBytes(reader.bytes, traceId, spanId)
  }
}
