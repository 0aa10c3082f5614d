import type { SpanTable } from '../../model/span-table.ts'
import type { TraceRows } from './trace-rows.ts'

/** Whole traces of a table. */
export type Partition = {
  readonly table: SpanTable
  /** All of its traces without. */
  readonly traces: TraceRows | undefined
}
