import type { SpanTable } from '../../model/span-table.ts'
import { traceHash } from '../../model/trace-hash.ts'
import type { Partition } from './partition.ts'
import { inPieces, isSameTrace, rowsByTrace } from './trace-rows.ts'

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

/** Compared with what is larger, a number would be a double. */
const HASHES = 2 ** 30

/** Those of traces whose hash lies between two bounds. */
function rowsOf(table: SpanTable, share: number, shares: number): Uint32Array {
  const [from, to] = [share, share + 1].map((nth) => Math.round((nth / shares) * HASHES))
  const w = table.traceWords
  const rows = new Uint32Array(table.length)
  let length = 0
  let isOwn = false
  for (let row = 0; row < table.length; row++) {
    const i = row * 4
    // A sender's spans of a trace mostly come one after another.
    if (row === 0 || !isSameTrace(w, i, i - 4)) {
      const hash = traceHash(w, i) & (HASHES - 1)
      isOwn = hash >= from && hash < to
    }
    if (isOwn) rows[length++] = row
  }
  return rows.slice(0, length)
}
