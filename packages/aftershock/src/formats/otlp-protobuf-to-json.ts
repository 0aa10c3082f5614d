import type { AttributeValue } from '../model/span-table.ts'
import type { JsonSink } from './json-sink.ts'
import { type Field, KEY, type Message, REQUEST, RESOURCE_SPANS, SPAN } from './otlp-json-fields.ts'
import { JsonValueWriter } from './otlp-json-value-writer.ts'
import { readKeyValue } from './otlp-protobuf-value.ts'
import { WireReader } from './otlp-wire.ts'

/** Attributes to add to a span: JSON KeyValues with commas between, and the names that they take over. */
export type AddedAttributes = {
  readonly json: Uint8Array
  readonly names: ReadonlySet<string>
  /** First bytes of the names: most names of others are told apart by them. */
  readonly firstLetters: ReadonlySet<number>
}

/** Asked for each span, with its resource's attributes (the same object for all spans of a ResourceSpans). */
export type AttributeAdder = (
  resource: Readonly<Record<string, AttributeValue>>,
  start: Moment,
  end: Moment,
) => AddedAttributes | undefined

/** ns since the Unix epoch, in two halves of 32 bits. */
export type Moment = { low: number; high: number }

const ATTRIBUTES_BIT = 1 << 9
const [OBJECT, OBJECT_END, LIST, LIST_END, COMMA] = [0x7b, 0x7d, 0x5b, 0x5d, 0x2c]

/**
 * ExportTraceServiceRequest bytes as OTLP JSON text, field by field, so that nothing a sender wrote is lost;
 * objects in between would cost several times as much. The bytes must have been decoded before: they are
 * trusted to be whole. Unknown fields are left out; what may come once and came twice is written twice, and
 * JSON's readers take the last as protobuf's do.
 */
export class ProtobufToJson {
  readonly #reader = new WireReader()
  readonly #out: JsonSink
  readonly #values: JsonValueWriter
  readonly #start: Moment = { low: 0, high: 0 }
  readonly #end: Moment = { low: 0, high: 0 }
  #adder: AttributeAdder | undefined
  #resource: Readonly<Record<string, AttributeValue>> = {}
  #added: AddedAttributes | undefined

  constructor(out: JsonSink) {
    this.#out = out
    this.#values = new JsonValueWriter(this.#reader, out)
  }

  /** Appends one request, without a line feed. @param adder - for attributes of ours on spans */
  write(bytes: Uint8Array, adder?: AttributeAdder): void {
    // A plain Uint8Array: Node's Buffer is another shape to the compiler.
    this.#reader.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#adder = adder
    this.#message(0, bytes.length, REQUEST)
    this.#reader.bytes = new Uint8Array(0)
  }

