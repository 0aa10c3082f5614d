import { connect } from 'node:net'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { encodeOtlpProtobuf } from '../formats/otlp-protobuf-encode.ts'
import { ProblemError } from '../model/problem.ts'
import type { Listener } from './listen.ts'
import { startOtlpGrpcReceiver } from './otlp-grpc-receiver.ts'
import { startOtlpHttpReceiver } from './otlp-http-receiver.ts'
import type { Acceptance, ReceivedBody } from './received-body.ts'
import { inProcessSpanCollector, type SpanCollector } from './span-collector.ts'

const LOOPBACK = { host: '127.0.0.1', port: 0 }
const LIMITS = { bodyBytesMax: 20_000, decompressedBytesMax: 100_000, readingBytesMax: 1 << 20 }
const PROTOBUF = { 'content-type': 'application/x-protobuf' }

function request(spans = 1, note = ''): Uint8Array {
  return encodeOtlpProtobuf([
    {
      resource: { 'service.name': 'payment' },
      spans: Array.from({ length: spans }, (_, i) => ({
        traceId: 'ab'.repeat(16),
        spanId: (i + 1).toString(16).padStart(16, '0'),
        name: 'charge',
        kind: 2,
        startNs: 1_800_000_000_000_000_000n,
        endNs: 1_800_000_000_010_000_000n,
        attributes: { note },
      })),
    },
  ])
}

describe('startOtlpHttpReceiver()', () => {
  let collector: SpanCollector
  let receiver: Listener
  const post = (body: Uint8Array | string, headers: Record<string, string> = PROTOBUF, path = '/v1/traces') =>
    fetch(`http://127.0.0.1:${receiver.address.port}${path}`, {
      method: 'POST',
      body: body as BodyInit,
      headers,
    })
  const count = (): number => collector.stats().spans

  beforeAll(async () => {
    collector = inProcessSpanCollector({ decompressedBytesMax: LIMITS.decompressedBytesMax })
    receiver = await startOtlpHttpReceiver({ address: LOOPBACK, sink: collector.receive, limits: LIMITS })
  })
  afterAll(() => receiver.close())

  test('takes protobuf, plain or compressed, and answers in kind with an empty message', async () => {
    const before = count()
    const plain = await post(request())
    expect([plain.status, plain.headers.get('content-type'), (await plain.arrayBuffer()).byteLength]).toEqual(
      [200, 'application/x-protobuf', 0],
    )
    expect((await post(gzipSync(request()), { ...PROTOBUF, 'content-encoding': 'gzip' })).status).toBe(200)
    expect(
      (await post(zstdCompressSync(request()), { ...PROTOBUF, 'content-encoding': 'zstd' })).status,
    ).toBe(200)
    expect(count() - before).toBe(3)
  })

  test('takes an empty request, which is a success', async () => {
    expect((await post(new Uint8Array(0))).status).toBe(200)
  })

  test('takes metrics and forgets them', async () => {
    expect((await post(new Uint8Array([1, 2, 3]), PROTOBUF, '/v1/metrics')).status).toBe(200)
  })

  test('answers what is no OTLP with google.rpc.Status', async () => {
    const bad = await post(new Uint8Array([0x0a, 0xff, 0x01]))
    expect(bad.status).toBe(400)
    const status = Buffer.from(await bad.arrayBuffer())
    expect(status.subarray(0, 3)).toEqual(Buffer.from([0x08, 3, 0x12]))
    expect((await post(request(), { ...PROTOBUF, 'content-encoding': 'gzip' })).status).toBe(400)
  })

  test.each([
    ['another path', () => post(request(), PROTOBUF, '/v2/traces'), 404],
    ['another content type', () => post(request(), { 'content-type': 'text/plain' }), 415],
    ['another compression', () => post(request(), { ...PROTOBUF, 'content-encoding': 'br' }), 415],
    ['a body that is too large', () => post(request(1, 'x'.repeat(30_000))), 413],
    [
      'a body that grows too large when decompressed',
      () => post(gzipSync(request(1, 'x'.repeat(200_000))), { ...PROTOBUF, 'content-encoding': 'gzip' }),
      413,
    ],
  ])('refuses %s, for good', async (_, send, status) => {
    expect((await send()).status).toBe(status)
  })

  test('refuses other methods and names the one it takes', async () => {
    const got = await fetch(`http://127.0.0.1:${receiver.address.port}/v1/traces`)
    expect([got.status, got.headers.get('allow')]).toEqual([405, 'POST'])
  })

  test('refuses a large body whose length is not told', async () => {
    const chunks = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(8192)),
    })
    const url = `http://127.0.0.1:${receiver.address.port}/v1/traces`
    const sent = fetch(url, {
      method: 'POST',
      headers: PROTOBUF,
      body: chunks,
      duplex: 'half',
    } as RequestInit)
    // The connection is cut while the sender still writes: it sees the answer or the cut.
    const outcome = await sent.then(
      (response) => response.status,
      () => 'cut',
    )
    expect([413, 'cut']).toContain(outcome)
  })

  test('survives senders that go away in the middle', async () => {
    const socket = connect(receiver.address.port, '127.0.0.1')
    socket.write('POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-protobuf\r\n')
    socket.write('content-length: 1000\r\n\r\nabc')
    await new Promise((resolve) => setTimeout(resolve, 50))
    socket.destroy()
    expect((await post(request())).status).toBe(200)
  })
})

