/**
 * Dense ids for tuples of up to five uint32, in order of first sight. Open addressing over typed arrays:
 * one look-up a span without building a string or an object. All is reckoned with int32, which takes a third of the
 * time: sums of such, or comparing what is unsigned, would be reckoned with doubles.
 */
export class TupleIds {
  length = 0
  #keys = new Int32Array(5 * 64)
  #slots = new Int32Array(256).fill(-1)

  /** The tuple's id, given out when it is new. */
  id(a: number, b = 0, c = 0, d = 0, e = 0): number {
    const mask = this.#slots.length - 1
    let slot = hashOf(a, b, c, d, e) & mask
    for (;;) {
      const id = this.#slots[slot]
      if (id === -1) break
      if (this.#is(id, a, b, c, d, e)) return id
      slot = (slot + 1) & mask
    }
    return this.#add(slot, a, b, c, d, e)
  }

  /** Part `part` (0 to 4) of a tuple. */
  part(id: number, part: number): number {
    return this.#keys[id * 5 + part] >>> 0
  }

  #is(id: number, a: number, b: number, c: number, d: number, e: number): boolean {
    const k = this.#keys
    const i = id * 5
    return ((k[i] ^ a) | (k[i + 1] ^ b) | (k[i + 2] ^ c) | (k[i + 3] ^ d) | (k[i + 4] ^ e)) === 0
  }

  #add(slot: number, a: number, b: number, c: number, d: number, e: number): number {
    const id = this.length++
    if (id * 5 + 5 > this.#keys.length) {
      const wider = new Int32Array(this.#keys.length * 2)
      wider.set(this.#keys)
      this.#keys = wider
    }
    // Five stores: an array made for each tuple would cost more than finding its place.
    const k = this.#keys
    const i = id * 5
    k[i] = a
    k[i + 1] = b
    k[i + 2] = c
    k[i + 3] = d
    k[i + 4] = e
    this.#slots[slot] = id
    if (this.length * 2 > this.#slots.length) this.#rehash()
    return id
  }

  #rehash(): void {
    const slots = new Int32Array(this.#slots.length * 4).fill(-1)
    const mask = slots.length - 1
    const k = this.#keys
    for (let id = 0; id < this.length; id++) {
      const i = id * 5
      let slot = hashOf(k[i], k[i + 1], k[i + 2], k[i + 3], k[i + 4]) & mask
      while (slots[slot] !== -1) slot = (slot + 1) & mask
      slots[slot] = id
    }
    this.#slots = slots
  }
}

function hashOf(a: number, b: number, c: number, d: number, e: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b)
  h = Math.imul(h ^ (h >>> 13) ^ b, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 15) ^ c, 0x27d4eb2f)
  h = Math.imul(h ^ (h >>> 13) ^ d, 0x165667b1)
  h = Math.imul(h ^ (h >>> 16) ^ e, 0x9e3779b1)
  return h ^ (h >>> 15)
}
