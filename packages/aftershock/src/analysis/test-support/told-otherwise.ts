import type { SpanInput } from '../../model/span-input.ts'
import { luckOf } from './luck.ts'
import type { SimulatedSpan } from './scene.ts'
import type { Simulated } from './simulate.ts'

/** How the same happenings are told: which conventions a service follows, what it does not say, what is kept. */
export type Telling = {
  readonly seed: number
  /** Share of services that say it in the conventions of 2021, and of those that say it in gRPC. */
  readonly oldShare: number
  readonly grpcShare: number
  /** Share of services without client spans: their callees' spans hang below their own. */
  readonly noClientShare: number
  /** Share of traces that were kept. */
  readonly sampledShare: number
}

export function toldOtherwise(spans: readonly SimulatedSpan[], telling: Telling): readonly SimulatedSpan[] {
  const { seed, sampledShare } = telling
  const kept = spans.filter(({ span }) => luckOf(seed, `${rootOf(span)} sampled`) < sampledShare)
  return withoutClients(kept, telling).map((one) => ({ ...one, span: dialect(one, telling) }))
}

/** What of it the traces that were kept can show: who tells of no calls tells of no mechanism either. */
export function tellable(run: Simulated, telling: Telling): Simulated {
  const isKept = (traceId: string): boolean =>
    luckOf(telling.seed, `${traceId} sampled`) < telling.sampledShare
  const happened = [...run.happened].flatMap(([key, places]) => {
    const [kind, edge] = key.split(' ')
    const caller = edge.slice(0, edge.indexOf('>'))
    if (kind !== 'load-shed' && kind !== 'fallback' && isMute(caller, telling)) return []
    return [[key, new Set([...places].filter((place) => isKept(place.slice(0, TRACE_ID))))] as const]
  })
  const requests = run.requests.filter((request) => isKept(request.traceId))
  const measured = new Map(
    [...run.measured].map(([key, values]) => [
      key,
      new Map([...values].filter(([place]) => isKept(place.slice(0, TRACE_ID)))),
    ]),
  )
  return { ...run, requests, measured, happened: new Map(happened) }
}

const TRACE_ID = 32

function isMute(service: string, { seed, noClientShare }: Telling): boolean {
  return luckOf(seed, `${service} no client`) < noClientShare
}

/** Whoever receives a message is sampled with its sender. */
function rootOf(span: SpanInput): string {
  return span.links?.[0]?.traceId ?? span.traceId
}

function withoutClients(spans: readonly SimulatedSpan[], telling: Telling): readonly SimulatedSpan[] {
  const gone = new Map(
    spans.flatMap(({ service, span }) =>
      span.kind === 3 && isMute(service, telling) ? [[span.spanId, span.parentSpanId] as const] : [],
    ),
  )
  return spans
    .filter(({ span }) => !gone.has(span.spanId))
    .map((one) => {
      const { parentSpanId } = one.span
      return parentSpanId === undefined || !gone.has(parentSpanId)
        ? one
        : { ...one, span: { ...one.span, parentSpanId: gone.get(parentSpanId) } }
    })
}

function dialect({ service, span }: SimulatedSpan, telling: Telling): SpanInput {
  const { attributes } = span
  if (attributes === undefined || attributes['http.request.method'] === undefined) return span
  const callee = attributes['server.address']
  // Both ends of a call speak one protocol: the callee's.
  const protocolOf = typeof callee === 'string' ? callee : service
  if (luckOf(telling.seed, `${protocolOf} grpc`) < telling.grpcShare) return grpc(span, protocolOf)
  if (luckOf(telling.seed, `${service} old`) < telling.oldShare) return old(span)
  return span
}

const OLD: Readonly<Record<string, string>> = {
  'http.request.method': 'http.method',
  'http.response.status_code': 'http.status_code',
  'url.path': 'http.target',
  'server.address': 'net.peer.name',
  'server.port': 'net.peer.port',
}

const SAID: Readonly<Record<string, string>> = {
  timeout: 'timeout of the call exceeded',
  ECONNREFUSED: 'connect ECONNREFUSED',
  ECONNRESET: 'read ECONNRESET',
  AbortError: 'This operation was aborted',
}

/** Old conventions have no error.type: the message says it. */
function old(span: SpanInput): SpanInput {
  const attributes = Object.fromEntries(
    Object.entries(span.attributes ?? {})
      .filter(([key]) => key !== 'error.type')
      .map(([key, value]) => [OLD[key] ?? key, value]),
  )
  const type = span.attributes?.['error.type']
  return { ...span, attributes, ...(type === undefined ? {} : { statusMessage: SAID[String(type)] }) }
}

function grpc(span: SpanInput, service: string): SpanInput {
  const { attributes = {} } = span
  const path = String(attributes['http.route'] ?? attributes['url.path']).slice(1)
  const type = attributes['error.type']
  return {
    ...span,
    name: `${service}.Api/${path}`,
    attributes: {
      ...{ 'rpc.system': 'grpc', 'rpc.service': `${service}.Api`, 'rpc.method': path },
      'rpc.grpc.status_code': codeOf(Number(attributes['http.response.status_code'] ?? 0), type),
      ...(attributes['server.address'] === undefined
        ? {}
        : { 'server.address': attributes['server.address'], 'server.port': 8080 }),
    },
    ...(type === undefined ? {} : { statusMessage: SAID[String(type)] }),
  }
}

function codeOf(status: number, type: unknown): number {
  if (type === 'timeout' || status === 504) return 4
  if (type === 'AbortError') return 1
  if (type !== undefined || status === 503) return 14
  return status >= 500 ? 13 : 0
}
