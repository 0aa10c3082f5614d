const HEX_DIGITS = new TextEncoder().encode('0123456789abcdef')
const encoder = new TextEncoder()
const decoder = new TextDecoder()

/** JSON text as growing UTF-8 bytes, written without strings in between. State outlives a call; `clear` keeps the memory. */
export class JsonSink {
  length = 0
  #bytes = new Uint8Array(1 << 16)

  clear(): void {
    this.length = 0
  }

  /** What was written; a view, valid until the next write. */
  written(): Uint8Array<ArrayBuffer> {
    return this.#bytes.subarray(0, this.length)
  }

  /** Ready-made JSON, for example `,"name":`. */
  raw(json: Uint8Array): void {
    const { length } = json
    this.#reserve(length)
    const bytes = this.#bytes
    const at = this.length
    // Short pieces by a loop: the call of `set` costs more than the copy.
    if (length > 64) bytes.set(json, at)
    else for (let i = 0; i < length; i++) bytes[at + i] = json[i] as number
    this.length = at + length
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.length++] = value
  }

  text(json: string): void {
    this.raw(encoder.encode(json))
  }

  /** UTF-8 bytes as a JSON string. Plain ASCII is copied, whatever must be escaped or checked goes the long way. */
  string(source: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start + 2)
    const bytes = this.#bytes
    let at = this.length
    bytes[at++] = 0x22
    for (let i = start; i < end; i++) {
      const byte = source[i] as number
      if (byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x5c) {
        this.text(JSON.stringify(decoder.decode(source.subarray(start, end))))
        return
      }
      bytes[at++] = byte
    }
    bytes[at++] = 0x22
    this.length = at
  }

  /** Bytes as a JSON string of lower-case hex. */
  hex(source: Uint8Array, start: number, end: number): void {
    this.#reserve((end - start) * 2 + 2)
    const bytes = this.#bytes
    let at = this.length
    bytes[at++] = 0x22
    for (let i = start; i < end; i++) {
      const byte = source[i] as number
      bytes[at++] = HEX_DIGITS[byte >> 4] as number
      bytes[at++] = HEX_DIGITS[byte & 15] as number
    }
    bytes[at++] = 0x22
    this.length = at
  }

  /** 64 bits as a JSON string of decimal digits; in 16-bit steps, because a BigInt a number would cost more. */
  uint64(low: number, high: number): void {
    const first = high % 1e9
    const middle = first * 65536 + (low >>> 16)
    const last = (middle % 1e9) * 65536 + (low & 0xffff)
    const billions =
      Math.floor(high / 1e9) * 4294967296 + Math.floor(middle / 1e9) * 65536 + Math.floor(last / 1e9)
    this.byte(0x22)
    if (billions === 0) this.number(last % 1e9)
    else {
      this.number(billions)
      this.#digits(last % 1e9, 9)
    }
    this.byte(0x22)
  }

  /** A whole number, at least 0, below 2^53. */
  number(value: number): void {
    let digits = 1
    for (let power = 10; power <= value; power *= 10) digits++
    this.#digits(value, digits)
  }

  #digits(value: number, digits: number): void {
    this.#reserve(digits)
    let rest = value
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      const tenth = Math.floor(rest / 10)
      this.#bytes[at] = 0x30 + rest - tenth * 10
      rest = tenth
    }
    this.length += digits
  }

  #reserve(more: number): void {
    const needed = this.length + more
    if (needed <= this.#bytes.length) return
    const wider = new Uint8Array(Math.max(needed, this.#bytes.length * 2))
    wider.set(this.#bytes.subarray(0, this.length))
    this.#bytes = wider
  }
}
