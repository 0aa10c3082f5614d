import { createServer } from 'node:http'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { encodeOtlpProtobuf } from '../formats/otlp-protobuf-encode.ts'
import { forwarding } from './forward.ts'
import { startOtlpHttpReceiver } from './otlp-http-receiver.ts'
import { ACCEPTED_NOTHING, type Acceptance, type ReceivedBody } from './received-body.ts'
import { startSpanCollector } from './span-collector.ts'

function body(): ReceivedBody {
  const span = {
    name: 'charge',
    kind: 2,
    startNs: 1_800_000_000_000_000_000n,
    endNs: 1_800_000_000_000_000_001n,
  }
  const plain = encodeOtlpProtobuf([
    {
      resource: { 'service.name': 'payment' },
      spans: [{ ...span, traceId: 'ab'.repeat(16), spanId: 'cd'.repeat(8) }],
    },
  ])
  return {
    signal: 'traces',
    encoding: 'protobuf',
    compression: 'gzip',
    bytes: new Uint8Array(gzipSync(plain)),
  }
}

const address = { host: '127.0.0.1', port: 0 }
const take = async (): Promise<Acceptance> => ACCEPTED_NOTHING

describe('forwarding()', () => {
  test('sends on what was accepted, and the collector here has it too', async () => {
    const [here, there] = await Promise.all([startSpanCollector(), startSpanCollector()])
    const receiver = await startOtlpHttpReceiver({ address, sink: there.receive })
    const forward = forwarding(here.receive, { endpoint: `http://127.0.0.1:${receiver.address.port}/` })
    await forward.receive(body())
    expect(await forward.close(5000)).toMatchObject({ forwardedBodies: 1, droppedBodies: 0, queuedBytes: 0 })
    await receiver.close()
    expect([(await here.finish()).length, (await there.finish()).length]).toEqual([1, 1])
  })

  test('does not send on what was refused: it comes again', async () => {
    const forward = forwarding(async () => ({ kind: 'busy', retryAfterMs: 1 }), {
      endpoint: 'http://127.0.0.1:9',
    })
    expect(await forward.receive(body())).toMatchObject({ kind: 'busy' })
    expect(await forward.close(0)).toMatchObject({ forwardedBodies: 0, droppedBodies: 0 })
  })

  test('drops and counts what an endpoint that hangs leaves waiting, without slowing the sender', async () => {
    const hanging = createServer(() => undefined).listen(0, '127.0.0.1')
    await new Promise((resolve) => hanging.once('listening', resolve))
    const { port } = hanging.address() as { port: number }
    const { length } = body().bytes
    const forward = forwarding(take, { endpoint: `http://127.0.0.1:${port}`, bytesMax: length * 3 + 10 })
    for (let i = 0; i < 5; i++) expect(await forward.receive(body())).toBe(ACCEPTED_NOTHING)
    expect(forward.stats()).toMatchObject({ droppedBodies: 2, queuedBytes: length * 3 })
    const closed = await forward.close(20)
    hanging.closeAllConnections()
    hanging.close()
    expect(closed.forwardedBodies).toBe(0)
  })

  test('says why a body was dropped for good', async () => {
    const sink = async (): Promise<Acceptance> => ({ kind: 'bad-data', why: 'no' })
    const receiver = await startOtlpHttpReceiver({ address, sink })
    const forward = forwarding(take, { endpoint: `http://127.0.0.1:${receiver.address.port}` })
    await forward.receive(body())
    const stats = await forward.close(5000)
    await receiver.close()
    expect(stats).toMatchObject({ droppedBodies: 1, lastError: expect.stringContaining('answered 400') })
  })
})
