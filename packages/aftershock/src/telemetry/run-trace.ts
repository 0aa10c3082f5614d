import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue } from '../model/span-table.ts'

/**
 * The run's own trace, with the names chaostoolkit-opentracing gives: `experiment` → `hypothesis`, `method` →
 * `activity: <name>`, `rollbacks`. Spans are plain data; the caller stores and exports them.
 */
export type RunTrace = {
  readonly traceId: string
  readonly rootSpanId: string
  /** Opens a span below `parent` (default: the experiment). */
  start(name: string, attributes?: Attributes, parent?: OpenSpan): OpenSpan
  /** Ends the experiment and everything still open; idempotent. */
  end(attributes?: Attributes, error?: string): readonly SpanInput[]
}

export type OpenSpan = {
  readonly spanId: string
  /** `error` gives status ERROR and an exception event. */
  end(attributes?: Attributes, error?: string): void
  link(traceId: string, spanId: string): void
}

export type Attributes = Readonly<Record<string, AttributeValue>>

/** @param random - for the ids, so that a seed replays them */
export function startRunTrace(nowNs: () => bigint, random: () => number, attributes: Attributes): RunTrace {
  const traceId = hex(random, 32)
  const open = new Map<
    string,
    { finish(attributes: Attributes | undefined, error: string | undefined): void }
  >()
  const done: SpanInput[] = []
  const startSpan = (name: string, initial: Attributes, parentSpanId: string | undefined): OpenSpan => {
    const spanId = hex(random, 16)
    const startNs = nowNs()
    const links: { traceId: string; spanId: string }[] = []
    const finish = (more: Attributes | undefined, error: string | undefined): void => {
      if (!open.delete(spanId)) return
      const endNs = nowNs()
      done.push({
        traceId,
        spanId,
        parentSpanId,
        name,
        kind: 1,
        startNs,
        endNs,
        status: error === undefined ? 0 : 2,
        statusMessage: error,
        attributes: { ...initial, ...more },
        events: error === undefined ? [] : [exceptionEvent(error, endNs)],
        links,
      })
    }
    open.set(spanId, { finish })
    return { spanId, end: finish, link: (linked, span) => links.push({ traceId: linked, spanId: span }) }
  }
  const root = startSpan('experiment', attributes, undefined)
  return {
    traceId,
    rootSpanId: root.spanId,
    start: (name, initial, parent) => startSpan(name, initial ?? {}, (parent ?? root).spanId),
    end: (more, error) => {
      for (const [spanId, span] of [...open]) if (spanId !== root.spanId) span.finish(undefined, undefined)
      root.end(more, error)
      return done
    },
  }
}

function exceptionEvent(error: string, timeNs: bigint): NonNullable<SpanInput['events']>[number] {
  return { name: 'exception', timeNs, attributes: { 'exception.type': 'Error', 'exception.message': error } }
}

/** Random lower-case hex, never all zero (an invalid id in W3C trace context). */
function hex(random: () => number, digits: number): string {
  let text = ''
  while (text.length < digits)
    text += Math.floor(random() * 65_536)
      .toString(16)
      .padStart(4, '0')
  return /^0+$/.test(text) ? `${text.slice(1)}1` : text
}
