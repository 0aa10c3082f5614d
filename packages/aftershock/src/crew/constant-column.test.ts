import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ColumnType } from '../analysis/numbers/columns.ts'
import { constantOf } from './constant-column.ts'

const types = fc.constantFrom<ColumnType[]>(Uint8Array, Uint16Array, Uint32Array, Int32Array, Float64Array)
const numbers = fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(-1, -0, 0.5, Number.NaN, 2 ** 32))

test('constantOf() tells the number of a column that has the same everywhere', () => {
  fc.assert(
    fc.property(types, numbers, fc.integer({ min: 1, max: 50 }), (type, value, n) => {
      const column = new type(n).fill(value)
      const constant = constantOf(column)
      expect(constant === undefined ? undefined : new type(n).fill(constant)).toEqual(column)
    }),
  )
})

test('constantOf() tells none of a column with another number anywhere, nor of an empty one', () => {
  fc.assert(
    fc.property(types, fc.integer({ min: 2, max: 50 }), fc.nat(49), (type, n, at) => {
      const column = new type(n).fill(3)
      column[at % n] = 4
      expect(constantOf(column)).toBeUndefined()
    }),
  )
  expect(constantOf(new Float64Array(0))).toBeUndefined()
})
