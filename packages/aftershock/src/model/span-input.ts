import type { AttributeValue } from './span-table.ts'

/** One span as an object, for everything that is not on the hot OTLP path (load, telemetry, Jaeger, tests). */
export type SpanInput = {
  /** 32 hex digits (16 are padded). */
  readonly traceId: string
  /** 16 hex digits. */
  readonly spanId: string
  readonly parentSpanId?: string | undefined
  readonly name: string
  /** OTLP: 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: number
  readonly startNs: bigint
  readonly endNs: bigint
  /** OTLP: 0 unset, 1 ok, 2 error. */
  readonly status?: number | undefined
  readonly statusMessage?: string | undefined
  readonly attributes?: Readonly<Record<string, AttributeValue>> | undefined
  readonly events?:
    | readonly {
        readonly name: string
        readonly timeNs: bigint
        readonly attributes?: Readonly<Record<string, AttributeValue>> | undefined
      }[]
    | undefined
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[] | undefined
}