describe('startOtlpHttpReceiver() with a sink that', () => {
  async function answerTo(acceptance: Acceptance, headers = PROTOBUF): Promise<Response> {
    const receiver = await startOtlpHttpReceiver({ address: LOOPBACK, sink: async () => acceptance })
    try {
      const response = await fetch(`http://127.0.0.1:${receiver.address.port}/v1/traces`, {
        method: 'POST',
        headers,
        body: '{}',
      })
      return new Response(await response.arrayBuffer(), response)
    } finally {
      await receiver.close()
    }
  }

  test('is full says 503 and when to come back', async () => {
    const response = await answerTo({ kind: 'busy', retryAfterMs: 1500 })
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '2'])
  })

  test('rejects some says 200 with a partial success', async () => {
    const some = { kind: 'accepted', items: 3, rejected: 2, message: 'no ids' } as const
    const json = await answerTo(some, { 'content-type': 'application/json' })
    expect([json.status, await json.json()]).toEqual([
      200,
      { partialSuccess: { rejectedSpans: '2', errorMessage: 'no ids' } },
    ])
    const protobuf = Buffer.from(await (await answerTo(some)).arrayBuffer())
    expect(protobuf).toEqual(Buffer.from([0x0a, 10, 0x08, 2, 0x12, 6, ...Buffer.from('no ids')]))
  })
})

describe('receivers', () => {
  const sink = async (_: ReceivedBody): Promise<Acceptance> => ({ kind: 'busy', retryAfterMs: 1 })

  test.each([
    ['OTLP/HTTP', startOtlpHttpReceiver],
    ['OTLP/gRPC', startOtlpGrpcReceiver],
  ])('%s names the port that is in use and what to do', async (name, start) => {
    const first = await start({ address: LOOPBACK, sink })
    const second = start({ address: first.address, sink })
    const problem = await second.then(
      () => undefined,
      (error: unknown) => error,
    )
    await first.close()
    expect(problem).toBeInstanceOf(ProblemError)
    expect(problem).toMatchObject({
      exitCode: 4,
      problems: [
        { code: 'port-in-use', what: `Cannot listen for ${name} on 127.0.0.1:${first.address.port}` },
      ],
    })
  })

  test.each([
    ['OTLP/HTTP', startOtlpHttpReceiver],
    ['OTLP/gRPC', startOtlpGrpcReceiver],
  ])('%s asks for a token beyond loopback', async (_, start) => {
    const open = start({ address: { host: '0.0.0.0', port: 0 }, sink })
    await expect(open).rejects.toMatchObject({ exitCode: 2, problems: [{ code: 'token-required' }] })
  })

  test('OTLP/HTTP takes the token it was given, and no other', async () => {
    const receiver = await startOtlpHttpReceiver({ address: LOOPBACK, sink, token: 'secret' })
    const statusWith = async (authorization: string) =>
      (
        await fetch(`http://127.0.0.1:${receiver.address.port}/v1/traces`, {
          method: 'POST',
          headers: { ...PROTOBUF, authorization },
          body: '',
        })
      ).status
    expect([
      await statusWith('Bearer secret'),
      await statusWith('Bearer wrong'),
      await statusWith(''),
    ]).toEqual([503, 401, 401])
    await receiver.close()
  })
})
