import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { startOtlpGrpcReceiver } from '../collector/otlp-grpc-receiver.ts'
import { startOtlpHttpReceiver } from '../collector/otlp-http-receiver.ts'
import { inProcessSpanCollector } from '../collector/span-collector.ts'
import { groupsOf } from '../formats/otlp-groups.ts'
import type { SpanInput } from '../model/span-input.ts'
import { exportSettings } from './export-settings.ts'
import type { SpanExporter } from './span-exporter.ts'
import { startExport } from './start-export.ts'

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

const address = { host: '127.0.0.1', port: 0 }
const span = (i: number): SpanInput => ({
  traceId: `${i + 1}`.padStart(32, '0'),
  spanId: `${i + 1}`.padStart(16, '0'),
  name: `activity: ${i}`,
  kind: 1,
  startNs: 1_800_000_000_000_000_000n,
  endNs: 1_800_000_001_000_000_000n,
  attributes: { 'chaostoolkit.activity.name': `${i}`, 'chaostoolkit.activity.background': false },
})

/** An exporter as an environment asks for it, and what it tells people. */
async function exporterTo(env: Readonly<Record<string, string>>) {
  const said: string[] = []
  const { target } = exportSettings(env)
  if (target === undefined) throw new Error('the environment asks for no export')
  const exporter: SpanExporter = await startExport({
    target,
    resource: { 'service.name': 'chaostoolkit' },
    scope: { name: 'aftershock', version: '1' },
    say: (text) => said.push(text),
  })
  return { exporter, said }
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A collector that answers every export in its own way. */
async function answering(listener: RequestListener): Promise<string> {
  const server = createHttpServer(listener)
  closing.push(
    () => server.closeAllConnections(),
    () => server.close(),
  )
  return listening(server)
}

describe('spans arrive as they were made', () => {
  test.each(
    ['http/protobuf', 'http/json', 'grpc'].flatMap((protocol) =>
      ['none', 'gzip'].map((compression) => [protocol, compression] as const),
    ),
  )('over %s, compression %s', async (protocol, compression) => {
    const collector = inProcessSpanCollector()
    const start = protocol === 'grpc' ? startOtlpGrpcReceiver : startOtlpHttpReceiver
    const receiver = await start({ address, sink: collector.receive })
    closing.push(() => receiver.close())
    const { exporter, said } = await exporterTo({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.address.port}`,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_COMPRESSION: compression,
    })
    exporter.add([span(0), span(1)])
    exporter.add([span(2)])
    expect(await exporter.close(5_000)).toEqual({ sent: 3, lost: 0 })
    expect(said).toEqual([])
    const groups = groupsOf(await collector.finish())
    expect(groups.map((one) => one.resource)).toEqual([{ 'service.name': 'chaostoolkit' }])
    expect(groups[0]?.spans.map(({ name, attributes }) => [name, attributes])).toEqual(
      [0, 1, 2].map((i) => [span(i).name, span(i).attributes]),
    )
  })

  test('with the headers of the environment, over HTTP and gRPC alike', async () => {
    for (const protocol of ['http/protobuf', 'grpc']) {
      const collector = inProcessSpanCollector()
      const start = protocol === 'grpc' ? startOtlpGrpcReceiver : startOtlpHttpReceiver
      const receiver = await start({ address, sink: collector.receive, token: 'secret' })
      closing.push(() => receiver.close())
      const env = {
        OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${receiver.address.port}`,
        OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      }
      const without = await exporterTo(env)
      without.exporter.add([span(0)])
      expect(await without.exporter.close(5_000)).toEqual({ sent: 0, lost: 1 })
      const withToken = await exporterTo({
        ...env,
        OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Bearer%20secret',
      })
      withToken.exporter.add([span(0)])
      expect(await withToken.exporter.close(5_000)).toEqual({ sent: 1, lost: 0 })
    }
  })
})

describe('a collector that is of no help is told about once, and waited for briefly', () => {
  const lostAtTheEnd = async (exporter: SpanExporter): Promise<number> => (await exporter.close(1_000)).lost

  test.each(['http/protobuf', 'grpc'])('%s: nobody listens', async (protocol) => {
    const server = createServer()
    const url = await listening(server)
    await new Promise((resolve) => server.close(resolve))
    const { exporter, said } = await exporterTo({
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    })
    exporter.add([span(0)])
    exporter.add([span(1)])
    expect(await lostAtTheEnd(exporter)).toBe(2)
    expect(said).toHaveLength(1)
    expect(said[0]).toContain(url)
    expect(said[0]).toContain('ECONNREFUSED')
  })

  test.each(['http/protobuf', 'grpc'])('%s: it takes the connection and never answers', async (protocol) => {
    const server = createServer(() => undefined)
    const url = await listening(server)
    closing.push(() => server.close())
    const { exporter, said } = await exporterTo({
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
    })
    exporter.add([span(0)])
    // One request may take ten seconds, and a test five.
    expect(await lostAtTheEnd(exporter)).toBe(1)
    expect(said).toEqual([expect.stringContaining('it had not answered when the run ended')])
  })

  test('it refuses for good', async () => {
    const url = await answering((_, response) => response.writeHead(400).end())
    const { exporter, said } = await exporterTo({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
    exporter.add([span(0)])
    expect(await lostAtTheEnd(exporter)).toBe(1)
    expect(said).toEqual([expect.stringContaining('it answered 400 Bad Request')])
  })

  test('it speaks something else than gRPC', async () => {
    const url = await answering((_, response) => response.end('hello'))
    const { exporter, said } = await exporterTo({
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    })
    exporter.add([span(0)])
    expect(await lostAtTheEnd(exporter)).toBe(1)
    expect(said).toHaveLength(1)
  })

  test('it takes a part', async () => {
    const url = await answering((_, response) =>
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end('{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}'),
    )
    const { exporter, said } = await exporterTo({
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    })
    exporter.add([span(0), span(1)])
    expect(await exporter.close(1_000)).toEqual({ sent: 1, lost: 1 })
    expect(said).toEqual([expect.stringContaining('too old')])
  })

  test('what is over the queue is dropped and counted', async () => {
    const url = await answering((_, response) => response.end('{}'))
    const { exporter, said } = await exporterTo({
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    })
    exporter.add(Array.from({ length: 3_000 }, (_, i) => span(i)))
    expect(await exporter.close(5_000)).toEqual({ sent: 2_048, lost: 952 })
    expect(said).toHaveLength(1)
  })
})

test('a collector that is busy at first gets the spans later, and nothing is said', async () => {
  let requests = 0
  const url = await answering((request, response) => {
    request.resume()
    requests += 1
    if (requests === 1) response.writeHead(503).end()
    else response.end()
  })
  const { exporter, said } = await exporterTo({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
  exporter.add([span(0)])
  while (requests < 2) await new Promise((resolve) => setTimeout(resolve, 50))
  exporter.add([span(1)])
  expect(await exporter.close(5_000)).toEqual({ sent: 2, lost: 0 })
  expect(said).toEqual([])
})

test('spans go out while the run goes on, not only at its end', async () => {
  const received = Promise.withResolvers<void>()
  const url = await answering((request, response) => {
    request.resume().on('end', () => received.resolve())
    response.end()
  })
  const { exporter } = await exporterTo({ OTEL_EXPORTER_OTLP_ENDPOINT: url })
  exporter.add([span(0)])
  await received.promise
  expect(await exporter.close(1_000)).toEqual({ sent: 1, lost: 0 })
})
