/**
 * Byte strings to small numbers, found without creating a string. Open addressing over a sampled hash
 * with a full compare, so that one look-up costs tens of nanoseconds.
 *
 * The hash samples long keys, so keys made to collide could turn look-ups into scans: `find` gives up
 * after `PROBES_MAX` steps and answers `tooCrowded`, and the caller takes its slow, safe way.
 */
export class ByteDictionary {
  size = 0
  #slots = new Uint32Array(1024)
  #hashes = new Uint32Array(512)
  #starts = new Uint32Array(513)
  #values = new Uint32Array(512)
  #bytes = new Uint8Array(16384)
  /** Of the last `find`, so that an `add` right after it need not hash again. */
  #hash = 0

  static readonly missing = -1
  static readonly tooCrowded = -2

  /** The value stored for these bytes, or `missing`, or `tooCrowded`. */
  find(bytes: Uint8Array, start: number, end: number): number {
    const hash = sampledHash(bytes, start, end)
    this.#hash = hash
    const slots = this.#slots
    const mask = slots.length - 1
    const hashes = this.#hashes
    const starts = this.#starts
    const length = end - start
    for (let probe = 0; probe < PROBES_MAX; probe++) {
      const entry = (slots[(hash + probe) & mask] as number) - 1
      if (entry === -1) return ByteDictionary.missing
      if (hashes[entry] !== hash) continue
      const from = starts[entry] as number
      if ((starts[entry + 1] as number) - from !== length) continue
      if (equal(this.#bytes, from, bytes, start, length)) return this.#values[entry] ?? 0
    }
    return ByteDictionary.tooCrowded
  }

  /** Adds the bytes that `find` has just answered `missing` for. */
  add(bytes: Uint8Array, start: number, end: number, value: number): void {
    const entry = this.size
    if ((entry + 1) * 2 > this.#slots.length) this.#widen()
    const from = this.#starts[entry] ?? 0
    const to = from + end - start
    if (to > this.#bytes.length) {
      const wider = new Uint8Array(Math.max(to, this.#bytes.length * 2))
      wider.set(this.#bytes)
      this.#bytes = wider
    }
    this.#bytes.set(bytes.subarray(start, end), from)
    this.#starts[entry + 1] = to
    this.#hashes[entry] = this.#hash
    this.#values[entry] = value
    this.#place(entry)
    this.size += 1
  }

  /** Forgets the entries added last. In reverse order nothing behind them in a probe chain needs them. */
  truncate(size: number): void {
    const mask = this.#slots.length - 1
    while (this.size > size) {
      this.size -= 1
      let slot = (this.#hashes[this.size] ?? 0) & mask
      while (this.#slots[slot] !== this.size + 1) slot = (slot + 1) & mask
      this.#slots[slot] = 0
    }
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1
    let slot = (this.#hashes[entry] ?? 0) & mask
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask
    this.#slots[slot] = entry + 1
  }

  #widen(): void {
    const capacity = this.#slots.length
    const grown = (
      to: Uint32Array<ArrayBuffer>,
      from: Uint32Array<ArrayBuffer>,
    ): Uint32Array<ArrayBuffer> => {
      to.set(from)
      return to
    }
    this.#hashes = grown(new Uint32Array(capacity), this.#hashes)
    this.#values = grown(new Uint32Array(capacity), this.#values)
    this.#starts = grown(new Uint32Array(capacity + 1), this.#starts)
    this.#slots = new Uint32Array(capacity * 2)
    for (let entry = 0; entry < this.size; entry++) this.#place(entry)
  }
}

const PROBES_MAX = 128

/**
 * Four bytes a step, the last step overlapping the one before. Up to 32 bytes all of them count; of longer
 * keys six spread words and the last two, where names differ most.
 */
function sampledHash(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start
  let hash = Math.imul(length + 1, 0x9e3779b1)
  if (length < 4) {
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x85ebca6b)
  } else {
    const last = end - 4
    const step = length <= 32 ? 4 : ((length - 8) / 6) | 0
    const stop = length <= 32 ? last : last - 4
    for (let i = start; i < stop; i += step) hash = mixed(hash, bytes, i)
    if (length > 32) hash = mixed(hash, bytes, stop)
    hash = mixed(hash, bytes, last)
  }
  hash ^= hash >>> 15
  hash = Math.imul(hash, 0x2c1b3c6d)
  // 30 bits: a small integer to the compiler, a double otherwise.
  return (hash ^ (hash >>> 13)) & 0x3fffffff
}

function mixed(hash: number, bytes: Uint8Array, at: number): number {
  const word =
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  const multiplied = Math.imul(hash ^ word, 0x85ebca6b)
  return multiplied ^ (multiplied >>> 13)
}

function equal(a: Uint8Array, aStart: number, b: Uint8Array, bStart: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aStart + i] !== b[bStart + i]) return false
  return true
}
