import type { RunEvent } from '../model/run.ts'
import type { SpanInput } from '../model/span-input.ts'

/** Links the requests of users that a fault in force may have hurt to the run's own trace, and the other way. */
export type FaultLinks = {
  /** Told of every event, so that it knows when a fault is in force. */
  see(event: RunEvent): void
  /** The spans, those of affected requests with a link to the experiment's span. */
  linked(spans: readonly SpanInput[]): readonly SpanInput[]
}

/** Durations of an entry kept for its baseline. */
const baselineMax = 4_096

/**
 * Affected: failed, or slower than 99 of 100 requests of its entry before any fault and more than twice the
 * median, as far as can be told while the run goes on. Which requests a service coped for (absorbed) is known
 * only after the analysis; `traces` of result.json has them.
 *
 * @param onAffected - called for each of them, so that the fault's span can be linked to it
 */
export function faultLinks(
  experiment: { readonly traceId: string; readonly spanId: string },
  nowNs: () => bigint,
  onAffected: (traceId: string, spanId: string) => void = () => undefined,
): FaultLinks {
  const times: { fault: string; startNs: bigint; endNs: bigint | undefined }[] = []
  const baseline = new Map<string, number[]>()
  const limits = new Map<string, number>()
  const isMet = (span: SpanInput): boolean =>
    times.some((one) => span.endNs >= one.startNs && (one.endNs === undefined || span.startNs < one.endNs))
  const isSlow = (span: SpanInput): boolean => {
    const limitNs = limits.get(span.name) ?? slowFromNs(baseline.get(span.name) ?? [])
    limits.set(span.name, limitNs)
    return durationNs(span) > limitNs
  }
  return {
    see: (event) => {
      if (event.type === 'fault-applying')
        times.push({ fault: event.fault, startNs: nowNs(), endNs: undefined })
      if (event.type !== 'fault-removed' && event.type !== 'fault-failed') return
      const open = times.find((one) => one.fault === event.fault && one.endNs === undefined)
      if (open !== undefined) open.endNs = nowNs()
    },
    linked: (spans) => {
      if (times.length === 0) {
        for (const span of spans) remember(baseline, span)
        return spans
      }
      return spans.map((span) => {
        if (!isMet(span) || !(span.status === 2 || isSlow(span))) return span
        onAffected(span.traceId, span.spanId)
        return { ...span, links: [...(span.links ?? []), experiment] }
      })
    },
  }
}

function remember(baseline: Map<string, number[]>, span: SpanInput): void {
  if (span.status === 2) return
  const known = baseline.get(span.name)
  if (known === undefined) baseline.set(span.name, [durationNs(span)])
  else if (known.length < baselineMax) known.push(durationNs(span))
}

/** Nothing is slow where nothing is known. */
function slowFromNs(durationsNs: readonly number[]): number {
  if (durationsNs.length === 0) return Number.POSITIVE_INFINITY
  const sorted = [...durationsNs].sort((a, b) => a - b)
  const at = (q: number): number => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? 0
  return Math.max(at(0.99), 2 * at(0.5))
}

function durationNs(span: SpanInput): number {
  return Number(span.endNs - span.startNs)
}
