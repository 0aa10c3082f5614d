/** Byte strings where they lie in the result; none is made before somebody asks. */
export type ByteRanges = { readonly starts: Uint32Array; readonly ends: Uint32Array }

/** The columns of a Native result, decoded by type; what a query of ours can return, and no more. */
export type NativeValues =
  | ({ readonly kind: 'ranges' } & ByteRanges)
  /** Each text once, and the number of it for each row. */
  | { readonly kind: 'dictionary'; readonly keys: ByteRanges; readonly indexes: Uint32Array }
  | {
      readonly kind: 'range-maps'
      readonly ends: Float64Array
      readonly keys: ByteRanges
      readonly indexes: Uint32Array
      readonly values: ByteRanges
    }
  | { readonly kind: 'strings'; readonly values: readonly string[] }
  | { readonly kind: 'numbers'; readonly values: Float64Array | Uint8Array }
  | { readonly kind: 'bigints'; readonly values: BigInt64Array }
  | { readonly kind: 'lists'; readonly ends: Float64Array; readonly items: NativeValues }
  | {
      readonly kind: 'maps'
      readonly ends: Float64Array
      readonly keys: readonly string[]
      readonly values: readonly string[]
    }

export type NativeRows = { readonly rows: number; readonly columns: ReadonlyMap<string, NativeValues> }

/** A column of lists; where there is none, every list is empty. */
export function lists(
  block: NativeRows,
  name: string,
): { readonly ends: Float64Array; readonly items: NativeValues | undefined } {
  const column = block.columns.get(name)
  return column?.kind === 'lists' ? column : { ends: new Float64Array(block.rows), items: undefined }
}

/**
 * Reads every block of a Native result in turn.
 *
 * @throws Error when the bytes are not a Native result of types we ask for (a bug, not bad input)
 */
export function readNative(bytes: Uint8Array): Generator<NativeRows> {
  return readBlocks(bytes, readValues)
}

/** The same for results of many rows: texts stay bytes (kinds `ranges`, `dictionary` and `range-maps`). */
export function readNativeRanges(bytes: Uint8Array): Generator<NativeRows> {
  return readBlocks(bytes, readRanges)
}

type ValueReader = (input: Cursor, type: string, rows: number) => NativeValues

function* readBlocks(bytes: Uint8Array, read: ValueReader): Generator<NativeRows> {
  const input = new Cursor(bytes)
  while (!input.atEnd()) {
    const columnCount = input.varint()
    const rows = input.varint()
    const columns = new Map<string, NativeValues>()
    for (let i = 0; i < columnCount; i++) {
      const name = input.string()
      const type = input.string()
      if (rows > 0) {
        readPrefix(input, type)
        columns.set(name, read(input, type, rows))
      }
    }
    if (rows > 0) yield { rows, columns }
  }
}

const MAP_TYPE = 'Map(LowCardinality(String), String)'
/** What aggregate functions make of it. */
const PLAIN_MAP_TYPE = 'Map(String, String)'

function readPrefix(input: Cursor, type: string): void {
  if (type.includes('LowCardinality')) input.skip(8)
}

function readValues(input: Cursor, type: string, rows: number): NativeValues {
  if (type === 'String') return { kind: 'strings', values: readStrings(input, rows) }
  if (type === 'LowCardinality(String)') return { kind: 'strings', values: readLowCardinality(input, rows) }
  if (type === 'UInt8') return { kind: 'numbers', values: input.take(rows) }
  if (type === 'UInt64') return { kind: 'numbers', values: readUint64(input, rows) }
  if (type === 'Int64' || type === 'DateTime64(9)') {
    return { kind: 'bigints', values: new BigInt64Array(input.take(rows * 8).slice().buffer) }
  }
  if (type === MAP_TYPE || type === PLAIN_MAP_TYPE) {
    const ends = readUint64(input, rows)
    const count = ends.at(-1) ?? 0
    const keys = type === MAP_TYPE ? readLowCardinality(input, count) : readStrings(input, count)
    return { kind: 'maps', ends, keys, values: readStrings(input, count) }
  }
  if (type.startsWith('Array(')) {
    const ends = readUint64(input, rows)
    return { kind: 'lists', ends, items: readValues(input, type.slice(6, -1), ends.at(-1) ?? 0) }
  }
  throw new Error(`no reader for the column type ${type}`)
}

