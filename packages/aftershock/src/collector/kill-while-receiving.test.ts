import { spawn } from 'node:child_process'
import { mkdtemp, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { encodeOtlpProtobuf } from '../formats/otlp-protobuf-encode.ts'
import { openChdbSpanStore } from '../store/chdb-span-store.ts'
import { startStoreCollector } from './store-collector.ts'

const BODY_SPANS = 100

test('every span that was answered is in the store, once, after its receiver was killed twice', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'aftershock-answered-'))
  let answered = 0
  // Long enough for blocks that are stored, and for one that is not.
  for (const sendingMs of [1600, 300])
    answered += await sendUntilKilled(directory, sendingMs * 1_000_000, sendingMs)
  const store = await openChdbSpanStore({ dataDirectory: directory })
  await (await startStoreCollector(store)).finish()
  const { spans } = await store.stats()
  const traces = await store.countTraces()
  await store.close()
  expect(answered).toBeGreaterThan(0)
  // One body may have been written down when the kill came before its answer.
  expect([answered, answered + BODY_SPANS, answered + 2 * BODY_SPANS]).toContain(spans)
  expect(traces).toBe(spans)
  expect(await readdir(join(directory, 'tmp'))).toEqual([])
})

async function sendUntilKilled(directory: string, first: number, sendingMs: number): Promise<number> {
  const script = fileURLToPath(new URL('./receive-until-killed.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const port = await new Promise<number>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString())))
  })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  setTimeout(() => child.kill('SIGKILL'), sendingMs)
  let answered = 0
  for (;;) {
    const sent = await post(port, body(first + answered)).catch(() => 'gone')
    if (sent === 'gone') break
    if (sent === 200) answered += BODY_SPANS
  }
  await exited
  return answered
}

async function post(port: number, bytes: Uint8Array): Promise<number> {
  const headers = { 'content-type': 'application/x-protobuf' }
  const url = `http://127.0.0.1:${port}/v1/traces`
  return (await fetch(url, { method: 'POST', headers, body: bytes as BodyInit })).status
}

function body(first: number): Uint8Array {
  const spans = Array.from({ length: BODY_SPANS }, (_, i) => ({
    traceId: (first + i).toString(16).padStart(32, '0'),
    spanId: '0000000000000001',
    name: 'charge',
    kind: 2,
    startNs: 1_800_000_000_000_000_000n,
    endNs: 1_800_000_000_000_000_001n,
  }))
  return encodeOtlpProtobuf([{ resource: { 'service.name': 'payment' }, spans }])
}
