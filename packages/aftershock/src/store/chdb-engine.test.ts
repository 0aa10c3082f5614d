import { spawn } from 'node:child_process'
import { mkdtemp, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { decodeOtlpProtobuf } from '../formats/otlp-protobuf.ts'
import { encodeOtlpProtobuf } from '../formats/otlp-protobuf-encode.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { openChdbSpanStore } from './chdb-span-store.ts'
import { SpanBlockEncoder } from './span-block.ts'
import { HOSTILE_TEXTS } from './span-store.contract.ts'

const NOON = 1_800_000_000_000_000_000n

describe('openChdbSpanStore()', () => {
  test('loses no acknowledged span when its process is killed, and cleans up after it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'aftershock-kill-'))
    const child = appendUntilKilled(directory)
    const acknowledged = await child.lastAfter(4000)
    const store = await openChdbSpanStore({ dataDirectory: directory })
    const { spans } = await store.stats()
    const traces = await store.countTraces()
    await store.close()
    expect(acknowledged).toBeGreaterThan(0)
    expect(spans).toBeGreaterThanOrEqual(acknowledged)
    expect(traces).toBe(spans)
    expect(await readdir(join(directory, 'tmp'))).toEqual([])
  })

  test('says which process has the directory open', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'aftershock-lock-'))
    const child = appendUntilKilled(directory)
    await child.first
    const problem = await openChdbSpanStore({ dataDirectory: directory }).catch((error: unknown) => error)
    await child.lastAfter(0)
    expect(problem).toMatchObject({
      exitCode: 4,
      problems: [{ code: 'store-in-use', why: expect.stringContaining(`process ${child.pid}`) }],
    })
    const store = await openChdbSpanStore({ dataDirectory: directory })
    await store.close()
  })

  test('removes blocks that a killed process left half-written', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'aftershock-tmp-'))
    const first = await openChdbSpanStore({ dataDirectory: directory })
    await first.close()
    await writeFile(join(directory, 'tmp', 'a.native.unfinished'), 'half')
    await writeFile(join(directory, 'tmp', 'b.native'), 'half')
    const second = await openChdbSpanStore({ dataDirectory: directory })
    expect(await readdir(join(directory, 'tmp'))).toEqual([])
    await second.close()
  })

  test('stores what came as OTLP bytes just like what came as objects', async () => {
    const attributes = {
      ...Object.fromEntries(HOSTILE_TEXTS.map((text, i) => [`text ${i}`, text])),
      count: 17,
      negative: -3,
      huge: 2 ** 60,
      ratio: 0.25,
      ok: true,
      list: ['a', 1],
      nested: { a: { b: 'c' } },
      empty: '',
    }
    const event = { name: 'exception', timeNs: NOON + 5n, attributes: { 'exception.type': 'E', n: 2 } }
    const spans = [1, 2].map((n) => ({
      traceId: String(n).padStart(32, '0'),
      spanId: '00000000000000ab',
      name: 'x',
      kind: 2,
      startNs: NOON,
      endNs: NOON + 1n,
      attributes,
      events: [event, { ...event, name: 'retry' }],
    }))
    const bytes = encodeOtlpProtobuf([{ resource: { 'service.name': 's' }, spans: spans.slice(0, 1) }])
    const builder = new SpanTableBuilder({ attributes: 'keep' })
    decodeOtlpProtobuf(bytes, builder)
    builder.addSpan(builder.addResource({ 'service.name': 's' }), spans[1] as (typeof spans)[number])
    const store = await openChdbSpanStore({
      dataDirectory: await mkdtemp(join(tmpdir(), 'aftershock-bytes-')),
    })
    await store.append(builder.finish())
    const [fromBytes, fromObjects] = await Promise.all(
      ['1', '2'].map((id) => store.traceById(id.padStart(32, '0'))),
    )
    await store.close()
    expect(fromBytes?.details?.attributesOf(0)).toEqual(fromObjects?.details?.attributesOf(0))
    expect(fromBytes?.details?.eventsOf(0)).toEqual(fromObjects?.details?.eventsOf(0))
    expect(fromBytes?.details?.attributesOf(0)).toMatchObject({
      count: '17',
      negative: '-3',
      list: '["a",1]',
    })
    expect(fromBytes?.details?.eventsOf(0)).toHaveLength(2)
  })
})

function appendUntilKilled(directory: string) {
  const script = fileURLToPath(new URL('./append-until-killed.fixture.ts', import.meta.url))
  const child = spawn(process.execPath, [script, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  let acknowledged = 0
  let rest = ''
  const first = new Promise<void>((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`ended early: ${code}`)))
    child.stdout.on('data', (chunk: Buffer) => {
      rest += chunk.toString()
      const lines = rest.split('\n')
      rest = lines.pop() ?? ''
      acknowledged = Number(lines.at(-1) ?? acknowledged)
      resolve()
    })
  })
  const lastAfter = async (spansAtLeast: number): Promise<number> => {
    await first
    while (acknowledged < spansAtLeast) await new Promise((resolve) => setTimeout(resolve, 10))
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await exited
    return acknowledged
  }
  return { pid: child.pid, first, lastAfter }
}

test('appendBlockFile() takes a block once, however often it comes', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'aftershock-once-'))
  const store = await openChdbSpanStore({ dataDirectory: directory })
  const builder = new SpanTableBuilder({ attributes: 'keep' })
  const resource = builder.addResource({})
  for (let day = 0n; day < 2n; day++)
    builder.addSpan(resource, {
      traceId: '01'.repeat(16),
      spanId: '01'.repeat(8),
      name: '',
      kind: 1,
      startNs: NOON + day * 86_400_000_000_000n,
      endNs: NOON + day * 86_400_000_000_000n,
    })
  const block = new SpanBlockEncoder().encode(builder.finish()).slice()
  for (const blockId of ['one', 'one', 'two']) {
    const file = join(store.blockDirectory, `${blockId}.native`)
    await writeFile(file, block)
    await store.appendBlockFile(file, blockId)
  }
  const { spans } = await store.stats()
  await store.close()
  expect(spans).toBe(4)
})
