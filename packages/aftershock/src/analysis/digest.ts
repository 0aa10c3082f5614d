import { lowerBound } from './lower-bound.ts'
import type { Outcomes } from './outcomes.ts'

/** Bits of `Digest.bits`. */
export const Bit = {
  /** The telemetry says so itself: an error names the time-out or the breaker, a status the refusal. */
  told: 1,
  /** Work that wrote something. */
  wrote: 2,
  /** A write of which a later attempt succeeded too. */
  wroteAgain: 4,
  /** What was late or failed is the target's own call, not its answer. */
  inItsCalls: 8,
  /** A call that its caller does not tell of. */
  untold: 16,
} as const

/** Added to gRPC codes in `answer`. */
export const GRPC = 1000

/** Of a request: by its number. */
export type RequestColumns = Omit<Outcomes, 'entryHighNs'> & {
  /** 16 bytes each. */
  readonly traceIds: Uint8Array
  /** First start as it was sent, ns: with the id, what requests are ordered by. */
  readonly first: Float64Array
  readonly ofPhase: Uint8Array
  /** Row of its entry; -1 when the root was lost. */
  readonly entry: Int32Array
  /** Row of its entry, or of its first span where the root was lost. */
  readonly head: Int32Array
  /** How long it would have taken without the fault, ns. */
  readonly withoutNs: Float64Array
  /** What was asked for: the operation that answered. */
  readonly asked: Uint32Array
  /** Status of a failed one: HTTP from 400 on, `GRPC` and the gRPC code, 0 without. */
  readonly answer: Uint16Array
  /** Index into `paths`: services from the entry down to where the failure or the lost time began. -1: not attributed. */
  readonly path: Int32Array
  /** 1 where the path is cut short by state: an open breaker, a full service. */
  readonly open: Uint8Array
  /** Index into `paths`: services that handed the failure up. -1: none. */
  readonly way: Int32Array
}

/** Of a span that stands out: by row. */
export type RowColumns = {
  readonly trace: Uint32Array
  /** 8 bytes each. */
  readonly spanIds: Uint8Array
  readonly start: Float64Array
  readonly end: Float64Array
  readonly op: Uint32Array
  readonly instance: Uint32Array
  /** `Fail`. */
  readonly fail: Uint8Array
  /** `Fail` of the failure at the root of it. */
  readonly root: Uint8Array
  readonly bits: Uint8Array
  /** Attempts of the logical call up to this one, hedges included, 1 the first; 0 = no call. And those of them that are retries. */
  readonly attempts: Uint16Array
  readonly extra: Uint16Array
}

/** Which rows are occurrences of what, with the edge of each, and how often it happened besides. */
export type Finds = {
  /** Ascending. */
  readonly rows: Uint32Array
  /** `edgeKey` of each. */
  readonly edges: Float64Array
  /**
   * What is measured of each, ms; NaN where it is not known. timeout: what the answer needed that was finished after
   * the caller had left. duplicate-work: how long after that it was finished. queueing: how much longer than usual it
   * waited. met: what it took longer because of the fault. Of other kinds none.
   */
  readonly ms: Float64Array
  /** By edge: in chaos and recovery, but not because of the fault; and in the baseline. */
  readonly besides: ReadonlyMap<number, { readonly others: number; readonly before: number }>
}

/** What is measured of a row that is an occurrence of a kind, ms. */
export function measuredMs({ finds }: Pick<Digest, 'finds'>, kind: string, row: number): number {
  const { rows, ms } = finds[kind]
  return ms[lowerBound(rows, row)]
}

export function edgeKey(caller: number, callee: number): number {
  return (caller + 1) * 65536 + callee + 1
}

/** A partition's requests and rows, or those of all; requests by start, rows in no order that tells anything. */
export type Digest = RequestColumns &
  RowColumns & {
    readonly length: number
    readonly traces: number
    /** Services by number, joined by `>`. */
    readonly paths: readonly string[]
    /** By kind. */
    readonly finds: Readonly<Record<string, Finds>>
  }