function readRanges(input: Cursor, type: string, rows: number): NativeValues {
  if (type === 'String') return { kind: 'ranges', ...input.ranges(rows) }
  if (type === 'LowCardinality(String)') return { kind: 'dictionary', ...readDictionary(input, rows) }
  if (type === MAP_TYPE) {
    const ends = readUint64(input, rows)
    const count = ends.at(-1) ?? 0
    return { kind: 'range-maps', ends, ...readDictionary(input, count), values: input.ranges(count) }
  }
  if (type === PLAIN_MAP_TYPE) {
    const ends = readUint64(input, rows)
    const count = ends.at(-1) ?? 0
    const keys = input.ranges(count)
    const indexes = Uint32Array.from(keys.starts.keys())
    return { kind: 'range-maps', ends, keys, indexes, values: input.ranges(count) }
  }
  if (!type.startsWith('Array(')) return readValues(input, type, rows)
  const ends = readUint64(input, rows)
  return { kind: 'lists', ends, items: readRanges(input, type.slice(6, -1), ends.at(-1) ?? 0) }
}

function readDictionary(
  input: Cursor,
  rows: number,
): { readonly keys: ByteRanges; readonly indexes: Uint32Array } {
  if (rows === 0) return { keys: input.ranges(0), indexes: new Uint32Array(0) }
  const [flags = 0] = readUint64(input, 1)
  const [keyCount = 0] = readUint64(input, 1)
  const keys = input.ranges(keyCount)
  input.skip(8)
  const width = 1 << (flags & 0xff)
  const bytes = input.take(rows * width)
  const indexes = new Uint32Array(rows)
  for (let i = 0; i < rows; i++) {
    let index = 0
    for (let b = width - 1; b >= 0; b--) index = index * 256 + (bytes[i * width + b] as number)
    indexes[i] = index
  }
  return { keys, indexes }
}

function readStrings(input: Cursor, rows: number): string[] {
  const values = new Array<string>(rows)
  for (let i = 0; i < rows; i++) values[i] = input.string()
  return values
}

function readUint64(input: Cursor, rows: number): Float64Array {
  const words = new Uint32Array(input.take(rows * 8).slice().buffer)
  const values = new Float64Array(rows)
  for (let i = 0; i < rows; i++)
    values[i] = (words[i * 2] as number) + (words[i * 2 + 1] as number) * 4294967296
  return values
}

function readLowCardinality(input: Cursor, rows: number): string[] {
  const values = new Array<string>(rows)
  if (rows === 0) return values
  const [flags = 0] = readUint64(input, 1)
  const [keyCount = 0] = readUint64(input, 1)
  const keys = readStrings(input, keyCount)
  input.skip(8)
  const width = 1 << (flags & 0xff)
  const indexes = input.take(rows * width)
  for (let i = 0; i < rows; i++) {
    let index = 0
    for (let b = width - 1; b >= 0; b--) index = index * 256 + (indexes[i * width + b] as number)
    values[i] = keys[index] ?? ''
  }
  return values
}

class Cursor {
  #at = 0
  readonly #bytes: Uint8Array
  readonly #text: Buffer

  constructor(bytes: Uint8Array) {
    // Not a Buffer: its `slice` does not copy, and columns need memory that is aligned.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  atEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  skip(count: number): void {
    const end = this.#at + count
    if (end > this.#bytes.length) throw new Error('the Native result ends too early')
    this.#at = end
  }

  take(count: number): Uint8Array {
    const start = this.#at
    this.skip(count)
    return this.#bytes.subarray(start, this.#at)
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      const byte = this.#bytes[this.#at++]
      if (byte === undefined) throw new Error('the Native result ends too early')
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
  }

  /** As many strings, by where they lie. */
  ranges(count: number): ByteRanges {
    const starts = new Uint32Array(count)
    const ends = new Uint32Array(count)
    for (let i = 0; i < count; i++) {
      const length = this.varint()
      starts[i] = this.#at
      this.skip(length)
      ends[i] = this.#at
    }
    return { starts, ends }
  }

  string(): string {
    const length = this.varint()
    const start = this.#at
    this.skip(length)
    return this.#text.toString('utf8', start, start + length)
  }
}
