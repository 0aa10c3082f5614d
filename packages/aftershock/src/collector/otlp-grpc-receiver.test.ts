import { Client, credentials, type ServiceError } from '@grpc/grpc-js'
import { afterEach, expect, test } from 'vitest'
import type { Listener } from './listen.ts'
import { startOtlpGrpcReceiver } from './otlp-grpc-receiver.ts'
import { type Acceptance, BODY_LIMITS, type BodySink, type ReceivedBody } from './received-body.ts'

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
const open: { receiver?: Listener; client?: Client } = {}

afterEach(async () => {
  open.client?.close()
  await open.receiver?.close()
})

async function call(
  sink: BodySink,
  message: Buffer = Buffer.from([0x0a, 0]),
  path = EXPORT,
): Promise<{ readonly error: ServiceError | null; readonly answer: Buffer | undefined }> {
  const limits = { ...BODY_LIMITS, decompressedBytesMax: 10_000 }
  open.receiver = await startOtlpGrpcReceiver({ address: { host: '127.0.0.1', port: 0 }, sink, limits })
  open.client = new Client(`127.0.0.1:${open.receiver.address.port}`, credentials.createInsecure())
  const same = (bytes: Buffer): Buffer => bytes
  return new Promise((resolve) => {
    open.client?.makeUnaryRequest(path, same, same, message, (error, answer) => resolve({ error, answer }))
  })
}

const says =
  (acceptance: Acceptance): BodySink =>
  () =>
    Promise.resolve(acceptance)

test('startOtlpGrpcReceiver() hands over the message as it came, in memory of its own', async () => {
  const bodies: ReceivedBody[] = []
  const { error, answer } = await call(async (body) => {
    bodies.push(body)
    return { kind: 'accepted', items: 1, rejected: 0, message: '' }
  })
  expect([error, answer?.length]).toEqual([null, 0])
  expect(bodies).toEqual([
    { signal: 'traces', encoding: 'protobuf', compression: 'identity', bytes: new Uint8Array([0x0a, 0]) },
  ])
  expect(bodies[0]?.bytes.buffer.byteLength).toBe(2)
})

test('startOtlpGrpcReceiver() tells a partial success', async () => {
  const { answer } = await call(says({ kind: 'accepted', items: 1, rejected: 3, message: 'x' }))
  expect(answer).toEqual(Buffer.from([0x0a, 5, 0x08, 3, 0x12, 1, 0x78]))
})

test('startOtlpGrpcReceiver() answers RESOURCE_EXHAUSTED with a RetryInfo when it is full', async () => {
  const { error } = await call(says({ kind: 'busy', retryAfterMs: 1500 }))
  expect(error?.code).toBe(8)
  const details = error?.metadata.get('grpc-status-details-bin')[0] as Buffer
  expect(details.includes('google.rpc.RetryInfo')).toBe(true)
  // Duration { seconds: 1, nanos: 500000000 } within RetryInfo within Any.
  expect(details.subarray(-8)).toEqual(Buffer.from([0x08, 1, 0x10, 0x80, 0xca, 0xb5, 0xee, 0x01]))
})

test('startOtlpGrpcReceiver() answers INVALID_ARGUMENT for what it cannot read', async () => {
  const { error } = await call(says({ kind: 'bad-data', why: 'no protobuf' }))
  expect([error?.code, error?.details]).toEqual([3, 'no protobuf'])
})

test('startOtlpGrpcReceiver() refuses messages over the limit', async () => {
  const { error } = await call(says({ kind: 'bad-data', why: '' }), Buffer.alloc(20_000))
  expect(error?.code).toBe(8)
})

test('startOtlpGrpcReceiver() takes logs and metrics, too', async () => {
  const signals: string[] = []
  const sink: BodySink = async ({ signal }) => {
    signals.push(signal)
    return { kind: 'accepted', items: 0, rejected: 0, message: '' }
  }
  await call(sink, undefined, '/opentelemetry.proto.collector.logs.v1.LogsService/Export')
  open.client?.close()
  await open.receiver?.close()
  await call(sink, undefined, '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export')
  expect(signals).toEqual(['logs', 'metrics'])
})
