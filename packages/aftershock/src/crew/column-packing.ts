import type { Column } from './column-file.ts'

/** How a column is kept in fewer bytes than it has in memory: what is not written need not be read either. */
export type Packing =
  /** The same number everywhere. */
  | { readonly kind: 'constant'; readonly value: number }
  /** Whole numbers as what they are above the least, in 1 or 2 bytes each. */
  | { readonly kind: 'narrow'; readonly bytes: 1 | 2; readonly least: number }
  | { readonly kind: 'whole' }

const WHOLE: Packing = { kind: 'whole' }

export function packingOf(column: Column): Packing {
  if (column.length === 0) return WHOLE
  if (isConstant(column)) return { kind: 'constant', value: column[0] }
  if (!(column instanceof Int32Array) && !(column instanceof Uint32Array)) return WHOLE
  const signed = signedOf(column)
  const [least, most] = rangeOf(signed)
  if (most - least <= 0xff) return { kind: 'narrow', bytes: 1, least }
  return most - least <= 0xffff ? { kind: 'narrow', bytes: 2, least } : WHOLE
}

/** Bytes of a number that is kept so. */
export function packedBytes(packing: Packing, bytes: number): number {
  return packing.kind === 'whole' ? bytes : packing.kind === 'narrow' ? packing.bytes : 0
}

/** What is to be written, before the next is packed. */
export function packed(column: Column, packing: Packing): Column {
  if (packing.kind === 'whole') return column
  if (packing.kind === 'constant') return new Uint8Array(0)
  const signed = signedOf(column)
  return packing.bytes === 1
    ? toBytes(signed, packing.least, new Uint8Array(roomFor(column.length), 0, column.length))
    : toHalves(signed, packing.least, new Uint16Array(roomFor(column.length * 2), 0, column.length))
}

/** One column is written after the other: fresh memory for each would make the collector run for it. */
let room = new ArrayBuffer(0)

function roomFor(bytes: number): ArrayBuffer {
  if (room.byteLength < bytes) room = new ArrayBuffer(bytes * 2)
  return room
}

/**
 * Fills a column.
 *
 * @param read - fills what it is given with what was written
 */
export function unpack(into: Column, packing: Packing, read: (written: Column) => void): void {
  if (packing.kind === 'constant') into.fill(packing.value)
  else if (packing.kind === 'whole') read(into)
  else {
    // Behind what is filled from the front: no number is written over before it was taken.
    const from = into.byteOffset + into.length * (into.BYTES_PER_ELEMENT - packing.bytes)
    if (packing.bytes === 1) {
      const written = new Uint8Array(into.buffer, from, into.length)
      read(written)
      fromBytes(written, packing.least, signedOf(into))
    } else {
      const written = new Uint16Array(into.buffer, from, into.length)
      read(written)
      fromHalves(written, packing.least, signedOf(into))
    }
  }
}

/** Each number is the one before it: a comparison of memory, which ends at the first that is not. */
function isConstant({ buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: each }: Column): boolean {
  const from = (start: number): Uint8Array => new Uint8Array(buffer, byteOffset + start, byteLength - each)
  return Buffer.compare(from(0), from(each)) === 0
}

/** One kind of memory: code that sees several kinds of columns is slow. */
function signedOf({ buffer, byteOffset, length }: Column): Int32Array {
  return new Int32Array(buffer, byteOffset, length)
}

function rangeOf(column: Int32Array): readonly [number, number] {
  let [least, most] = [column[0], column[0]]
  for (let i = 1; i < column.length; i++) {
    const value = column[i]
    if (value < least) least = value
    if (value > most) most = value
  }
  return [least, most]
}

function toBytes(column: Int32Array, least: number, to: Uint8Array): Uint8Array {
  for (let i = 0; i < column.length; i++) to[i] = column[i] - least
  return to
}

function toHalves(column: Int32Array, least: number, to: Uint16Array): Uint16Array {
  for (let i = 0; i < column.length; i++) to[i] = column[i] - least
  return to
}

function fromBytes(written: Uint8Array, least: number, to: Int32Array): void {
  for (let i = 0; i < to.length; i++) to[i] = written[i] + least
}

function fromHalves(written: Uint16Array, least: number, to: Int32Array): void {
  for (let i = 0; i < to.length; i++) to[i] = written[i] + least
}
