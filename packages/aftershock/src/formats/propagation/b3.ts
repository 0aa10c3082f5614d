import type { ContextHeaders, TraceContext } from '../../model/trace-context.ts'
import { idsOf, noHeaders, type Propagator } from './propagator.ts'

/** Zipkin's B3 in one header, `b3`. Reads the many headers, too. @see https://github.com/openzipkin/b3-propagation */
export const b3Single: Propagator = {
  inject: ({ context }) =>
    context === undefined
      ? noHeaders
      : { b3: `${context.traceId}-${context.spanId}-${context.isSampled ? '1' : '0'}` },
  extract: (carrier) => found(readSingle(carrier.b3) ?? readMany(carrier)),
}

/** Zipkin's B3 in many headers, `x-b3-…`. Reads the single header, too. */
export const b3Multi: Propagator = {
  inject: ({ context }) =>
    context === undefined
      ? noHeaders
      : {
          'x-b3-traceid': context.traceId,
          'x-b3-spanid': context.spanId,
          'x-b3-sampled': context.isSampled ? '1' : '0',
        },
  extract: (carrier) => found(readSingle(carrier.b3) ?? readMany(carrier)),
}

function found(context: TraceContext | undefined): { readonly context?: TraceContext } {
  return context === undefined ? {} : { context }
}

/** `{trace id}-{span id}[-{sampled}[-{parent span id}]]`; `0` alone says no more than "do not sample". */
function readSingle(text: string | undefined): TraceContext | undefined {
  const match = /^([0-9a-f]{16}|[0-9a-f]{32})-([0-9a-f]{16})(?:-([01d])(?:-[0-9a-f]{16})?)?$/i.exec(
    text?.trim() ?? '',
  )
  const ids = idsOf(match?.[1], match?.[2])
  // Without a decision it is ours to take.
  return ids === undefined ? undefined : { ...ids, isSampled: match?.[3] !== '0' }
}

function readMany(carrier: ContextHeaders): TraceContext | undefined {
  const traceId = carrier['x-b3-traceid']?.trim() ?? ''
  const ids = idsOf(traceId, carrier['x-b3-spanid']?.trim())
  if (ids === undefined || ![16, 32].includes(traceId.length)) return undefined
  const isDebug = carrier['x-b3-flags']?.trim() === '1'
  const sampled = carrier['x-b3-sampled']?.trim().toLowerCase()
  return { ...ids, isSampled: isDebug || (sampled !== '0' && sampled !== 'false') }
}
