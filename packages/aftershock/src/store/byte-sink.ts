const HEX_PAIRS = Uint16Array.from({ length: 256 }, (_, byte) => {
  const text = byte.toString(16).padStart(2, '0')
  return text.charCodeAt(0) | (text.charCodeAt(1) << 8)
})
const utf8 = new TextEncoder()

/** What a sink may keep for nothing: a block of large spans must not cost memory for ever. */
const UNUSED_BYTES_MAX = 64 << 20

/** A growing buffer, little endian. State outlives a call, hence a class; `clear` keeps memory that was used. */
export class ByteSink {
  length = 0
  #bytes: Uint8Array<ArrayBuffer>

  constructor(capacity = 1024) {
    this.#bytes = new Uint8Array(capacity)
  }

  clear(): void {
    const unused = this.#bytes.length - this.length
    if (unused > UNUSED_BYTES_MAX && unused > this.#bytes.length / 2)
      this.#bytes = new Uint8Array(this.length)
    this.length = 0
  }

  /** What was written; a view, valid until the next write. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length)
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.length)
    this.length += bytes.length
  }

  /** Part of other bytes. Short ones by a loop: a view would cost more than the copy. */
  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start
    this.#reserve(count)
    if (count > 64) this.#bytes.set(source.subarray(start, end), this.length)
    else for (let i = 0; i < count; i++) this.#bytes[this.length + i] = source[start + i] as number
    this.length += count
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.length++] = value
  }

  /** LEB128. */
  varint(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.length++] = (rest % 128) | 128
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.length++] = rest
  }

  /** @param value - at least 0, below 2^53 */
  uint64(value: number): void {
    this.words(value % 4294967296, Math.floor(value / 4294967296))
  }

  /** The low and the high half of 64 bits. */
  words(low: number, high: number): void {
    this.#reserve(8)
    const bytes = this.#bytes
    let at = this.length
    bytes[at++] = low
    bytes[at++] = low >>> 8
    bytes[at++] = low >>> 16
    bytes[at++] = low >>> 24
    bytes[at++] = high
    bytes[at++] = high >>> 8
    bytes[at++] = high >>> 16
    bytes[at++] = high >>> 24
    this.length = at
  }

  /** Length, then UTF-8: a `String` of the Native and RowBinary formats. */
  string(text: string): void {
    const n = text.length
    if (n < 128) {
      this.#reserve(n + 1)
      const bytes = this.#bytes
      const start = this.length
      let i = 0
      for (; i < n; i++) {
        const code = text.charCodeAt(i)
        if (code > 127) break
        bytes[start + 1 + i] = code
      }
      if (i === n) {
        bytes[start] = n
        this.length = start + 1 + n
        return
      }
    }
    const encoded = utf8.encode(text)
    this.varint(encoded.length)
    this.raw(encoded)
  }

  /** A whole number as a `String` of digits. @param value - at least 0, at most 2^53 - 1 */
  decimal(value: number): void {
    if (value >= 1_000_000) {
      this.string(String(value))
      return
    }
    const digits =
      value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : value < 10_000 ? 4 : value < 100_000 ? 5 : 6
    this.#reserve(digits + 1)
    this.#bytes[this.length] = digits
    let rest = value
    for (let at = this.length + digits; at > this.length; at--) {
      const tens = Math.trunc(rest / 10)
      this.#bytes[at] = 48 + rest - tens * 10
      rest = tens
    }
    this.length += digits + 1
  }

  /** As many zero bytes: empty `String`s, for example. */
  zeros(count: number): void {
    this.#reserve(count)
    this.#bytes.fill(0, this.length, this.length + count)
    this.length += count
  }

  /** Bytes as a `String` of lower-case hex. */
  hexString(source: Uint8Array, offset: number, count: number): void {
    this.#reserve(count * 2 + 1)
    const bytes = this.#bytes
    let at = this.length
    bytes[at++] = count * 2
    for (let i = offset; i < offset + count; i++) {
      const pair = HEX_PAIRS[source[i] as number] as number
      bytes[at++] = pair
      bytes[at++] = pair >> 8
    }
    this.length = at
  }

  #reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.#bytes.length) return
    const wider = new Uint8Array(Math.max(needed, this.#bytes.length * 2, 64))
    wider.set(this.#bytes.subarray(0, this.length))
    this.#bytes = wider
  }
}
