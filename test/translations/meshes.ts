import type { SpanInput } from '../../packages/aftershock/src/model/span-input.ts'
import { CLIENT, SERVER } from '../../packages/aftershock/src/model/span-kind.ts'
import { besideCalls, isLost, timesIn, timesOut, toldByProxy } from './beside-calls.ts'
import {
  type Attributes,
  httpMethodOf,
  httpStatusOf,
  idBeside,
  isGrpc,
  isTimeout,
  type Said,
  textIn,
} from './said.ts'

/** What a proxy beside each end of a call says of it; undefined: nothing of this one. */
type Words = {
  /** Who the proxy beside a service says that it is. */
  readonly who: (said: Said) => Pick<Said, 'service' | 'pod' | 'resource'>
  /** The caller's own span, which speaks to its proxy. */
  readonly asked: (span: SpanInput, isGone: boolean) => SpanInput
  readonly out: (call: SpanInput, answer: SpanInput | undefined) => Told | undefined
  readonly in: (said: Said, call: SpanInput) => Told | undefined
}

type Told = {
  readonly name: string
  readonly attributes: Attributes
  readonly status: number
  readonly statusMessage?: string
}

/**
 * Linkerd: a span at each end, all from one `linkerd-proxy`, named after the path; none where no answer came. What runs
 * below such a call names a parent that nobody sends.
 *
 * @see https://linkerd.io/2/tasks/distributed-tracing/
 */
export const linkerd = beside({
  who: ({ pod }) => ({
    ...{ service: 'linkerd-proxy', pod },
    resource: { 'service.name': 'linkerd-proxy', 'k8s.container.name': 'linkerd-proxy', 'host.name': pod },
  }),
  asked: (span, isGone) => (isGone ? toldByProxy(span, 504) : span),
  out: (call, answer) =>
    answer === undefined || isTimeout(call) ? undefined : linkerdSpan(call, answer, 'outbound'),
  in: ({ span }, call) => (isTimeout(call) ? undefined : linkerdSpan(call, span, 'inbound')),
})

function linkerdSpan(call: SpanInput, answer: SpanInput, direction: string): Told {
  const to = textIn(call, 'server.address', 'net.peer.name')
  return {
    name: pathOf(call),
    attributes: {
      direction,
      'http.request.method': isGrpc(call) ? 'POST' : httpMethodOf(call),
      'url.path': pathOf(call),
      'server.address': to,
      'http.response.status_code': String(isGrpc(call) ? 200 : httpStatusOf(answer) || 200),
    },
    status: 0,
  }
}

/**
 * Dapr: the caller asks its sidecar on localhost, which asks the callee's sidecar, which asks the callee; each says so
 * under its application's id.
 *
 * @see https://docs.dapr.io/operations/observability/tracing/tracing-overview/
 */
export function dapr(idOf: (service: string) => string): (spans: readonly Said[]) => readonly Said[] {
  return beside({
    who: ({ service, pod }) => ({
      ...{ service: idOf(service), pod },
      resource: { 'service.name': idOf(service), 'k8s.pod.name': pod, 'telemetry.sdk.language': 'go' },
    }),
    asked: (span, isGone) => {
      const local = { ...span, attributes: localWords(span, idOf) }
      return isGone ? toldByProxy(local, 500) : local
    },
    out: (call, answer) => {
      const to = idOf(textIn(call, 'server.address', 'net.peer.name'))
      const code = answer === undefined || isTimeout(call) ? 500 : httpStatusOf(answer) || 200
      return {
        name: `CallLocal/${to}${pathOf(call)}`,
        attributes: {
          'dapr.api': `POST ${invoked(call, idOf)}`,
          'dapr.protocol': 'http',
          'dapr.status_code': String(code),
          'net.peer.name': to,
          'rpc.service': 'ServiceInvocation',
        },
        status: code >= 500 ? 2 : 0,
      }
    },
    in: ({ service, span }) => ({
      name: `CallLocal/${idOf(service)}${pathOf(span)}`,
      attributes: {
        'dapr.api': '/dapr.proto.internals.v1.ServiceInvocation/CallLocal',
        'dapr.invoke_method': pathOf(span).slice(1),
        'dapr.protocol': 'grpc',
        'rpc.service': 'ServiceInvocation',
      },
      status: httpStatusOf(span) >= 500 ? 2 : 0,
    }),
  })
}

function localWords(span: SpanInput, idOf: (service: string) => string): Attributes {
  const gone = ['url.full', 'http.url', 'net.peer.name', 'server.address']
  const kept = Object.entries(span.attributes ?? {}).filter(([name]) => !gone.includes(name))
  const port = isGrpc(span) ? 50001 : 3500
  const attributes = { ...Object.fromEntries(kept), 'server.address': '127.0.0.1', 'server.port': port }
  return isGrpc(span)
    ? attributes
    : { ...attributes, 'url.full': `http://127.0.0.1:3500${invoked(span, idOf)}` }
}

function invoked(call: SpanInput, idOf: (service: string) => string): string {
  return `/v1.0/invoke/${idOf(textIn(call, 'server.address', 'net.peer.name'))}/method${pathOf(call)}`
}

function pathOf(span: SpanInput): string {
  if (isGrpc(span)) return `/${textIn(span, 'rpc.service')}/${textIn(span, 'rpc.method')}`
  const url = textIn(span, 'url.full', 'http.url')
  return url === '' ? textIn(span, 'url.path', 'http.route', 'http.target') : new URL(url).pathname
}

/** Two spans more for each call: of the caller's proxy below the caller's, of the callee's above the callee's. */
function beside(words: Words): (spans: readonly Said[]) => readonly Said[] {
  return besideCalls({
    caller: (said, answer) => outbound(words, said, answer),
    callee: (said, call) => inbound(words, said, call),
  })
}

function outbound(words: Words, said: Said, answer: SpanInput | undefined): readonly Said[] {
  const { span } = said
  const told = words.out(span, answer)
  const own = { ...said, span: words.asked(span, isLost(span, answer)) }
  if (told === undefined) return [own]
  const ids = { traceId: span.traceId, spanId: idBeside(span, 'out'), parentSpanId: span.spanId }
  return [own, { ...words.who(said), span: { ...ids, ...told, ...timesOut(span), kind: CLIENT } }]
}

function inbound(words: Words, said: Said, call: SpanInput): readonly Said[] {
  const { span } = said
  const own = { ...said, span: { ...span, parentSpanId: idBeside(span, 'in') } }
  const told = words.in(said, call)
  if (told === undefined) return [own]
  const ids = { traceId: span.traceId, spanId: idBeside(span, 'in'), parentSpanId: idBeside(call, 'out') }
  return [{ ...words.who(said), span: { ...ids, ...told, ...timesIn(span, call), kind: SERVER } }, own]
}
