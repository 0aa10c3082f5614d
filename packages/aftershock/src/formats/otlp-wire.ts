/** Bytes that are not protobuf, or end in the middle. Caught by the decoders, which answer a Problem. */
export class MalformedBytes extends Error {
  /** Offset of the byte that cannot be. */
  readonly at: number

  constructor(why: string, at: number) {
    super(why)
    this.name = 'MalformedBytes'
    this.at = at
  }
}

/**
 * Reads protobuf's wire format. Every read is given the end of its message and stays within it.
 *
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export class WireReader {
  bytes: Uint8Array = new Uint8Array(0)
  at = 0

  /** A varint as a double: exact up to 2^53, which lengths, tags and enums never reach. */
  varint(end: number): number {
    const { bytes } = this
    let at = this.at
    if (at >= end) throw new MalformedBytes('A number must end before its message does', at)
    let byte = bytes[at++] as number
    if (byte < 0x80) {
      this.at = at
      return byte
    }
    let value = byte & 0x7f
    let scale = 128
    for (let i = 1; i < 10; i++) {
      if (at >= end) throw new MalformedBytes('A number must end before its message does', at)
      byte = bytes[at++] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        this.at = at
        return value
      }
      scale *= 128
    }
    throw new MalformedBytes('A number has at most 10 bytes', at)
  }

  /** Reads the length of a field. @returns where the field ends */
  fieldEnd(end: number): number {
    const length = this.varint(end)
    const fieldEnd = this.at + length
    if (fieldEnd > end)
      throw new MalformedBytes(`A field must end before its message does: its length is ${length}`, this.at)
    return fieldEnd
  }

  /** Steps over `length` bytes. @returns where they begin */
  fixed(length: 4 | 8, end: number): number {
    const start = this.at
    if (start + length > end) throw new MalformedBytes(`${length} bytes must follow`, start)
    this.at = start + length
    return start
  }

  /** Skips a field that nobody knows here. */
  skip(tag: number, end: number): void {
    checkTag(tag, this.at)
    switch (tag & 7) {
      case 0:
        this.varint(end)
        return
      case 1:
        this.fixed(8, end)
        return
      case 2:
        this.at = this.fieldEnd(end)
        return
      case 5:
        this.fixed(4, end)
        return
      default:
        throw new MalformedBytes(`Wire types are 0, 1, 2 and 5: current value is ${tag & 7}`, this.at)
    }
  }

  /** Half of a 64-bit number: a double cannot hold it whole, two halves can. */
  uint32At(at: number): number {
    const { bytes } = this
    return (
      ((bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24)) >>>
      0
    )
  }
}

export function checkTag(tag: number, at: number): void {
  if (tag < 8 || tag > 0xffffffff) throw new MalformedBytes('A field number is 1 to 536870911', at)
}
