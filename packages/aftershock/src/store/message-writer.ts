import { SPAN_LIMITS } from '../formats/otlp-limits.ts'
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

/** What is beyond was counted when the message was decoded. */
const { attributesMax, eventsMax } = SPAN_LIMITS
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
      if (tag === ATTRIBUTES && attributes < attributesMax) {
        this.#addKeyValue(c.SpanAttributes, this.#spanKeys, attributes++, reader.fieldEnd(end))
      } else if (tag === EVENTS && events < eventsMax) {
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
      else if (tag === 0x1a && attributes < attributesMax) {
        this.#addKeyValue(map, this.#eventKeys, attributes++, reader.fieldEnd(end))
      } else reader.skip(tag, end)
    }
    c['Events.Timestamp'].items.values.words(low, high)
    c['Events.Name'].items.add(name)
    map.endRow(attributes)
  }

  /** @param position - among the attributes of its span or event */
  #addKeyValue(map: MapColumn, keys: KeyIds, position: number, end: number): void {
    if (!this.#addShort(map, keys, position, end)) this.#addUnusual(map, end)
  }

  /**
   * The attribute that nine of ten are: a key, then a text, both shorter than 128 bytes, or a whole number.
   * Every offset is known after a few comparisons. @returns false when it is another, and nothing was added
   */
  #addShort(map: MapColumn, keys: KeyIds, position: number, end: number): boolean {
    const reader = this.#reader
    const { bytes } = reader
    const keyStart = reader.at + 2
    const keyLength = bytes[keyStart - 1] as number
    const keyEnd = keyStart + keyLength
    if (bytes[keyStart - 2] !== 0x0a || keyLength > 127 || keyEnd + 3 > end) return false
    const valueLength = end - keyEnd - 2
    if (bytes[keyEnd] !== 0x12 || bytes[keyEnd + 1] !== valueLength || valueLength > 127) return false
    const tag = bytes[keyEnd + 2]
    if (tag === 0x0a && bytes[keyEnd + 3] === valueLength - 2) {
      map.keys.addId(keys.idOf(bytes, keyStart, keyEnd, position))
      // Protobuf and Native write a short text alike: a byte with its length, then UTF-8.
      map.values.copy(bytes, keyEnd + 3, end)
    } else {
      if (tag !== 0x18) return false
      reader.at = keyEnd + 3
      const value = reader.varint(end)
      if (value > Number.MAX_SAFE_INTEGER || reader.at !== end) {
        reader.at = keyStart - 2
        return false
      }
      map.keys.addId(keys.idOf(bytes, keyStart, keyEnd, position))
      map.values.decimal(value)
    }
    reader.at = end
    return true
  }

  #addUnusual(map: MapColumn, end: number): void {
    const pair: Record<string, AttributeValue> = {}
    readKeyValue(this.#reader, end, pair)
    addPairs(map, pair)
  }
}

/** Keys that may be guessed by their position. */
const GUESSED_MAX = 64
const NO_BYTES = new Uint8Array(0)

type KnownKey = { readonly bytes: Uint8Array; readonly id: number }

/**
 * Ids of a dictionary's keys, found by their bytes. Spans come by service, and those of a service have mostly
 * the same keys in the same places: the key that was there last is compared before any is looked up.
 */
class KeyIds {
  readonly #column: LowCardinalityColumn
  #ids = new ByteDictionary()
  #guesses: KnownKey[] = []

  constructor(column: LowCardinalityColumn) {
    this.#column = column
    this.restart()
  }

  restart(): void {
    this.#ids = new ByteDictionary()
    this.#guesses = Array.from({ length: GUESSED_MAX }, () => ({ bytes: NO_BYTES, id: 0 }))
  }

  idOf(bytes: Uint8Array, start: number, end: number, position: number): number {
    const guess = position < GUESSED_MAX ? this.#guesses[position] : undefined
    if (guess !== undefined && isAt(guess.bytes, bytes, start, end)) return guess.id
    const id = this.#idOf(bytes, start, end)
    if (guess !== undefined) this.#guesses[position] = { bytes: bytes.slice(start, end), id }
    return id
  }

  #idOf(bytes: Uint8Array, start: number, end: number): number {
    const known = this.#ids.find(bytes, start, end)
    if (known >= 0) return known
    const id = this.#column.idOf(textDecoder.decode(bytes.subarray(start, end)))
    if (known === ByteDictionary.missing) this.#ids.add(bytes, start, end, id)
    return id
  }
}

function isAt(key: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (key.length !== end - start) return false
  for (let i = 0; i < key.length; i++) if (key[i] !== bytes[start + i]) return false
  return true
}
