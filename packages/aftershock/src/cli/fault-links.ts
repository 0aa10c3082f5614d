import type { RunEvent } from '../model/run.ts'
import type { SpanInput } from '../model/span-input.ts'

/** Links the requests of users that ran while a fault was in force to the run's own trace. */
export type FaultLinks = {
  /** Told of every event, so that it knows when a fault is in force. */
  see(event: RunEvent): void
  /** The spans, those that met a fault with a link to the experiment's span. */
  linked(spans: readonly SpanInput[]): readonly SpanInput[]
}

export function faultLinks(
  experiment: { readonly traceId: string; readonly spanId: string },
  nowNs: () => bigint,
): FaultLinks {
  const times: { fault: string; startNs: bigint; endNs: bigint | undefined }[] = []
  return {
    see: (event) => {
      if (event.type === 'fault-applying')
        times.push({ fault: event.fault, startNs: nowNs(), endNs: undefined })
      if (event.type !== 'fault-removed' && event.type !== 'fault-failed') return
      const open = times.find((one) => one.fault === event.fault && one.endNs === undefined)
      if (open !== undefined) open.endNs = nowNs()
    },
    linked: (spans) => {
      if (times.length === 0) return spans
      const isMet = (span: SpanInput): boolean =>
        times.some(
          (one) => span.endNs >= one.startNs && (one.endNs === undefined || span.startNs < one.endNs),
        )
      return spans.map((span) =>
        isMet(span) ? { ...span, links: [...(span.links ?? []), experiment] } : span,
      )
    },
  }
}
