import type { SpanTable } from '../../model/span-table.ts'
import type { SpanOrder } from './order-spans.ts'

export type NodeKind = 'service' | 'db' | 'queue' | 'external' | 'user'

/** A service, or a peer known only from its callers. */
export type ServiceNode = { readonly name: string; readonly kind: NodeKind; readonly hasSpans: boolean }

/** Who there is, by number: the same for all partitions. */
export type System = {
  readonly services: readonly ServiceNode[]
  readonly instances: readonly { readonly service: number; readonly name: string }[]
  readonly ops: readonly Op[]
}

/**
 * Spans in order (see `order-spans.ts`) with what the analysis reads again and again. Columns are indexed
 * by position; times are ns since the table's epoch, corrected by the estimated clock offsets.
 */
export type Forest = SpanOrder &
  System & {
    readonly table: SpanTable
    readonly length: number
    readonly traces: number
    /** 1 for a call of which its caller does not tell, put in for its answer (`untold-calls.ts`); empty without any. */
    readonly untold: Uint8Array
    readonly start: Float64Array
    readonly end: Float64Array
    readonly kind: Uint8Array
    /** Index into `services`. */
    readonly service: Uint32Array
    readonly instance: Uint32Array
    /** Index into `ops`. Like with like: service, kind, callee, templated name, method and route. */
    readonly op: Uint32Array
    /** The span that stands for the request in its own service: where a service was entered, or a root. */
    readonly owner: Int32Array
    /** For calls (client and producer spans that leave their service): the service called; else -1. */
    readonly callee: Int32Array
    /** For calls: the span that answered, else -1. */
    readonly server: Int32Array
    /** Trace → position of its entry: the request as the user knows it; -1 when the root was lost. */
    readonly entry: Int32Array
  }

export type Op = {
  readonly service: number
  readonly kind: number
  readonly callee: number
  readonly label: string
  readonly writes: boolean
}
