import type { Baggage, ContextHeaders, Propagated, TraceContext } from '../../model/trace-context.ts'

/** One way to write a trace context into headers, and to read it back. */
export type Propagator = {
  inject(propagated: Propagated): ContextHeaders
  /** What it finds; what is missing or malformed is left out, never an error. */
  extract(carrier: ContextHeaders): { readonly context?: TraceContext; readonly baggage?: Baggage }
}

/** What is written when there is nothing to write. */
export const noHeaders: ContextHeaders = {}

/** @returns the ids as 32 and 16 lower-case digits; undefined when they are no ids */
export function idsOf(
  traceId: string | undefined,
  spanId: string | undefined,
): { readonly traceId: string; readonly spanId: string } | undefined {
  if (traceId === undefined || spanId === undefined) return undefined
  if (!/^[0-9a-f]{1,32}$/i.test(traceId) || !/^[0-9a-f]{1,16}$/i.test(spanId)) return undefined
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  return { traceId: traceId.toLowerCase().padStart(32, '0'), spanId: spanId.toLowerCase().padStart(16, '0') }
}
