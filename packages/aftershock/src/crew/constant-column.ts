import type { Column } from '../analysis/numbers/columns.ts'

/** The number that is everywhere in a column, which then need not be written; undefined for any other column. */
export function constantOf(column: Column): number | undefined {
  if (column.length === 0) return undefined
  const { buffer, byteOffset, byteLength, BYTES_PER_ELEMENT: each } = column
  const from = (start: number): Uint8Array => new Uint8Array(buffer, byteOffset + start, byteLength - each)
  // Each number is the one before it: a comparison of memory, which ends at the first that is not.
  return Buffer.compare(from(0), from(each)) === 0 ? column[0] : undefined
}
