import type { SpanTable } from '../model/span-table.ts'
import { TupleIds } from './tuple-ids.ts'

/** Rows grouped by trace: `rows[starts[trace]] … rows[starts[trace + 1]]`. */
export type TraceRows = {
  readonly starts: Uint32Array
  readonly rows: Uint32Array
  /** Traces by first start, then by id. */
  readonly sorted: Uint32Array
  /** Trace → its first start, ns. */
  readonly first: Float64Array
}

/** @param chosen - the rows of whole traces; all rows without */
export function rowsByTrace(table: SpanTable, chosen: Uint32Array = everyRow(table)): TraceRows {
  const { traceOf, traces } = traceIds(table, chosen)
  const { starts, rows } = grouped(traceOf, traces, chosen)
  const first = firstStarts(table, starts, rows)
  return { starts, rows, first, sorted: tracesInOrder(table, starts, rows, first) }
}

function everyRow(table: SpanTable): Uint32Array {
  const rows = new Uint32Array(table.length)
  for (let row = 0; row < rows.length; row++) rows[row] = row
  return rows
}

function traceIds(table: SpanTable, chosen: Uint32Array): { traceOf: Uint32Array; traces: number } {
  const ids = new TupleIds()
  const traceOf = new Uint32Array(chosen.length)
  const w = table.traceWords
  for (let at = 0; at < chosen.length; at++) {
    const i = chosen[at] * 4
    traceOf[at] = ids.id(w[i], w[i + 1], w[i + 2], w[i + 3])
  }
  return { traceOf, traces: ids.length }
}

function grouped(
  traceOf: Uint32Array,
  traces: number,
  chosen: Uint32Array,
): { starts: Uint32Array; rows: Uint32Array } {
  const starts = new Uint32Array(traces + 1)
  for (let at = 0; at < traceOf.length; at++) starts[traceOf[at] + 1] += 1
  for (let t = 0; t < traces; t++) starts[t + 1] += starts[t]
  const next = starts.slice()
  const rows = new Uint32Array(traceOf.length)
  for (let at = 0; at < traceOf.length; at++) rows[next[traceOf[at]]++] = chosen[at]
  return { starts, rows }
}

function firstStarts(table: SpanTable, starts: Uint32Array, rows: Uint32Array): Float64Array {
  const first = new Float64Array(starts.length - 1).fill(Number.POSITIVE_INFINITY)
  for (let t = 0; t < first.length; t++) {
    for (let i = starts[t]; i < starts[t + 1]; i++) first[t] = Math.min(first[t], table.startNs[rows[i]])
  }
  return first
}

function tracesInOrder(
  table: SpanTable,
  starts: Uint32Array,
  rows: Uint32Array,
  first: Float64Array,
): Uint32Array {
  const ids = table.traceIds
  const byId = (a: number, b: number): number => {
    const [i, j] = [rows[starts[a]] * 16, rows[starts[b]] * 16]
    for (let k = 0; k < 16; k++) if (ids[i + k] !== ids[j + k]) return ids[i + k] - ids[j + k]
    return 0
  }
  return Uint32Array.from(first.keys()).sort((a, b) => first[a] - first[b] || byId(a, b))
}
