import { expect, test } from 'vitest'
import { ColumnPool } from './column-pool.ts'

test('ColumnPool lends memory again that nobody has any more, for another column of about that size', () => {
  const pool = new ColumnPool()
  const first = pool.lend(Float64Array, 1000)
  pool.takeBack(undefined, undefined)
  const second = pool.lend(Uint32Array, 1900)
  expect(second.buffer).toBe(first.buffer)
  expect(second).toHaveLength(1900)
  // It is lent once at a time.
  expect(pool.lend(Uint32Array, 1900).buffer).not.toBe(first.buffer)
})

test('ColumnPool leaves alone what an answer holds, wherever it holds it', () => {
  const pool = new ColumnPool()
  const [whole, part, other] = [1, 2, 3].map(() => pool.lend(Uint32Array, 1000))
  pool.takeBack(undefined, { seen: [{ whole }], byKind: new Map([[1, { part: part.subarray(10, 20) }]]) })
  const lent = [1, 2, 3].map(() => pool.lend(Uint32Array, 1000).buffer)
  expect(lent.filter((buffer) => buffer === whole.buffer || buffer === part.buffer)).toEqual([])
  expect(lent).toContain(other.buffer)
})
