import type { SpanTable } from '../model/span-table.ts'
import type { Interval } from '../model/window.ts'

/** Keeps spans for days and many runs; what `serve` and the sources ask. */
export type SpanStore = {
  /** Resolves when the spans are on disk: what was appended survives a SIGKILL. Rejects when it is not sure. */
  append(spans: SpanTable): Promise<void>
  /** All spans of a trace, by start; empty when there is none. Accepts 16 or 32 hex digits. */
  traceById(traceId: string): Promise<SpanTable>
  /** Traces with at least one span that meets every condition, newest first. */
  findTraces(filter: TraceFilter): Promise<readonly TraceSummary[]>
  /** Names of services that sent spans, sorted. */
  services(): Promise<readonly string[]>
  /** Span names of a service, sorted. */
  operations(service: string): Promise<readonly Operation[]>
  /** Every span that started in the interval, in no order. */
  loadColumns(interval: Interval): Promise<SpanTable>
  stats(): Promise<StoreStats>
  /** Retention: forgets spans that started before; a store on disk gives their space back within a day. */
  deleteBefore(momentNs: bigint): Promise<void>
  close(): Promise<void>
}

/** Conditions on one span; those that are undefined do not count. */
export type TraceFilter = {
  readonly service?: string | undefined
  readonly operation?: string | undefined
  /** Start of the span. */
  readonly interval?: Interval | undefined
  readonly durationNsMin?: number | undefined
  readonly status?: 'error' | undefined
  /** Span or resource attributes, compared as text. */
  readonly attributes?: Readonly<Record<string, string>> | undefined
  /** At most 1000; default 20. */
  readonly limit?: number | undefined
}

export type TraceSummary = {
  readonly traceId: string
  readonly startNs: bigint
  /** From the first start to the last end of its spans in the store. */
  readonly durationNs: number
  readonly spans: number
  readonly errors: number
  readonly services: readonly string[]
  /** Service and name of the root, or of the first span when there is no root. */
  readonly root: { readonly service: string; readonly name: string }
}

export type Operation = { readonly name: string; readonly kind: number; readonly spans: number }

export type StoreStats = {
  readonly spans: number
  /** On disk, without what merges are about to remove; 0 in memory. */
  readonly bytes: number
  /** Undefined when empty. */
  readonly oldestNs: bigint | undefined
  readonly newestNs: bigint | undefined
}

export const TRACES_LIMIT_DEFAULT = 20
export const TRACES_LIMIT_MAX = 1000
