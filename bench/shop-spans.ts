import type { SpanGroup } from '../packages/aftershock/src/formats/otlp-groups.ts'
import { forkRandom, type Random } from '../packages/aftershock/src/model/random.ts'
import type { SpanInput } from '../packages/aftershock/src/model/span-input.ts'

/** Spans a trace: a checkout that goes through eight services. */
export const TRACE_SPANS = 13
/** From the start of a trace to the start of the next one, as if 150 k spans came in a second. */
export const TRACE_EVERY_NS = 86_000n
export const START_NS = 1_800_000_000_000_000_000n

const SERVICES = ['gateway', 'checkout', 'order', 'payment', 'inventory', 'catalog', 'shipping', 'cart']
const ROUTES = ['/checkout', '/orders/{id}', '/pay', '/stock/{sku}', '/items', '/ship', '/cart']

/**
 * Requests as a collector's batch processor sends them: the traces of a moment, a ResourceSpans for each
 * service, 12 attributes a span and a resource, two spans in a hundred failed with an exception event. Traces
 * begin one after the other, and a trace takes a second or less. The same seed gives the same bytes.
 */
export function* shopRequests(
  spans: number,
  spansPerRequest: number,
  traceEveryNs = TRACE_EVERY_NS,
): Generator<SpanGroup[]> {
  const random = forkRandom(1, 'ingest')
  let trace = 0
  for (let made = 0; made < spans; ) {
    const count = Math.min(spansPerRequest, spans - made)
    const byService = new Map<number, SpanInput[]>()
    for (let left = count; left > 0; left -= TRACE_SPANS) {
      const atNs = START_NS + BigInt(trace++) * traceEveryNs
      for (const [service, span] of traceSpans(random, atNs, Math.min(left, TRACE_SPANS))) {
        const others = byService.get(service)
        if (others === undefined) byService.set(service, [span])
        else others.push(span)
      }
    }
    made += count
    yield [...byService].map(([service, of]) => ({ resource: resourceOf(service, random), spans: of }))
  }
}

function* traceSpans(random: Random, atNs: bigint, count: number): Generator<[number, SpanInput]> {
  const traceId = hex(random, 16)
  let parentSpanId: string | undefined
  for (let i = 0; i < count; i++) {
    const service = i === 0 ? 0 : Math.floor(random() * SERVICES.length)
    const startNs = atNs + BigInt(Math.floor(random() * 5e8))
    const span = shopSpan(random, { traceId, parentSpanId, startNs, service })
    yield [service, span]
    parentSpanId = span.spanId
  }
}

function shopSpan(
  random: Random,
  {
    traceId,
    parentSpanId,
    startNs,
    service,
  }: Pick<SpanInput, 'traceId' | 'parentSpanId' | 'startNs'> & { service: number },
): SpanInput {
  const route = ROUTES[Math.floor(random() * ROUTES.length)] ?? ''
  const failed = random() < 0.02
  const message = 'no answer within 500 ms'
  return {
    traceId,
    spanId: hex(random, 8),
    parentSpanId,
    name: `POST ${route}`,
    kind: random() < 0.5 ? 2 : 3,
    startNs,
    endNs: startNs + BigInt(Math.floor(random() * 1e8)),
    status: failed ? 2 : 0,
    attributes: {
      'http.request.method': 'POST',
      'http.route': route,
      'url.path': route,
      'url.scheme': 'http',
      'server.address': `${SERVICES[service]}.default.svc`,
      'server.port': 8080,
      'http.response.status_code': failed ? 503 : 200,
      'network.protocol.version': '1.1',
      'network.peer.address': `10.1.${Math.floor(random() * 255)}.${Math.floor(random() * 255)}`,
      'user_agent.original': 'undici',
      'thread.id': Math.floor(random() * 64),
      'app.order.id': hex(random, 8),
    },
    events: failed
      ? [
          {
            name: 'exception',
            timeNs: startNs,
            attributes: { 'exception.type': 'TimeoutError', 'exception.message': message },
          },
        ]
      : [],
  }
}

/** Four pods a service. */
function resourceOf(service: number, random: Random) {
  const name = SERVICES[service] ?? ''
  const pod = `${name}-7d4b9c-x${Math.floor(random() * 4)}`
  return {
    'service.name': name,
    'service.version': '1.14.2',
    'service.namespace': 'shop',
    'k8s.pod.name': pod,
    'k8s.namespace.name': 'default',
    'k8s.node.name': 'node-3.example',
    'host.name': pod,
    'host.arch': 'amd64',
    'os.type': 'linux',
    'process.pid': 17,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': '2.12.1',
  }
}

function hex(random: Random, bytes: number): string {
  let text = ''
  for (let i = 0; i < bytes / 4; i++)
    text += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return text
}
