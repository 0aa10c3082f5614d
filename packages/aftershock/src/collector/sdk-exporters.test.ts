import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SpanTable } from '../model/span-table.ts'
import type { Listener } from './listen.ts'
import { startOtlpGrpcReceiver } from './otlp-grpc-receiver.ts'
import { startOtlpHttpReceiver } from './otlp-http-receiver.ts'
import { type SpanCollector, startSpanCollector } from './span-collector.ts'

// The shop's dependencies: the exporters that users run, not ones we could have bent to our needs.
const shop = createRequire(new URL('../../../../examples/shop/package.json', import.meta.url))
const sdkNode = loadOf(() => createRequire(shop.resolve('@opentelemetry/sdk-node'))) ?? shop
const sdk = loadOf(() => sdkNode('@opentelemetry/sdk-trace-base'))
const EXPORTERS = ['proto', 'http', 'grpc'] as const

function loadOf<T>(load: () => T): T | undefined {
  try {
    return load()
  } catch {
    return undefined
  }
}

if (sdk === undefined)
  process.stderr.write('SKIPPED: the OpenTelemetry SDK is not installed (examples/shop)\n')

describe.skipIf(sdk === undefined)('spans of the real OpenTelemetry SDK arrive as they were made', () => {
  let collector: SpanCollector
  let http: Listener
  let grpc: Listener
  let table: SpanTable

  beforeAll(async () => {
    collector = await startSpanCollector()
    const address = { host: '127.0.0.1', port: 0 }
    http = await startOtlpHttpReceiver({ address, sink: collector.receive })
    grpc = await startOtlpGrpcReceiver({ address, sink: collector.receive })
    for (const kind of EXPORTERS)
      for (const compression of ['none', 'gzip']) await exportOne(kind, compression)
    table = await collector.finish()
  })
  afterAll(async () => {
    await http.close()
    await grpc.close()
  })

  async function exportOne(kind: (typeof EXPORTERS)[number], compression: string): Promise<void> {
    const { OTLPTraceExporter } = sdkNode(`@opentelemetry/exporter-trace-otlp-${kind}`)
    const { resourceFromAttributes } = sdkNode('@opentelemetry/resources')
    const url =
      kind === 'grpc'
        ? `http://127.0.0.1:${grpc.address.port}`
        : `http://127.0.0.1:${http.address.port}/v1/traces`
    const exporter = new OTLPTraceExporter({ url, compression })
    const provider = new sdk.BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': `${kind} ${compression}`, 'k8s.pod.name': 'p-0' }),
      spanProcessors: [new sdk.BatchSpanProcessor(exporter)],
    })
    const span = provider.getTracer('test', '1').startSpan('GET /ünï', {
      kind: 2,
      startTime: [1_800_000_000, 123_456_789],
      attributes: { 'http.response.status_code': 503, ratio: 0.5, ok: true, tags: ['a', 'b'] },
    })
    span.recordException(Object.assign(new Error('no answer'), { name: 'TimeoutError' }))
    span.setStatus({ code: 2, message: 'gave up' })
    span.end([1_800_000_001, 123_456_789])
    await provider.shutdown()
  }

  test.each(EXPORTERS.flatMap((kind) => [`${kind} none`, `${kind} gzip`]))('over %s', (service) => {
    const resource = table.resources.findIndex((one) => one.service === service)
    const row = table.resource.indexOf(resource)
    const text = (ids: Uint32Array): string => table.strings[ids[row] ?? 0] ?? ''
    expect(table.resources[resource]?.pod).toBe('p-0')
    expect({
      name: text(table.name),
      startNs: table.epochNs + BigInt(table.startNs[row] ?? 0),
      durationNs: table.durationNs[row],
      kind: table.kind[row],
      status: [table.status[row], text(table.statusMessage)],
      http: table.httpStatus[row],
      error: [text(table.errorType), text(table.errorMessage)],
    }).toEqual({
      name: 'GET /ünï',
      startNs: 1_800_000_000_123_456_789n,
      durationNs: 1e9,
      // The API counts kinds from 0: its 2 is CLIENT, OTLP's 3.
      kind: 3,
      status: [2, 'gave up'],
      http: 503,
      error: ['TimeoutError', 'no answer'],
    })
    expect(table.details?.attributesOf(row)).toEqual({
      'http.response.status_code': 503,
      ratio: 0.5,
      ok: true,
      tags: ['a', 'b'],
    })
    expect(table.details?.eventsOf(row).map((event) => event.name)).toEqual(['exception'])
  })
})