  /** Fields in the order of the wire; a list is written whole where its first item is met. */
  #message(start: number, end: number, message: Message): void {
    const reader = this.#reader
    const out = this.#out
    // Of the span itself, not of its events and links.
    const added = message === SPAN ? this.#added : undefined
    let listsDone = 0
    let isFirst = true
    out.byte(OBJECT)
    reader.at = start
    while (reader.at < end) {
      const tag = reader.varint(end)
      const field = tag < message.length ? message[tag] : undefined
      const bit = 1 << (tag >> 3)
      if (field === undefined || (listsDone & bit) !== 0) {
        reader.skip(tag, end)
        continue
      }
      if (!isFirst) out.byte(COMMA)
      isFirst = false
      out.raw(field.json)
      if (field.kind === 'attributes') {
        listsDone |= bit
        this.#attributes(tag, end, added)
      } else if (field.kind === 'list') {
        listsDone |= bit
        this.#list(tag, end, field.message)
      } else this.#single(field, end)
    }
    if (added !== undefined && (listsDone & ATTRIBUTES_BIT) === 0) {
      if (!isFirst) out.byte(COMMA)
      out.raw(KEY.attributes)
      out.byte(LIST)
      out.raw(added.json)
      out.byte(LIST_END)
    }
    out.byte(OBJECT_END)
  }

  #single(field: Field, end: number): void {
    const reader = this.#reader
    const out = this.#out
    if (field.kind === 'number') {
      const value = reader.varint(end)
      if (value <= Number.MAX_SAFE_INTEGER) out.number(value)
      else out.text(String(value))
      return
    }
    if (field.kind === 'fixed64') {
      const at = reader.fixed(8, end)
      out.uint64(reader.uint32At(at), reader.uint32At(at + 4))
      return
    }
    if (field.kind === 'fixed32') {
      out.number(reader.uint32At(reader.fixed(4, end)))
      return
    }
    const fieldEnd = reader.fieldEnd(end)
    if (field.kind === 'text') out.string(reader.bytes, reader.at, fieldEnd)
    else if (field.kind === 'hex') out.hex(reader.bytes, reader.at, fieldEnd)
    else if (field.kind === 'message') this.#message(reader.at, fieldEnd, field.message)
    reader.at = fieldEnd
  }

  /** All items with this tag up to `end`; the reader stands behind the first one's tag, and returns there. */
  #list(tag: number, end: number, message: Message): void {
    const reader = this.#reader
    const out = this.#out
    out.byte(LIST)
    const firstEnd = reader.fieldEnd(end)
    this.#item(reader.at, firstEnd, message)
    reader.at = firstEnd
    while (reader.at < end) {
      const next = reader.varint(end)
      if (next !== tag) {
        reader.skip(next, end)
        continue
      }
      const itemEnd = reader.fieldEnd(end)
      out.byte(COMMA)
      this.#item(reader.at, itemEnd, message)
      reader.at = itemEnd
    }
    out.byte(LIST_END)
    reader.at = firstEnd
  }

  #item(start: number, end: number, message: Message): void {
    if (this.#adder !== undefined) {
      if (message === RESOURCE_SPANS) this.#resource = this.#resourceOf(start, end)
      else if (message === SPAN) this.#added = this.#addedTo(this.#adder, start, end)
    }
    this.#message(start, end, message)
  }

  /** As `#list`; names that `added` takes over are left out. */
  #attributes(tag: number, end: number, added: AddedAttributes | undefined): void {
    const reader = this.#reader
    const out = this.#out
    out.byte(LIST)
    let isFirst = true
    const firstEnd = reader.fieldEnd(end)
    let itemEnd = firstEnd
    for (;;) {
      if (added === undefined || !this.#values.isNamed(itemEnd, added.names, added.firstLetters)) {
        if (!isFirst) out.byte(COMMA)
        isFirst = false
        this.#values.keyValue(itemEnd)
      }
      reader.at = itemEnd
      let next = -1
      while (reader.at < end && next !== tag) {
        next = reader.varint(end)
        if (next !== tag) reader.skip(next, end)
      }
      if (next !== tag) break
      itemEnd = reader.fieldEnd(end)
    }
    if (added !== undefined) {
      if (!isFirst) out.byte(COMMA)
      out.raw(added.json)
    }
    out.byte(LIST_END)
    reader.at = firstEnd
  }

  #resourceOf(start: number, end: number): Readonly<Record<string, AttributeValue>> {
    const reader = this.#reader
    const attributes: Record<string, AttributeValue> = {}
    reader.at = start
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag !== 0x0a) {
        reader.skip(tag, end)
        continue
      }
      const resourceEnd = reader.fieldEnd(end)
      while (reader.at < resourceEnd) {
        const inner = reader.varint(resourceEnd)
        if (inner === 0x0a) readKeyValue(reader, reader.fieldEnd(resourceEnd), attributes)
        else reader.skip(inner, resourceEnd)
      }
    }
    return attributes
  }

  #addedTo(adder: AttributeAdder, start: number, end: number): AddedAttributes | undefined {
    const reader = this.#reader
    reader.at = start
    this.#end.low = 0
    this.#end.high = 0
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag !== 0x39 && tag !== 0x41) {
        reader.skip(tag, end)
        continue
      }
      const at = reader.fixed(8, end)
      const moment = tag === 0x39 ? this.#start : this.#end
      moment.low = reader.uint32At(at)
      moment.high = reader.uint32At(at + 4)
    }
    return adder(this.#resource, this.#start, this.#end)
  }
}
