/** Bytes that come in chunks and are taken from the front; what was taken is given back to the heap. */
export class GrowingBytes {
  #bytes = new Uint8Array(1 << 16)
  #start = 0
  #end = 0

  get length(): number {
    return this.#end - this.#start
  }

  append(chunk: Uint8Array): void {
    if (this.#end + chunk.length > this.#bytes.length) this.#makeRoom(chunk.length)
    this.#bytes.set(chunk, this.#end)
    this.#end += chunk.length
  }

  /** A view, valid until the next `append`. */
  view(from = 0, to = this.length): Uint8Array {
    return this.#bytes.subarray(this.#start + from, this.#start + to)
  }

  take(length: number): void {
    this.#start += length
    if (this.#start === this.#end) {
      this.#start = 0
      this.#end = 0
    }
  }

  #makeRoom(length: number): void {
    const kept = this.length
    const target =
      (kept + length) * 2 <= this.#bytes.length
        ? this.#bytes
        : new Uint8Array(Math.max(this.#bytes.length, (kept + length) * 2))
    target.set(this.#bytes.subarray(this.#start, this.#end))
    this.#bytes = target
    this.#start = 0
    this.#end = kept
  }
}
