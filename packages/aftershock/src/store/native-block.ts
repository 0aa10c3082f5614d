import { ByteSink } from './byte-sink.ts'

/**
 * Writers for the columns of a ClickHouse Native block (client revision 0: no block info), one class a
 * type. Column by column, because that is how the format lies in a file and how the engine reads it fastest.
 *
 * @see https://clickhouse.com/docs/interfaces/formats/Native
 */
export type NativeColumn = {
  /** As in DDL, for example `Map(LowCardinality(String), String)`. */
  readonly type: string
  /** What precedes all values (versions of dictionaries). */
  writePrefix(out: ByteSink): void
  writeValues(out: ByteSink): void
  clear(): void
}

/** Puts named columns together; all must have `rows` values. */
export function nativeBlock(
  columns: Readonly<Record<string, NativeColumn>>,
  rows: number,
  out: ByteSink = new ByteSink(),
): Uint8Array<ArrayBuffer> {
  const entries = Object.entries(columns)
  out.varint(entries.length)
  out.varint(rows)
  for (const [name, column] of entries) {
    out.string(name)
    out.string(column.type)
    if (rows === 0) continue
    column.writePrefix(out)
    column.writeValues(out)
  }
  return out.written()
}

/** Fixed width numbers and `String`s: whatever is written to `values` in order. */
export class PlainColumn implements NativeColumn {
  readonly type: string
  readonly values = new ByteSink()

  constructor(type: string) {
    this.type = type
  }

  writePrefix(): void {}

  writeValues(out: ByteSink): void {
    out.raw(this.values.written())
  }

  clear(): void {
    this.values.clear()
  }
}

const SHARED_DICTIONARY_VERSION = 1
const HAS_ADDITIONAL_KEYS = 1 << 9
const NEED_UPDATE_DICTIONARY = 1 << 10

/** `LowCardinality(String)`: each text once, rows as indexes. */
export class LowCardinalityColumn implements NativeColumn {
  readonly type = 'LowCardinality(String)'
  readonly #keys = new ByteSink()
  readonly #ids = new Map<string, number>()
  #indexes = new Uint32Array(1024)
  #rows = 0

  constructor() {
    this.clear()
  }

  add(text: string): void {
    this.addId(this.idOf(text))
  }

  /** For callers that keep the id of a text that comes often; ids hold until `clear`. */
  idOf(text: string): number {
    let id = this.#ids.get(text)
    if (id === undefined) {
      id = this.#ids.size
      this.#ids.set(text, id)
      this.#keys.string(text)
    }
    return id
  }

  addId(id: number): void {
    if (this.#rows === this.#indexes.length) this.#indexes = widened(this.#indexes)
    this.#indexes[this.#rows++] = id
  }

  writePrefix(out: ByteSink): void {
    out.uint64(SHARED_DICTIONARY_VERSION)
  }

  writeValues(out: ByteSink): void {
    // The engine expects nothing at all, not even a dictionary, where a map or array is empty in all rows.
    if (this.#rows === 0) return
    const width = this.#ids.size <= 0xff ? 0 : this.#ids.size <= 0xffff ? 1 : 2
    out.uint64(HAS_ADDITIONAL_KEYS | NEED_UPDATE_DICTIONARY | width)
    out.uint64(this.#ids.size)
    out.raw(this.#keys.written())
    out.uint64(this.#rows)
    const indexes = this.#indexes.subarray(0, this.#rows)
    // Not `from`: it goes through an iterator, which takes ten times as long.
    out.raw(bytesOf(width === 0 ? new Uint8Array(indexes) : width === 1 ? new Uint16Array(indexes) : indexes))
  }

  clear(): void {
    this.#rows = 0
    this.#ids.clear()
    this.#keys.clear()
    // Dictionaries begin with the default value.
    this.#ids.set('', 0)
    this.#keys.string('')
  }
}

/** `Array(T)`: add values to `items`, then `endRow()`. */
export class ArrayColumn<Items extends NativeColumn> implements NativeColumn {
  readonly type: string
  readonly items: Items
  readonly #ends = new Ends()

  constructor(items: Items) {
    this.items = items
    this.type = `Array(${items.type})`
  }

  /** @param added - how many values of `items` belong to this row */
  endRow(added: number): void {
    this.#ends.add(added)
  }

  writePrefix(out: ByteSink): void {
    this.items.writePrefix(out)
  }

  writeValues(out: ByteSink): void {
    this.#ends.write(out)
    this.items.writeValues(out)
  }

  clear(): void {
    this.#ends.clear()
    this.items.clear()
  }
}

/** `Map(LowCardinality(String), String)`: add to `keys` and `values`, then `endRow()`. */
export class MapColumn implements NativeColumn {
  readonly type = 'Map(LowCardinality(String), String)'
  readonly keys = new LowCardinalityColumn()
  readonly values = new ByteSink()
  readonly #ends = new Ends()

  endRow(added: number): void {
    this.#ends.add(added)
  }

  writePrefix(out: ByteSink): void {
    this.keys.writePrefix(out)
  }

  writeValues(out: ByteSink): void {
    this.#ends.write(out)
    this.keys.writeValues(out)
    out.raw(this.values.written())
  }

  clear(): void {
    this.#ends.clear()
    this.keys.clear()
    this.values.clear()
  }
}

/** Where the items of each row end, as 64 bits; kept as 32 until they are written. */
class Ends {
  #ends = new Uint32Array(1024)
  #rows = 0
  #count = 0

  add(items: number): void {
    if (this.#rows === this.#ends.length) this.#ends = widened(this.#ends)
    this.#count += items
    this.#ends[this.#rows++] = this.#count
  }

  write(out: ByteSink): void {
    const words = new Uint32Array(this.#rows * 2)
    for (let row = 0; row < this.#rows; row++) words[row * 2] = this.#ends[row] as number
    out.raw(bytesOf(words))
  }

  clear(): void {
    this.#rows = 0
    this.#count = 0
  }
}

function widened(values: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const wider = new Uint32Array(values.length * 2)
  wider.set(values)
  return wider
}

function bytesOf(values: Uint8Array | Uint16Array | Uint32Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
}
