/** The sending side of ingest.ts: bodies of 512 spans made beforehand, sent over kept-alive connections. */
import { Agent, request } from 'node:http'
import { gzipSync } from 'node:zlib'
import { encodeOtlpProtobuf } from '../packages/aftershock/src/formats/otlp-protobuf-encode.ts'
import { forkRandom } from '../packages/aftershock/src/model/random.ts'
import type { SpanInput } from '../packages/aftershock/src/model/span-input.ts'

const target = new URL(process.env.TARGET ?? '')
const spans = Number(process.env.SPANS)
const connections = Number(process.env.CONNECTIONS)
const BODY_SPANS = 512
const TRACE_SPANS = 13
const SERVICES = ['gateway', 'checkout', 'order', 'payment', 'inventory', 'catalog', 'shipping', 'cart']
const ROUTES = ['/checkout', '/orders/{id}', '/pay', '/stock/{sku}', '/items', '/ship', '/cart']
const random = forkRandom(1, 'ingest')
const hex = (bytes: number): string => {
  let text = ''
  for (let i = 0; i < bytes / 4; i++)
    text += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0')
  return text
}
const startNs = 1_800_000_000_000_000_000n
let made = 0
let traceId = hex(16)

const bodies = Array.from({ length: Math.ceil(spans / BODY_SPANS) }, makeBody)
const agent = new Agent({ keepAlive: true, maxSockets: connections })
process.on('message', () => void sendAll())
process.send?.('ready')

async function sendAll(): Promise<void> {
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < bodies.length) {
      const body = bodies[next++] as Buffer
      while ((await post(body)) !== 200) await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }
  await Promise.all(Array.from({ length: connections }, sender))
  process.send?.('done')
  agent.destroy()
}

function post(body: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'gzip',
      'content-length': body.length,
    }
    const sent = request(target, { method: 'POST', agent, headers }, (response) => {
      response.resume()
      response.once('end', () => resolve(response.statusCode ?? 0))
    })
    sent.once('error', reject)
    sent.end(body)
  })
}

function makeBody(): Buffer {
  const count = Math.min(BODY_SPANS, spans - made)
  const groups = [0, 1, 2, 3].map((group) => {
    const service = SERVICES[Math.floor(random() * SERVICES.length)] ?? ''
    return {
      resource: {
        'service.name': service,
        'service.version': '1.14.2',
        'service.namespace': 'shop',
        'k8s.pod.name': `${service}-7d4b9c-x${group}`,
        'k8s.namespace.name': 'default',
        'k8s.node.name': 'node-3.example',
        'host.name': `${service}-7d4b9c-x${group}`,
        'host.arch': 'amd64',
        'os.type': 'linux',
        'process.pid': 17,
        'telemetry.sdk.language': 'nodejs',
        'telemetry.sdk.version': '2.12.1',
      },
      spans: Array.from({ length: Math.ceil(count / 4) }, () => makeSpan(service)).slice(
        0,
        Math.max(0, count - group * Math.ceil(count / 4)),
      ),
    }
  })
  made += count
  return gzipSync(encodeOtlpProtobuf(groups))
}

function makeSpan(service: string): SpanInput {
  if (random() < 1 / TRACE_SPANS) traceId = hex(16)
  const at = startNs + BigInt(Math.floor(random() * 3.6e12))
  const route = ROUTES[Math.floor(random() * ROUTES.length)] ?? ''
  const failed = random() < 0.02
  return {
    traceId,
    spanId: hex(8),
    parentSpanId: random() < 1 / TRACE_SPANS ? undefined : hex(8),
    name: `POST ${route}`,
    kind: random() < 0.5 ? 2 : 3,
    startNs: at,
    endNs: at + BigInt(Math.floor(random() * 1e8)),
    status: failed ? 2 : 0,
    attributes: {
      'http.request.method': 'POST',
      'http.route': route,
      'url.path': route,
      'url.scheme': 'http',
      'server.address': `${service}.default.svc`,
      'server.port': 8080,
      'http.response.status_code': failed ? 503 : 200,
      'network.protocol.version': '1.1',
      'network.peer.address': `10.1.${Math.floor(random() * 255)}.${Math.floor(random() * 255)}`,
      'user_agent.original': 'undici',
      'thread.id': Math.floor(random() * 64),
      'app.order.id': hex(8),
    },
    events: failed
      ? [
          {
            name: 'exception',
            timeNs: at,
            attributes: { 'exception.type': 'TimeoutError', 'exception.message': 'no answer within 500 ms' },
          },
        ]
      : [],
  }
}
