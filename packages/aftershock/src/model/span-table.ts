import type { Sampling } from './sampling.ts'

/**
 * Spans as columns: one row a span, rows in order of arrival. Strings are dictionary-encoded (`strings`,
 * id 0 = the empty string = absent). Built by `span-table-builder.ts`; read by analysis, report and store.
 *
 * Times are nanoseconds since `epochNs`, exact as doubles up to 104 days.
 */
export type SpanTable = {
  readonly length: number
  readonly epochNs: bigint
  readonly strings: readonly string[]

  /** 16 bytes a span. `traceWords` is the same memory as 4 uint32 a span, for hashing and comparing. */
  readonly traceIds: Uint8Array
  readonly traceWords: Uint32Array
  /** 8 bytes a span, and as 2 uint32 a span. */
  readonly spanIds: Uint8Array
  readonly spanWords: Uint32Array
  /** 8 bytes a span; all zero = a root. */
  readonly parentIds: Uint8Array
  readonly parentWords: Uint32Array

  /** ns since `epochNs`. */
  readonly startNs: Float64Array
  readonly durationNs: Float64Array
  /** OTLP: 0 unspecified, 1 internal, 2 server, 3 client, 4 producer, 5 consumer. */
  readonly kind: Uint8Array
  /** OTLP: 0 unset, 1 ok, 2 error. */
  readonly status: Uint8Array
  /** Index into `resources`. */
  readonly resource: Uint32Array
  /** String ids. */
  readonly name: Uint32Array
  readonly statusMessage: Uint32Array

  // What the semantic conventions (old and new names alike, see `conventions.ts`) say about the span.
  /** HTTP status code, 0 = none. */
  readonly httpStatus: Uint16Array
  /** gRPC status 0–16, 255 = none; numbers and names are both read. */
  readonly grpcStatus: Uint8Array
  /** http.request.method, or the last part of rpc.method / db.operation.name. */
  readonly method: Uint32Array
  /** http.route, else url.path without the query, else rpc.service/method, else db or messaging target. */
  readonly route: Uint32Array
  /** service.peer.name | peer.service, else server.address[:port] | net.peer.*, else messaging or db name. */
  readonly peer: Uint32Array
  /** db.system(.name) | messaging.system | rpc.system(.name). */
  readonly system: Uint32Array
  /** Bits of `Protocol`. */
  readonly protocol: Uint8Array
  /** error.type, else exception.type of the span's last exception event. */
  readonly errorType: Uint32Array
  /** exception.message of the last exception event (status messages are in `statusMessage`). */
  readonly errorMessage: Uint32Array
  /** Envoy/Istio response_flags. */
  readonly responseFlags: Uint32Array
  /** http.request.resend_count | retry.count | previous-rpc-attempts; 0 = first or unknown. */
  readonly resendCount: Uint8Array
  /** Bits of `SpanMark`: what tagging by window and target found; 0 = outside every window. */
  readonly marks: Uint8Array

  /** Links: rows `linkStart[i]` … `linkStart[i + 1]` of `linkIds` (24 bytes: trace id, span id). */
  readonly linkStart: Uint32Array
  readonly linkIds: Uint8Array

  readonly resources: readonly Resource[]
  /** Everything else about a span; `undefined` when the table was built without attributes. */
  readonly details: SpanDetails | undefined
  /** What the spans say of sampling; undefined: nothing was asked of them. */
  readonly sampling?: Sampling | undefined
  /** What had to be dropped to stay within limits, and what was malformed. */
  readonly dropped: DroppedCounts
}

export type DroppedCounts = {
  readonly spans: number
  readonly attributes: number
  readonly strings: number
  /** Spans without a valid trace or span id, or with times that cannot be. */
  readonly invalid: number
}

/** service.* and k8s.* of a resource, resolved once. */
export type Resource = {
  /** service.name, else k8s.deployment.name, else `unknown_service`. */
  readonly service: string
  readonly namespace: string
  /** k8s.pod.name, else service.instance.id, else host.name and process.pid. */
  readonly instance: string
  readonly pod: string
  readonly container: string
  readonly attributes: Readonly<Record<string, AttributeValue>>
}

export type AttributeValue =
  | string
  | number
  | boolean
  | readonly AttributeValue[]
  | { readonly [key: string]: AttributeValue }

export type SpanEvent = {
  readonly timeNs: bigint
  readonly name: string
  readonly attributes: Readonly<Record<string, AttributeValue>>
}

/** Attributes and events of a row, decoded when asked for. */
export type SpanDetails = {
  attributesOf(row: number): Readonly<Record<string, AttributeValue>>
  eventsOf(row: number): readonly SpanEvent[]
  /** The OTLP Span message that the row came as, to copy from without decoding; undefined when it came otherwise. */
  messageOf?(row: number): SpanMessage | undefined
}

export type SpanMessage = { readonly bytes: Uint8Array; readonly start: number; readonly end: number }

/** How a span talks. A span may have several bits (gRPC over HTTP). */
export const Protocol = { http: 1, grpc: 2, db: 4, messaging: 8, rpc: 16, proxy: 32 } as const

/** Set by tagging (`collector/tag.ts`); the names are those of `chaos.*` (design.md 5.7). */
export const SpanMark = {
  /** The span overlaps a certain injection window. */
  active: 1,
  /** It overlaps only the uncertain edge of a window. */
  possible: 2,
  /** It ran on a target of the fault. */
  target: 4,
  /** Its trace went through a target while the fault was on: set by evidence, not by a threshold. */
  impact: 8,
} as const
