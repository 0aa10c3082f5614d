import type { SpanTable } from '../model/span-table.ts'
import type { Partition } from './partition-steps.ts'

/** Whole traces of a table by the hash of their ids: about as many spans in each partition. */
export function shareOut(table: SpanTable, partitions: number): readonly Partition[] {
  if (partitions <= 1) return [{ table, rows: undefined }]
  const shares = new Uint16Array(table.length)
  const sizes = new Uint32Array(partitions)
  for (let row = 0; row < table.length; row++) {
    shares[row] = shareOf(table.traceWords, row * 4, partitions)
    sizes[shares[row]] += 1
  }
  const rows = Array.from(sizes, (size) => new Uint32Array(size))
  const next = new Uint32Array(partitions)
  for (let row = 0; row < table.length; row++) {
    const share = shares[row]
    rows[share][next[share]++] = row
  }
  return rows.map((chosen) => ({ table, rows: chosen }))
}

/** Ids are random in their last half at least (W3C Trace Context, level 2): all of it is mixed all the same. */
function shareOf(words: Uint32Array, at: number, partitions: number): number {
  let hash = Math.imul(words[at + 3] ^ 0x9e3779b9, 0x85ebca6b)
  hash = Math.imul((hash ^ (hash >>> 13)) + words[at + 2], 0xc2b2ae35)
  hash = Math.imul((hash ^ (hash >>> 15)) + words[at + 1], 0x27d4eb2f)
  hash = Math.imul((hash ^ (hash >>> 13)) + words[at], 0x165667b1)
  return ((hash ^ (hash >>> 16)) >>> 0) % partitions
}
