import { readKeyValue, readText } from '../formats/otlp-protobuf-value.ts'
import { WireReader } from '../formats/otlp-wire.ts'
import { ByteDictionary } from '../model/byte-dictionary.ts'
import type { AttributeValue, SpanMessage } from '../model/span-table.ts'
import { addPairs } from './attribute-map.ts'
import type { ArrayColumn, LowCardinalityColumn, MapColumn, PlainColumn } from './native-block.ts'

type MessageColumns = {
  readonly SpanAttributes: MapColumn
  readonly 'Events.Timestamp': ArrayColumn<PlainColumn>
  readonly 'Events.Name': ArrayColumn<LowCardinalityColumn>
  readonly 'Events.Attributes': ArrayColumn<MapColumn>
}

const ATTRIBUTES = 0x4a
const EVENTS = 0x5a
const textDecoder = new TextDecoder()

/**
 * Attributes and events from the bytes of a Span message straight into columns. Objects in between would
 * cost five times as much; the message was checked when it was decoded. State: ids of keys, for one block.
 */
export class MessageWriter {
  readonly #columns: MessageColumns
  readonly #reader = new WireReader()
  readonly #spanKeys: KeyIds
  readonly #eventKeys: KeyIds

  constructor(columns: MessageColumns) {
    this.#columns = columns
    this.#spanKeys = new KeyIds(columns.SpanAttributes.keys)
    this.#eventKeys = new KeyIds(columns['Events.Attributes'].items.keys)
  }

  /** To be called when the columns were cleared: ids of keys begin anew. */
  restart(): void {
    this.#spanKeys.restart()
    this.#eventKeys.restart()
  }

  /** One row of the four columns. */
  add({ bytes, start, end }: SpanMessage, extra: Readonly<Record<string, AttributeValue>> | undefined): void {
    const reader = this.#reader
    const c = this.#columns
    reader.bytes = bytes
    reader.at = start
    let attributes = 0
    let events = 0
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag === ATTRIBUTES) {
        this.#addKeyValue(c.SpanAttributes, this.#spanKeys, reader.fieldEnd(end))
        attributes += 1
      } else if (tag === EVENTS) {
        this.#addEvent(reader.fieldEnd(end))
        events += 1
      } else reader.skip(tag, end)
    }
    if (extra !== undefined) attributes += addPairs(c.SpanAttributes, extra)
    c.SpanAttributes.endRow(attributes)
    c['Events.Timestamp'].endRow(events)
    c['Events.Name'].endRow(events)
    c['Events.Attributes'].endRow(events)
  }

  #addEvent(end: number): void {
    const reader = this.#reader
    const c = this.#columns
    const map = c['Events.Attributes'].items
    let low = 0
    let high = 0
    let name = ''
    let attributes = 0
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag === 0x09) {
        const at = reader.fixed(8, end)
        low = reader.uint32At(at)
        high = reader.uint32At(at + 4)
      } else if (tag === 0x12) name = readText(reader, end)
      else if (tag === 0x1a) {
        this.#addKeyValue(map, this.#eventKeys, reader.fieldEnd(end))
        attributes += 1
      } else reader.skip(tag, end)
    }
    c['Events.Timestamp'].items.values.words(low, high)
    c['Events.Name'].items.add(name)
    map.endRow(attributes)
  }

  /** The usual form: key, then a value of one field that is a text or a small whole number. */
  #addKeyValue(map: MapColumn, keys: KeyIds, end: number): void {
    const reader = this.#reader
    const { bytes } = reader
    const start = reader.at
    if (reader.varint(end) === 0x0a) {
      const keyEnd = reader.fieldEnd(end)
      const keyStart = reader.at
      reader.at = keyEnd
      if (keyEnd < end && reader.varint(end) === 0x12 && reader.fieldEnd(end) === end && reader.at < end) {
        const tag = reader.varint(end)
        if (tag === 0x0a && reader.fieldEnd(end) === end) {
          map.keys.addId(keys.idOf(bytes, keyStart, keyEnd))
          map.values.varint(end - reader.at)
          map.values.copy(bytes, reader.at, end)
          reader.at = end
          return
        }
        const value = tag === 0x18 ? reader.varint(end) : Number.POSITIVE_INFINITY
        if (value <= Number.MAX_SAFE_INTEGER && reader.at === end) {
          map.keys.addId(keys.idOf(bytes, keyStart, keyEnd))
          map.values.string(String(value))
          return
        }
      }
    }
    reader.at = start
    this.#addUnusual(map, end)
  }

  #addUnusual(map: MapColumn, end: number): void {
    const pair: Record<string, AttributeValue> = {}
    readKeyValue(this.#reader, end, pair)
    addPairs(map, pair)
  }
}

/** Ids of a dictionary's keys, found by their bytes. */
class KeyIds {
  readonly #column: LowCardinalityColumn
  #ids = new ByteDictionary()

  constructor(column: LowCardinalityColumn) {
    this.#column = column
  }

  restart(): void {
    this.#ids = new ByteDictionary()
  }

  idOf(bytes: Uint8Array, start: number, end: number): number {
    const known = this.#ids.find(bytes, start, end)
    if (known >= 0) return known
    const id = this.#column.idOf(textDecoder.decode(bytes.subarray(start, end)))
    if (known === ByteDictionary.missing) this.#ids.add(bytes, start, end, id)
    return id
  }
}
