import { percentDecoded, percentEncoded } from './percent.ts'
import { idsOf, type Propagator } from './propagator.ts'

const baggagePrefix = 'uberctx-'

/**
 * Jaeger's own headers: `uber-trace-id` is `{trace id}:{span id}:{parent id}:{flags}` without leading zeros,
 * sometimes percent-encoded; baggage is a header a name.
 *
 * @see https://www.jaegertracing.io/docs/1.76/sdk-migration/#propagation-format
 */
export const jaeger: Propagator = {
  inject({ context, baggage }) {
    const headers: Record<string, string> = {}
    if (context !== undefined)
      headers['uber-trace-id'] = `${context.traceId}:${context.spanId}:0:${context.isSampled ? '01' : '00'}`
    for (const [key, value] of Object.entries(baggage))
      if (/^[\w.-]+$/.test(key)) headers[`${baggagePrefix}${key.toLowerCase()}`] = percentEncoded(value)
    return headers
  },
  extract(carrier) {
    const parts = percentDecoded(carrier['uber-trace-id']?.trim() ?? '').split(':')
    const [traceId, spanId, , flags] = parts
    const ids =
      parts.length === 4 && /^[0-9a-f]{1,2}$/i.test(flags ?? '') ? idsOf(traceId, spanId) : undefined
    const baggage = Object.fromEntries(
      Object.entries(carrier)
        .filter(([name]) => name.startsWith(baggagePrefix) && name.length > baggagePrefix.length)
        .map(([name, value]) => [name.slice(baggagePrefix.length), percentDecoded(value)]),
    )
    return {
      ...(ids === undefined
        ? {}
        : { context: { ...ids, isSampled: (Number.parseInt(flags ?? '0', 16) & 1) === 1 } }),
      ...(Object.keys(baggage).length === 0 ? {} : { baggage }),
    }
  },
}
