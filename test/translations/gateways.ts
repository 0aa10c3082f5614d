import type { SpanInput } from '../../packages/aftershock/src/model/span-input.ts'
import { CLIENT, INTERNAL, SERVER } from '../../packages/aftershock/src/model/span-kind.ts'
import { type Attributes, httpStatusOf, idBeside, isHttp, type Said, textIn } from './said.ts'

type Layer = { readonly what: string; readonly kind: number }

/** NGINX with its OpenTelemetry module in front of all: a span of what it answered, none of what it asked. */
export const behindNginx = behind('nginx', [{ what: 'location', kind: SERVER }])

/** Traefik in front of all: the entry point, its router and service, and the call. */
export const behindTraefik = behind('traefik', [
  { what: 'EntryPoint web', kind: SERVER },
  { what: 'Router', kind: INTERNAL },
  { what: 'Service', kind: INTERNAL },
  { what: 'ReverseProxy', kind: CLIENT },
])

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

function spanOf(root: SpanInput, { what, kind }: Layer, up: Layer | undefined, roomNs: bigint): SpanInput {
  return {
    ...{ traceId: root.traceId, spanId: idBeside(root, what), kind },
    ...(up === undefined ? {} : { parentSpanId: idBeside(root, up.what) }),
    name: kind === SERVER ? root.name : what,
    ...{ startNs: root.startNs - roomNs, endNs: root.endNs + roomNs },
    status: kind !== INTERNAL && httpStatusOf(root) >= 500 ? 2 : 0,
    attributes: kind === INTERNAL ? {} : wordsOf(root, kind),
  }
}

function wordsOf(root: SpanInput, kind: number): Attributes {
  const path = textIn(root, 'url.path', 'http.target', 'http.route')
  return {
    'http.request.method': textIn(root, 'http.request.method', 'http.method'),
    'http.response.status_code': httpStatusOf(root) || 200,
    ...(kind === CLIENT
      ? { 'url.full': `http://gateway:8080${path}`, 'server.address': 'gateway' }
      : { 'url.path': path, 'http.route': textIn(root, 'http.route') || path }),
  }
}
