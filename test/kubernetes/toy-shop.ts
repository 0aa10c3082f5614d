import { randomBytes } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export type ToyShop = {
  /** `POST http://…/checkout`. */
  readonly checkout: string
  close(): Promise<void>
}

/**
 * Two services that stand for pods of the cluster: `gateway` calls `payment`, and payment's answers are on
 * their way as long as `delayMs` says for its pod. Their spans go to an OTLP/HTTP receiver, as pods' would.
 */
export async function toyShop(
  namespace: string,
  otlpPort: number,
  delayMs: (pod: string) => number,
): Promise<ToyShop> {
  let batch: object[] = []
  let count = 0
  const server = createServer((request, response) => {
    const traceparent = /^00-([0-9a-f]{32})-([0-9a-f]{16})/.exec(String(request.headers.traceparent ?? ''))
    const pod = `payment-${count++ % 2}`
    const startMs = Date.now()
    const waitMs = 5 + delayMs(pod)
    setTimeout(() => {
      const endMs = Date.now() + 2
      const traceId = traceparent?.[1] ?? randomBytes(16).toString('hex')
      const [a, b, c] = [0, 1, 2].map(() => randomBytes(8).toString('hex'))
      batch.push(
        group('gateway', 'gateway-0', namespace, [
          span(traceId, a, traceparent?.[2], 2, 'POST /checkout', startMs - 1, endMs),
          span(traceId, b, a, 3, 'POST', startMs, endMs - 1),
        ]),
        group('payment', pod, namespace, [span(traceId, c, b, 2, 'POST /pay', startMs + 1, startMs + 4)]),
      )
      response.writeHead(200).end('{}')
    }, waitMs)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const flush = setInterval(() => {
    const resourceSpans = batch
    batch = []
    if (resourceSpans.length === 0) return
    const headers = { 'content-type': 'application/json' }
    void fetch(`http://127.0.0.1:${otlpPort}/v1/traces`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ resourceSpans }),
    })
      .then((answer) => answer.arrayBuffer())
      // Between two runs nobody listens.
      .catch(() => undefined)
  }, 200)
  return {
    checkout: `POST http://127.0.0.1:${(server.address() as AddressInfo).port}/checkout`,
    close: async () => {
      clearInterval(flush)
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function group(service: string, pod: string, namespace: string, spans: readonly object[]): object {
  const attributes = [
    ['service.name', service],
    ['k8s.pod.name', pod],
    ['k8s.namespace.name', namespace],
    ['service.instance.id', pod],
  ].map(([key, stringValue]) => ({ key, value: { stringValue } }))
  return { resource: { attributes }, scopeSpans: [{ spans }] }
}

function span(
  traceId: string,
  spanId: string | undefined,
  parentSpanId: string | undefined,
  kind: number,
  name: string,
  startMs: number,
  endMs: number,
): object {
  const [startTimeUnixNano, endTimeUnixNano] = [startMs, endMs].map((ms) => `${BigInt(ms) * 1_000_000n}`)
  const attributes = [
    { key: 'http.request.method', value: { stringValue: 'POST' } },
    { key: 'http.response.status_code', value: { intValue: '200' } },
  ]
  return {
    traceId,
    spanId,
    ...(parentSpanId && { parentSpanId }),
    kind,
    name,
    startTimeUnixNano,
    endTimeUnixNano,
    attributes,
  }
}
