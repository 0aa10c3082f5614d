import type { SpanGroup } from '../packages/aftershock/src/formats/otlp-groups.ts'
import { encodeOtlpProtobuf } from '../packages/aftershock/src/formats/otlp-protobuf-encode.ts'
import { type Random, seededRandom } from '../packages/aftershock/src/model/random.ts'
import type { SpanInput } from '../packages/aftershock/src/model/span-input.ts'

export type GeneratedRequests = { readonly spans: number; readonly groups: readonly SpanGroup[][] }

const START_NS = 1_767_225_600_000_000_000n

/**
 * Requests as an SDK's batch processor sends them: 512 spans of one service each, 12 attributes a span,
 * two in a hundred failed with an exception event. The same seed gives the same bytes.
 */
export function generateRequests(spans: number, seed = 1): GeneratedRequests {
  const random = seededRandom(seed)
  const hex = (digits: number): string => {
    let text = ''
    while (text.length < digits)
      text += Math.floor(random() * 2 ** 32)
        .toString(16)
        .padStart(8, '0')
    return text
  }
  const groups: SpanGroup[][] = []
  let traceId = hex(32)
  let parentSpanId: string | undefined
  for (let made = 0; made < spans; made += 512) {
    const service = `service-${Math.floor(random() * 20)}`
    const batch = Array.from({ length: Math.min(512, spans - made) }, (_, i): SpanInput => {
      if ((made + i) % 8 === 0) {
        traceId = hex(32)
        parentSpanId = undefined
      }
      const span = generatedSpan(random, traceId, hex(16), parentSpanId, made + i)
      parentSpanId = span.spanId
      return span
    })
    groups.push([{ resource: resourceOfService(service), spans: batch }])
  }
  return { spans, groups }
}

export function protobufBodies(requests: GeneratedRequests): Uint8Array[] {
  return requests.groups.map((groups) => encodeOtlpProtobuf(groups))
}

function resourceOfService(service: string) {
  return {
    'service.name': service,
    'service.version': '1.4.2',
    'k8s.namespace.name': 'shop',
    'k8s.pod.name': `${service}-7d9f8b6c5-x2x4z`,
    'telemetry.sdk.language': 'nodejs',
    'telemetry.sdk.version': '2.1.0',
  }
}

function generatedSpan(
  random: Random,
  traceId: string,
  spanId: string,
  parentSpanId: string | undefined,
  index: number,
): SpanInput {
  const route = `/api/v1/things/${index % 40}`
  const startNs = START_NS + BigInt(index) * 20_000n + BigInt(Math.floor(random() * 1e6))
  const failed = random() < 0.02
  const message = `connect ECONNREFUSED 10.0.0.${index % 20}:8080`
  return {
    traceId,
    spanId,
    parentSpanId,
    name: `GET ${route}`,
    kind: parentSpanId === undefined ? 2 : 3,
    startNs,
    endNs: startNs + BigInt(Math.floor(random() * 5e7)),
    status: failed ? 2 : 0,
    statusMessage: failed ? message : '',
    attributes: {
      'http.request.method': 'GET',
      'http.response.status_code': failed ? 503 : 200,
      'http.route': route,
      'url.path': `${route}?q=${index % 1000}`,
      'url.scheme': 'http',
      'server.address': `service-${index % 20}`,
      'server.port': 8080,
      'network.protocol.version': '1.1',
      'user_agent.original': 'node',
      'client.address': `10.1.${index % 200}.${index % 250}`,
      'thread.id': index % 64,
      'shop.customer.id': hexNumber(random),
    },
    events: failed
      ? [
          {
            name: 'exception',
            timeNs: startNs,
            attributes: { 'exception.type': 'Error', 'exception.message': message },
          },
        ]
      : [],
  }
}

function hexNumber(random: Random): string {
  return Math.floor(random() * 2 ** 32).toString(16)
}
