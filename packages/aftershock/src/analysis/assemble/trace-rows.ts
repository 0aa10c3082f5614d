import type { SpanTable } from '../../model/span-table.ts'
import { columnOf, copyOf } from '../numbers/columns.ts'
import { TupleIds } from '../numbers/tuple-ids.ts'

/** Rows grouped by trace, traces as they came: `rows[starts[trace]] … rows[starts[trace + 1]]`. */
export type TraceRows = {
  readonly starts: Uint32Array
  readonly rows: Uint32Array
}

/** @param chosen - the rows of whole traces; all rows without */
export function rowsByTrace(table: SpanTable, chosen: Uint32Array = everyRow(table)): TraceRows {
  const { traceOf, traces } = traceIds(table, chosen)
  const starts = columnOf(Uint32Array, traces + 1)
  for (let at = 0; at < traceOf.length; at++) starts[traceOf[at] + 1] += 1
  for (let t = 0; t < traces; t++) starts[t + 1] += starts[t]
  const next = copyOf(starts)
  const rows = columnOf(Uint32Array, traceOf.length)
  for (let at = 0; at < traceOf.length; at++) rows[next[traceOf[at]]++] = chosen[at]
  return { starts, rows }
}

function everyRow(table: SpanTable): Uint32Array {
  const rows = columnOf(Uint32Array, table.length)
  for (let row = 0; row < rows.length; row++) rows[row] = row
  return rows
}

function traceIds(table: SpanTable, chosen: Uint32Array): { traceOf: Uint32Array; traces: number } {
  const ids = new TupleIds()
  const traceOf = columnOf(Uint32Array, chosen.length)
  const w = table.traceWords
  for (let at = 0; at < chosen.length; at++) {
    const i = chosen[at] * 4
    // A sender's spans of a trace mostly come one after another.
    if (at > 0 && isSameTrace(w, i, chosen[at - 1] * 4)) traceOf[at] = traceOf[at - 1]
    else traceOf[at] = ids.id(w[i], w[i + 1], w[i + 2], w[i + 3])
  }
  return { traceOf, traces: ids.length }
}

export function isSameTrace(w: Uint32Array, i: number, j: number): boolean {
  return w[i] === w[j] && w[i + 1] === w[j + 1] && w[i + 2] === w[j + 2] && w[i + 3] === w[j + 3]
}

/** Rows of the first piece. */
const ROWS_FIRST = 250

/**
 * The same traces in pieces, each trace in one; at least one piece. The first are small, grow up to `rowsMax`, and hold
 * traces from everywhere: so a step has run whole a few times, and has met what fails as well as what does not, before
 * it is compiled, and need not be compiled again.
 */
export function inPieces(traces: TraceRows, rowsMax: number): readonly TraceRows[] {
  const { starts, rows } = reordered(traces, spreadOrder(traces, rowsMax))
  const pieces: TraceRows[] = []
  const last = starts.length - 1
  let from = 0
  let rowsEach = Math.min(ROWS_FIRST, rowsMax)
  do {
    const first = starts[from]
    let to = from
    while (to < last && starts[to] - first < rowsEach) to += 1
    pieces.push({
      starts: starts.subarray(from, to + 1).map((start) => start - first),
      rows: rows.subarray(first, starts[to]),
    })
    from = to
    rowsEach = Math.min(2 * rowsEach, rowsMax)
  } while (from < last)
  return pieces
}

/** All traces: for each of the small pieces some from everywhere, then the others as they came. */
function spreadOrder({ starts, rows }: TraceRows, rowsMax: number): Uint32Array {
  const traces = starts.length - 1
  const order = new Uint32Array(traces)
  const isTaken = new Uint8Array(traces)
  let length = 0
  const take = (first: number, step: number): void => {
    for (let trace = first; trace < traces; trace += step) {
      if (isTaken[trace] === 1) continue
      isTaken[trace] = 1
      order[length++] = trace
    }
  }
  let wanted = ROWS_FIRST
  for (let first = 0; wanted < rowsMax && wanted * 4 < rows.length; first++) {
    take(first, Math.floor(rows.length / wanted))
    wanted *= 2
  }
  take(0, 1)
  return order
}

function reordered({ starts, rows }: TraceRows, order: Uint32Array): TraceRows {
  const into = { starts: new Uint32Array(starts.length), rows: new Uint32Array(rows.length) }
  let at = 0
  for (let i = 0; i < order.length; i++) {
    const to = starts[order[i] + 1]
    for (let from = starts[order[i]]; from < to; from++) into.rows[at++] = rows[from]
    into.starts[i + 1] = at
  }
  return into
}
