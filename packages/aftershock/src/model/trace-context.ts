/** Where something belongs in a trace: what a request, a process or a message carries on. */
export type TraceContext = {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string
  /** 16 lower-case hex digits, not all zero. */
  readonly spanId: string
  readonly isSampled: boolean
  /** W3C `tracestate`, as it came. */
  readonly traceState?: string | undefined
}

/** Names and values that travel with a trace; values are plain text here, escaped on the way. */
export type Baggage = Readonly<Record<string, string>>

/** Headers by lower-case name. */
export type ContextHeaders = Readonly<Record<string, string>>

export type Propagated = { readonly context: TraceContext | undefined; readonly baggage: Baggage }
