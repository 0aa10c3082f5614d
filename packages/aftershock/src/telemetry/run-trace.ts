import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue } from '../model/span-table.ts'
import type { TraceContext } from '../model/trace-context.ts'

/**
 * The run's own trace, with the names chaostoolkit-opentracing gives: `experiment` → `hypothesis`, `method` →
 * `activity: <name>`, `rollbacks`. Spans are plain data; the caller stores and exports them.
 */
export type RunTrace = {
  readonly traceId: string
  readonly root: OpenSpan
  /** Opens a span below `parent` (default: the experiment). */
  start(name: string, options?: SpanStart): OpenSpan
  /** Ends the experiment and everything still open, children first; idempotent. @returns all spans */
  end(end?: SpanEnd): readonly SpanInput[]
}

export type SpanStart = {
  readonly attributes?: Attributes | undefined
  readonly parent?: OpenSpan | undefined
  /** OTLP: 1 internal (default), 3 client. */
  readonly kind?: number | undefined
}

export type SpanEnd = {
  readonly attributes?: Attributes | undefined
  /** Gives status ERROR and an exception event. */
  readonly error?: SpanError | undefined
}

export type SpanError = {
  readonly message: string
  readonly type?: string | undefined
  /** A traceback, as its language writes it. */
  readonly stack?: string | undefined
}

export type OpenSpan = {
  readonly spanId: string
  set(attributes: Attributes): void
  event(name: string, attributes?: Attributes): void
  /** At most 128 are kept, as SDKs do. */
  link(traceId: string, spanId: string): void
  end(end?: SpanEnd): void
}

export type Attributes = Readonly<Record<string, AttributeValue>>

/** Whose names the spans have: the Chaos Toolkit's, or those of a run whose chaos phase is such an experiment. */
export type RunShape = 'experiment' | 'run'

export type RunTraceOptions = {
  /** Of the root span. */
  readonly name?: RunShape | undefined
  readonly attributes: Attributes
  /** Whoever started us is traced: the experiment is a part of its trace. */
  readonly parent?: TraceContext | undefined
  /** Called with each span as it ends, for exporters. */
  readonly onEnd?: ((span: SpanInput) => void) | undefined
}

const linksMax = 128

/** @param random - for the ids, so that a seed replays them */
export function startRunTrace(nowNs: () => bigint, random: () => number, options: RunTraceOptions): RunTrace {
  const { parent: outside, onEnd = () => undefined } = options
  const traceId = outside?.traceId ?? hex(random, 32)
  const open = new Set<OpenSpan>()
  const done: SpanInput[] = []
  const startSpan = (name: string, start: SpanStart, parentSpanId: string | undefined): OpenSpan => {
    const spanId = hex(random, 16)
    const startNs = nowNs()
    const attributes: Record<string, AttributeValue> = { ...start.attributes }
    const events: NonNullable<SpanInput['events']>[number][] = []
    const links: { traceId: string; spanId: string }[] = []
    const span: OpenSpan = {
      spanId,
      set: (more) => Object.assign(attributes, more),
      event: (name, attributes) => events.push({ name, timeNs: nowNs(), attributes }),
      link: (linked, id) => {
        if (links.length < linksMax) links.push({ traceId: linked, spanId: id })
      },
      end: ({ attributes: more, error } = {}) => {
        if (!open.delete(span)) return
        const endNs = nowNs()
        if (error !== undefined) events.push(exceptionEvent(error, endNs))
        const ended: SpanInput = {
          traceId,
          spanId,
          parentSpanId,
          name,
          kind: start.kind ?? 1,
          startNs,
          endNs,
          status: error === undefined ? 0 : 2,
          statusMessage: error?.message,
          attributes: { ...attributes, ...more },
          events,
          links,
        }
        done.push(ended)
        onEnd(ended)
      },
    }
    open.add(span)
    return span
  }
  const root = startSpan(options.name ?? 'experiment', { attributes: options.attributes }, outside?.spanId)
  return {
    traceId,
    root,
    start: (name, start = {}) => startSpan(name, start, (start.parent ?? root).spanId),
    end: (end) => {
      // The last opened is the deepest; the root is the first.
      for (const span of [...open].reverse()) if (span !== root) span.end()
      root.end(end)
      return done
    },
  }
}

function exceptionEvent(error: SpanError, timeNs: bigint): NonNullable<SpanInput['events']>[number] {
  return {
    name: 'exception',
    timeNs,
    attributes: {
      'exception.type': error.type ?? 'Error',
      'exception.message': error.message,
      ...(error.stack === undefined ? {} : { 'exception.stacktrace': error.stack }),
    },
  }
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
