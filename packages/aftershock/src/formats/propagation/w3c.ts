import type { TraceContext } from '../../model/trace-context.ts'
import { idsOf, noHeaders, type Propagator } from './propagator.ts'

/** `traceparent` and `tracestate`. @see https://www.w3.org/TR/trace-context/ */
export const w3cTraceContext: Propagator = {
  inject({ context }) {
    if (context === undefined) return noHeaders
    const { traceState } = context
    return {
      traceparent: traceparentOf(context),
      ...(traceState === undefined || traceState === '' ? {} : { tracestate: traceState }),
    }
  },
  extract(carrier) {
    const context = readTraceparent(carrier.traceparent)
    if (context === undefined) return {}
    const traceState = carrier.tracestate?.trim()
    // Longer ones may be cut, and a part of a list is worse than none.
    const kept = traceState !== undefined && traceState !== '' && traceState.length <= 512
    return { context: kept ? { ...context, traceState } : context }
  },
}

export function traceparentOf(context: TraceContext): string {
  return `00-${context.traceId}-${context.spanId}-${context.isSampled ? '01' : '00'}`
}

/** A later version may have more fields; version ff is forbidden. */
function readTraceparent(text: string | undefined): TraceContext | undefined {
  const match = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/.exec(text?.trim() ?? '')
  if (match === null) return undefined
  const [, version, traceId, spanId, flags, rest] = match
  if (version === 'ff' || (version === '00' && rest !== undefined)) return undefined
  const ids = idsOf(traceId, spanId)
  return ids === undefined ? undefined : { ...ids, isSampled: (Number.parseInt(flags ?? '0', 16) & 1) === 1 }
}
