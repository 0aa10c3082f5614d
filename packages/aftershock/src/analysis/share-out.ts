import type { SpanTable } from '../model/span-table.ts'
import { traceHash } from '../model/trace-hash.ts'
import type { Partition } from './partition-steps.ts'

/** Whole traces of a table by the hash of their ids: about as many spans in each partition. */
export function shareOut(table: SpanTable, partitions: number): readonly Partition[] {
  if (partitions <= 1) return [{ table, rows: undefined }]
  const shares = new Uint16Array(table.length)
  const sizes = new Uint32Array(partitions)
  for (let row = 0; row < table.length; row++) {
    shares[row] = traceHash(table.traceWords, row * 4) % partitions
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
