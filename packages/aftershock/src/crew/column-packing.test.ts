import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Column, ColumnType } from './column-file.ts'
import { packed, packedBytes, packingOf, unpack } from './column-packing.ts'

const MAX = 0xffff_ffff
/** Numbers near each other, or anywhere; also -0, NaN and infinities. */
const numbers = fc.oneof(
  fc.array(fc.integer({ min: -1, max: 300 })),
  fc.array(fc.integer({ min: 2 ** 31 - 200, max: 2 ** 31 + 200 })),
  fc.array(fc.integer({ min: -70_000, max: 70_000 })),
  fc.array(fc.integer({ min: -MAX, max: MAX })),
  fc.array(fc.double()),
  fc.tuple(fc.double(), fc.nat(50)).map(([value, n]) => new Array<number>(n).fill(value)),
)
const types = fc.constantFrom<ColumnType[]>(Uint8Array, Uint16Array, Uint32Array, Int32Array, Float64Array)

function kept(column: Column): { readonly bytes: number; readonly back: Column } {
  const packing = packingOf(column)
  const written = packed(column, packing)
  const back = new (column.constructor as ColumnType)(column.length)
  unpack(back, packing, (into) =>
    new Uint8Array(into.buffer, into.byteOffset, into.byteLength).set(bytesOf(written)),
  )
  expect(written.byteLength).toBe(column.length * packedBytes(packing, column.BYTES_PER_ELEMENT))
  return { bytes: written.byteLength, back }
}

function bytesOf({ buffer, byteOffset, byteLength }: Column): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength)
}

test('a column comes back as it was, whatever is in it', () => {
  fc.assert(
    fc.property(types, numbers, (type, values) => {
      const column = new type(values.length)
      column.set(values)
      expect(kept(column).back).toEqual(column)
    }),
  )
})

test('what is the same everywhere takes no room, small whole numbers a byte or two, others what they took', () => {
  expect(kept(new Float64Array(1000).fill(0.5)).bytes).toBe(0)
  expect(kept(Int32Array.of(-1, 0, 254)).bytes).toBe(3)
  expect(kept(Int32Array.of(-1, 0, 255)).bytes).toBe(6)
  expect(kept(Uint32Array.of(3_000_000_000, 3_000_065_535)).bytes).toBe(4)
  expect(kept(Int32Array.of(-1, 65_535)).bytes).toBe(8)
  expect(kept(Float64Array.of(1, 2)).bytes).toBe(16)
  expect(kept(Uint8Array.of(1, 2)).bytes).toBe(2)
})
