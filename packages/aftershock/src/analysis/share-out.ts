import type { SpanTable } from '../model/span-table.ts'
import { traceHash } from '../model/trace-hash.ts'
import type { Partition } from './partition-steps.ts'

/** Whole traces of a table by the hash of their ids: about as many spans in each partition. */
export function shareOut(table: SpanTable, partitions: number): readonly Partition[] {
  return Array.from({ length: partitions }, (_, share) => shareOf(table, share, partitions))
}

/** One of so many partitions of a table: each thread can pick its own. */
export function shareOf(table: SpanTable, share: number, partitions: number): Partition {
  if (partitions <= 1) return { table, rows: undefined }
  const rows = new Uint32Array(table.length)
  let length = 0
  for (let row = 0; row < table.length; row++) {
    if (traceHash(table.traceWords, row * 4) % partitions === share) rows[length++] = row
  }
  return { table, rows: rows.slice(0, length) }
}
