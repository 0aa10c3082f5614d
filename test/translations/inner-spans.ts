import type { SpanInput } from '../../packages/aftershock/src/model/span-input.ts'
import { CLIENT, INTERNAL, SERVER } from '../../packages/aftershock/src/model/span-kind.ts'
import { durationOf, idBeside, isCall, kinOf, least, type Said, wordsOf } from './said.ts'

/**
 * As the Java agent tells it: a span for the controller's method between a server span and what it does, one for the
 * repository's around each query; what was thrown is an event on both.
 */
export function javaAgent(spans: readonly Said[]): readonly Said[] {
  const { parent, children } = kinOf(spans)
  return spans.flatMap((said, i) => {
    const up = parent[i] === -1 ? undefined : spans[parent[i]]
    if (said.span.kind === SERVER && children[i].length > 0) return [said, controller(said)]
    if (up === undefined || up.service !== said.service) return [said]
    const above = up.span.kind === SERVER ? idBeside(up.span, 'controller') : said.span.parentSpanId
    const span = { ...said.span, parentSpanId: above }
    if (said.span.kind !== CLIENT || isCall(said.span)) return [{ ...said, span }]
    return repository({ ...said, span })
  })
}

function controller(said: Said): Said {
  const { span } = said
  const room = least(20_000n, durationOf(span) / 50n)
  return {
    ...said,
    span: {
      ...inner(span, 'controller', span.spanId),
      name: `${camel(said.service)}Controller.${camel(span.name)}`,
      ...{ startNs: span.startNs + room, endNs: span.endNs - room },
      ...thrown(span),
    },
  }
}

function repository(said: Said): readonly Said[] {
  const { span } = said
  const outer: SpanInput = {
    ...inner(span, 'repository', span.parentSpanId),
    name: `${camel(said.service)}Repository.findById`,
    ...{ startNs: span.startNs, endNs: span.endNs },
    ...thrown(span),
  }
  return [
    { ...said, span: outer },
    { ...said, span: { ...span, parentSpanId: outer.spanId } },
  ]
}

function inner(
  span: SpanInput,
  what: string,
  parentSpanId: string | undefined,
): Pick<SpanInput, 'traceId' | 'spanId' | 'parentSpanId' | 'kind'> {
  return { traceId: span.traceId, spanId: idBeside(span, what), parentSpanId, kind: INTERNAL }
}

function thrown({ status, endNs, ...span }: SpanInput): Partial<SpanInput> {
  if (status !== 2) return {}
  const message = wordsOf({ ...span, status, endNs })
  const attributes = {
    'exception.type': 'org.springframework.web.client.RestClientException',
    'exception.message': message,
  }
  return { status: 2, events: [{ name: 'exception', timeNs: endNs, attributes }] }
}

function camel(text: string): string {
  return text
    .split(/[^A-Za-z]+/)
    .filter((word) => word !== '')
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
}

/** Callback style: a span of its own above the calls of a request that ends as soon as it has begun them. */
export function endsBeforeChildren(spans: readonly Said[]): readonly Said[] {
  const { parent, children } = kinOf(spans)
  return spans.flatMap((said, i) => {
    const { span } = said
    const up = parent[i] === -1 ? undefined : spans[parent[i]]
    if (span.kind === SERVER && children[i].length > 0) {
      const first = children[i].map((c) => spans[c].span.startNs).reduce(least)
      const endNs = first + 10_000n < span.endNs ? first + 10_000n : span.endNs
      return [
        said,
        {
          ...said,
          span: { ...inner(span, 'handler', span.spanId), name: 'handler', startNs: span.startNs, endNs },
        },
      ]
    }
    if (span.kind !== CLIENT || up?.span.kind !== SERVER) return [said]
    return [{ ...said, span: { ...span, parentSpanId: idBeside(up.span, 'handler') } }]
  })
}

/** A client span ends when the answer's headers are there: good answers are read on for a third of their time. */
export function endsWithHeaders(spans: readonly Said[]): readonly Said[] {
  const { children } = kinOf(spans)
  return spans.map((said, i) => {
    const { span } = said
    if (!isCall(span) || span.status === 2 || children[i].length === 0) return said
    return { ...said, span: { ...span, endNs: span.startNs + (durationOf(span) * 2n) / 3n } }
  })
}
