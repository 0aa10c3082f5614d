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

/** How a mesh tells of itself: a span or two for each proxy (`spawn_upstream_span`), and under whose name. */
export type Mesh = { readonly spansEach: 1 | 2; readonly named: 'app' | 'app.namespace' }

/**
 * Envoy beside both ends of each call, as Istio sets it up: app → outbound proxy → inbound proxy → app. What the
 * network did to a call the caller learns from its proxy: 503 with a flag. All values are texts.
 *
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/observability/tracing
 */
export function sidecars(mesh: Mesh): (spans: readonly Said[]) => readonly Said[] {
  return besideCalls({
    caller: (said, answer) => outbound(said, answer, mesh),
    callee: (said, call) => inbound(said, call, mesh),
  })
}

function outbound(said: Said, answer: SpanInput | undefined, mesh: Mesh): readonly Said[] {
  const { span } = said
  const isGone = isLost(span, answer)
  const to = textIn(span, 'server.address', 'net.peer.name')
  const status = answer !== undefined && !isTimeout(span) ? httpStatusOf(answer) || 200 : isGone ? 503 : 0
  const proxied = proxy(said, mesh, {
    ids: [idBeside(span, 'egress'), idBeside(span, 'egress upstream')],
    parent: span.spanId,
    kind: CLIENT,
    name: `${to}.default.svc.cluster.local:8080/*`,
    times: timesOut(span),
    attributes: {
      ...spoken(span, status, isTimeout(span) ? 'DC' : isGone ? 'UF,URX' : '-'),
      'upstream_cluster.name': `outbound|8080||${to}.default.svc.cluster.local`,
    },
  })
  return [isGone ? { ...said, span: toldByProxy(span, 503) } : said, ...proxied]
}

function inbound(said: Said, call: SpanInput, mesh: Mesh): readonly Said[] {
  const { span } = said
  const isLeft = isTimeout(call)
  const last = mesh.spansEach === 2 ? 'ingress upstream' : 'ingress'
  const above = mesh.spansEach === 2 ? 'egress upstream' : 'egress'
  return [
    ...proxy(said, mesh, {
      ids: [idBeside(span, 'ingress'), idBeside(span, 'ingress upstream')],
      parent: idBeside(call, above),
      kind: SERVER,
      name: `${said.service}.default.svc.cluster.local:8080/*`,
      times: timesIn(span, call),
      attributes: {
        ...spoken(span, isLeft ? 0 : httpStatusOf(span) || 200, isLeft ? 'DC' : '-'),
        'upstream_cluster.name': 'inbound|8080||',
      },
    }),
    { ...said, span: { ...span, parentSpanId: idBeside(span, last) } },
  ]
}

function spoken(span: SpanInput, status: number, flags: string): Attributes {
  const code = textIn(span, 'rpc.grpc.status_code')
  return {
    ...{
      component: 'proxy',
      'http.protocol': 'HTTP/1.1',
      'http.status_code': String(isGrpc(span) && status === 503 ? 200 : status),
    },
    'http.method': isGrpc(span) ? 'POST' : httpMethodOf(span),
    'http.url': textIn(span, 'url.full', 'http.url') || `http://${span.name.replace(/^.* /, '')}`,
    ...{
      response_flags: flags,
      upstream_cluster: 'outbound|8080||',
      node_id: 'sidecar~10.0.0.1~pod.default~default.svc',
    },
    ...(isGrpc(span) && status !== 0 && code !== '' ? { 'grpc.status_code': code } : {}),
  }
}

type Proxied = {
  readonly ids: readonly [string, string]
  readonly parent: string
  readonly kind: number
  readonly name: string
  readonly times: Pick<SpanInput, 'startNs' | 'endNs'>
  readonly attributes: Attributes
}

function proxy(
  said: Said,
  mesh: Mesh,
  { ids, parent, kind, name, times, attributes }: Proxied,
): readonly Said[] {
  const failed =
    Number(attributes['http.status_code']) >= 500 || Number(attributes['grpc.status_code'] ?? 0) > 0
  const who =
    mesh.named === 'app'
      ? { service: said.service, pod: said.pod }
      : { service: `${said.service}.default`, pod: said.pod }
  const span = (spanId: string, up: string, as: number): Said => ({
    ...who,
    span: {
      ...{ traceId: said.span.traceId, spanId, parentSpanId: up, name, kind: as },
      ...{ ...times, status: failed ? 2 : 0 },
      attributes: failed ? { ...attributes, error: 'true' } : attributes,
    },
  })
  return mesh.spansEach === 1
    ? [span(ids[0], parent, kind)]
    : [span(ids[0], parent, SERVER), span(ids[1], ids[0], CLIENT)]
}
