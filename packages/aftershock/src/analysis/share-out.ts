import type { SpanTable } from '../model/span-table.ts'
import { traceHash } from '../model/trace-hash.ts'
import type { Partition } from './partition-steps.ts'
import { inPieces, rowsByTrace } from './trace-rows.ts'

/** What a step needs of so many spans fits a processor's cache; and it is called often, so that it stays compiled. */
const ROWS_MAX = 25_000

/**
 * One of so many shares of a table's traces, by the hash of their ids: each thread can pick its own. Its partitions
 * hold traces that came one after another, so that their spans are next to each other in the table.
 */
export function shareOf(
  table: SpanTable,
  share: number,
  shares: number,
  rowsMax = ROWS_MAX,
): readonly Partition[] {
  if (shares === 1 && table.length <= rowsMax) return [{ table, traces: undefined }]
  const traces = rowsByTrace(table, shares === 1 ? undefined : rowsOf(table, share, shares))
  return inPieces(traces, rowsMax).map((piece) => ({ table, traces: piece }))
}

function rowsOf(table: SpanTable, share: number, shares: number): Uint32Array {
  const rows = new Uint32Array(table.length)
  let length = 0
  for (let row = 0; row < table.length; row++) {
    if (traceHash(table.traceWords, row * 4) % shares === share) rows[length++] = row
  }
  return rows.slice(0, length)
}
