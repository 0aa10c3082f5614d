import type { Random } from '../model/random.ts'

export type TraceContext = { readonly traceId: string; readonly spanId: string }

/** @returns a function that gives a new trace's ids, the same ones for the same seed; never all zero */
export function traceContexts(random: Random): () => TraceContext {
  return () => {
    const ids = { traceId: hex(random, 4), spanId: hex(random, 2) }
    // All zero means "no trace" (W3C Trace Context 3.2.2.3), however unlikely.
    return /[1-9a-f]/.test(ids.traceId.slice(16)) && /[1-9a-f]/.test(ids.spanId)
      ? ids
      : { traceId: `${ids.traceId.slice(0, 31)}1`, spanId: `${ids.spanId.slice(0, 15)}1` }
  }
}

function hex(random: Random, words: number): string {
  let text = ''
  for (let i = 0; i < words; i++) {
    text += Math.floor(random() * 4_294_967_296)
      .toString(16)
      .padStart(8, '0')
  }
  return text
}
