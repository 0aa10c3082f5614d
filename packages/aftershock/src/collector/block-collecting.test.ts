import { mkdtemp, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { encodeOtlpProtobuf } from '../formats/otlp-protobuf-encode.ts'
import { BlockCollecting } from './block-collecting.ts'
import type { ReceivedBody } from './received-body.ts'

const MIB = 1 << 20
const NOON = 1_800_000_000_000_000_000n

function largeBody(n: number, textBytes: number): ReceivedBody {
  const ids = { traceId: 'ab'.repeat(16), spanId: n.toString(16).padStart(16, '0') }
  const times = { startNs: NOON, endNs: NOON + 1n }
  const span = { ...ids, ...times, name: 'x', kind: 2, attributes: { text: 'x'.repeat(textBytes) } }
  const bytes = new Uint8Array(encodeOtlpProtobuf([{ resource: { 'service.name': 's' }, spans: [span] }]))
  return { signal: 'traces', encoding: 'protobuf', compression: 'identity', bytes }
}

test('BlockCollecting ends a block when its bodies are large, however few spans they have', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'aftershock-large-'))
  const encoderUrl = new URL('../store/span-block.ts', import.meta.url).href
  const blocks: string[] = []
  const collecting = await BlockCollecting.open(
    { encoderUrl, directory, decompressedBytesMax: 64 * MIB },
    (file) => blocks.push(file),
  )
  for (let n = 1; n <= 10; n++) collecting.accept(largeBody(n, 15 * MIB))
  expect(blocks).toHaveLength(1)
  await collecting.finish()
  const sizes = await Promise.all(blocks.map(async (file) => Math.round((await stat(file)).size / MIB)))
  expect(sizes).toEqual([135, 15])
})
