import type { SpanInput } from '../../packages/aftershock/src/model/span-input.ts'
import { CLIENT, INTERNAL, SERVER } from '../../packages/aftershock/src/model/span-kind.ts'
import {
  type Attributes,
  httpMethodOf,
  httpPathOf,
  httpStatusOf,
  idBeside,
  isHttp,
  type Said,
  textIn,
} from './said.ts'

type Layer = {
  readonly what: string
  readonly kind: number
  readonly name: (root: SpanInput) => string
  readonly words: (root: SpanInput) => Attributes
  /** Whether an answer of 500 and more is an error to it. */
  readonly isStrict: boolean
}

/** NGINX with its OpenTelemetry module in front of all: a span of what it answered, none of what it asked. */
export const behindNginx = behind('nginx', [answering('location')])

/** Traefik in front of all: the entry point, its router and service, and the call. */
export const behindTraefik = behind('traefik', [
  answering('EntryPoint web'),
  within('Router'),
  within('Service'),
  {
    ...{ what: 'ReverseProxy', kind: CLIENT, name: () => 'ReverseProxy', isStrict: true },
    words: (root) => ({ ...answerOf(root), 'url.full': urlOf(root), 'server.address': 'gateway' }),
  },
])

/**
 * Kong with its OpenTelemetry plugin (kong/observability/tracing/instrumentation.lua): whatever is asked for, its span is
 * called `kong` and its route is the path that it is configured with; of the call it tells where it went, not how it ended.
 */
export const behindKong = behind('kong', [
  {
    ...{ what: 'kong', kind: SERVER, name: () => 'kong', isStrict: false },
    words: (root) => ({
      ...{
        'http.method': httpMethodOf(root),
        'http.url': urlOf(root),
        'http.status_code': httpStatusOf(root) || 200,
      },
      ...{ 'http.route': '/', 'http.host': 'gateway', 'http.scheme': 'http', 'net.peer.ip': '10.0.0.2' },
    }),
  },
  {
    ...{ what: 'kong.balancer', kind: CLIENT, name: () => 'kong.balancer', isStrict: false },
    words: (root) => ({
      ...{ try_count: 1, 'net.peer.ip': '10.0.0.9', 'net.peer.port': 8080, 'net.peer.name': 'gateway' },
      ...{ 'http.method': httpMethodOf(root), 'http.url': urlOf(root) },
    }),
  },
])

function answering(what: string): Layer {
  return {
    ...{ what, kind: SERVER, name: (root: SpanInput) => root.name, isStrict: true },
    words: (root) => ({
      ...answerOf(root),
      'url.path': httpPathOf(root),
      'http.route': textIn(root, 'http.route') || httpPathOf(root),
    }),
  }
}

function within(what: string): Layer {
  return { what, kind: INTERNAL, name: () => what, words: () => ({}), isStrict: false }
}

function answerOf(root: SpanInput): Attributes {
  return { 'http.request.method': httpMethodOf(root), 'http.response.status_code': httpStatusOf(root) || 200 }
}

function urlOf(root: SpanInput): string {
  return `http://gateway:8080${httpPathOf(root)}`
}

const STEP_NS = 40_000n

function behind(service: string, layers: readonly Layer[]): (spans: readonly Said[]) => readonly Said[] {
  return (spans) =>
    spans.flatMap((said) => {
      const { span } = said
      const isRoot = (span.parentSpanId ?? '') === ''
      if (!isRoot || span.kind !== SERVER || !isHttp(span)) return [said]
      const above = layers.map((layer, i) => ({
        ...{ service, pod: `${service}-0` },
        span: spanOf(span, layer, layers[i - 1], BigInt(layers.length - i) * STEP_NS),
      }))
      const parentSpanId = idBeside(span, layers.at(-1)?.what ?? '')
      return [...above, { ...said, span: { ...span, parentSpanId } }]
    })
}

function spanOf(root: SpanInput, layer: Layer, up: Layer | undefined, roomNs: bigint): SpanInput {
  return {
    ...{ traceId: root.traceId, spanId: idBeside(root, layer.what), kind: layer.kind },
    ...(up === undefined ? {} : { parentSpanId: idBeside(root, up.what) }),
    name: layer.name(root),
    ...{ startNs: root.startNs - roomNs, endNs: root.endNs + roomNs },
    status: layer.isStrict && httpStatusOf(root) >= 500 ? 2 : 0,
    attributes: layer.words(root),
  }
}
