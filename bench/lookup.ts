/**
 * Looking up in a large store: traces by id, the newest traces, services, columns of a few minutes. The spans
 * are those of ingest.ts, written as blocks without the wire: 100 k of them are made, then repeated with
 * other ids and later times.
 *
 *   npx node bench/lookup.ts [--spans 10000000] [--data <directory>, kept and used again]
 */
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { decodeOtlpProtobuf } from '../packages/aftershock/src/formats/otlp-protobuf.ts'
import { encodeOtlpProtobuf } from '../packages/aftershock/src/formats/otlp-protobuf-encode.ts'
import type { SpanTable } from '../packages/aftershock/src/model/span-table.ts'
import { SpanTableBuilder } from '../packages/aftershock/src/model/span-table-builder.ts'
import { hexOf } from '../packages/aftershock/src/model/trace-ids.ts'
import { type ChdbSpanStore, openChdbSpanStore } from '../packages/aftershock/src/store/chdb-span-store.ts'
import { SpanBlockEncoder } from '../packages/aftershock/src/store/span-block.ts'
import { START_NS, shopRequests, TRACE_SPANS } from './shop-spans.ts'

const BLOCK_SPANS = 100_100
/** About 1000 spans a second. */
const TRACE_EVERY_NS = 13_000_000n
const BLOCK_NS = Number(TRACE_EVERY_NS) * (BLOCK_SPANS / TRACE_SPANS)
const LOOKUPS = 60

const { values } = parseArgs({
  options: { spans: { type: 'string', default: '10000000' }, data: { type: 'string' } },
})
const spans = Number(values.spans)
const blocks = Math.ceil(spans / BLOCK_SPANS)
const directory = values.data ?? (await mkdtemp(join(tmpdir(), 'aftershock-lookup-')))
const isNew = !existsSync(join(directory, 'metadata'))
try {
  const block = makeBlock()
  const traceRows = firstRows(block)
  const store = await openChdbSpanStore({ dataDirectory: directory })
  if (isNew) await fill(store, block)
  await look(store, (n) => traceIdIn(block, traceRows[n % traceRows.length] ?? 0, n % blocks))
  await store.close()
} finally {
  if (values.data === undefined) await rm(directory, { recursive: true, force: true })
}

function makeBlock(): SpanTable {
  const builder = new SpanTableBuilder({ attributes: 'keep' })
  for (const groups of shopRequests(BLOCK_SPANS, 520, TRACE_EVERY_NS))
    decodeOtlpProtobuf(encodeOtlpProtobuf(groups), builder)
  return builder.finish()
}

/** A row of each trace. */
function firstRows(table: SpanTable): readonly number[] {
  const rows = new Map<string, number>()
  for (let row = 0; row < table.length; row++) rows.set(hexOf(table.traceIds, row * 16, 16), row)
  return [...rows.values()]
}

/** What the ids of a block differ in from those of the first one. */
function maskOf(block: number): number {
  return Math.imul(block, 0x9e3779b1) >>> 0
}

function traceIdIn(table: SpanTable, row: number, block: number): string {
  const words = table.traceWords.slice(row * 4, row * 4 + 4)
  return hexOf(new Uint8Array(masked(words, maskOf(block)).buffer), 0, 16)
}

function masked(words: Uint32Array<ArrayBuffer>, mask: number): Uint32Array<ArrayBuffer> {
  for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) ^ mask
  return words
}

async function fill(store: ChdbSpanStore, block: SpanTable): Promise<void> {
  const encoder = new SpanBlockEncoder()
  const begun = performance.now()
  const cpuBefore = process.cpuUsage()
  for (let n = 0; n < blocks; n++) {
    const file = join(store.blockDirectory, `${n}.native`)
    await writeFile(file, encoder.encode(later(block, n)))
    await store.appendBlockFile(file, String(n))
  }
  const cpu = process.cpuUsage(cpuBefore)
  print('seconds to write blocks of them', ((performance.now() - begun) / 1000).toFixed(0))
  print('CPU µs/span for it', ((cpu.user + cpu.system) / (blocks * block.length)).toFixed(2))
  const right = await timesOf(5, () => store.traceById('f'.repeat(32)))
  print('absent trace by id right after, ms', timesText(right))
  // What merges still have to do is not the queries' cost.
  await new Promise((resolve) => setTimeout(resolve, 20_000))
}

/** The block again, as it would be had it come `n` blocks later. Roots stay roots. */
function later(table: SpanTable, n: number): SpanTable {
  const words = (from: Uint32Array): Uint32Array<ArrayBuffer> => masked(from.slice(), maskOf(n))
  const parents = words(table.parentWords).map((word, i) => (table.parentWords[i] === 0 ? 0 : word))
  const traceWords = words(table.traceWords)
  const spanWords = words(table.spanWords)
  return {
    ...table,
    traceWords,
    spanWords,
    parentWords: parents,
    traceIds: new Uint8Array(traceWords.buffer),
    spanIds: new Uint8Array(spanWords.buffer),
    parentIds: new Uint8Array(parents.buffer),
    startNs: table.startNs.map((startNs) => startNs + n * BLOCK_NS),
  }
}

async function look(store: ChdbSpanStore, traceId: (n: number) => string): Promise<void> {
  const stats = await store.stats()
  print('spans in the store', stats.spans)
  print('disk bytes/span', (stats.bytes / stats.spans).toFixed(1))
  let found = 0
  const byId = await timesOf(LOOKUPS, async (i) => {
    found += (await store.traceById(traceId(i * 7919))).length
  })
  if (found !== LOOKUPS * TRACE_SPANS) throw new Error(`traces have ${TRACE_SPANS} spans: found ${found}`)
  print('trace by id, ms', timesText(byId))
  print('absent trace by id, ms', timesText(await timesOf(20, () => store.traceById('f'.repeat(32)))))
  print('newest 20 traces, ms', timesText(await timesOf(5, () => store.findTraces({}))))
  const failed = { service: 'payment', status: 'error' } as const
  print('newest 20 failed of a service, ms', timesText(await timesOf(5, () => store.findTraces(failed))))
  print('services, ms', timesText(await timesOf(5, () => store.services())))
  const cpuBefore = process.cpuUsage()
  const begun = performance.now()
  const loaded = await store.loadColumns({ startNs: START_NS, endNs: START_NS + 1_000_000_000_000n })
  const cpu = process.cpuUsage(cpuBefore)
  print('spans loaded into columns', loaded.length)
  print('seconds to load them', ((performance.now() - begun) / 1000).toFixed(2))
  print('CPU µs/span to load them', ((cpu.user + cpu.system) / loaded.length).toFixed(2))
  print('RSS MB', Math.round(process.memoryUsage().rss / 1e6))
}

type Times = { readonly wallMs: readonly number[]; readonly cpuMs: number }

/** Wall time of each query; CPU of all of them, which a busy machine does not change. */
async function timesOf(count: number, query: (i: number) => Promise<unknown>): Promise<Times> {
  const wallMs: number[] = []
  const cpuBefore = process.cpuUsage()
  for (let i = 0; i < count; i++) {
    const begun = performance.now()
    await query(i)
    wallMs.push(performance.now() - begun)
  }
  const cpu = process.cpuUsage(cpuBefore)
  return { wallMs, cpuMs: (cpu.user + cpu.system) / 1000 / count }
}

function timesText({ wallMs, cpuMs }: Times): string {
  const sorted = [...wallMs].sort((a, b) => a - b)
  const at = (share: number): string => (sorted[Math.ceil(share * sorted.length) - 1] ?? 0).toFixed(0)
  return `median ${at(0.5)}, p95 ${at(0.95)}, slowest ${at(1)}, first ${wallMs[0]?.toFixed(0)}; CPU ${cpuMs.toFixed(0)}`
}

function print(name: string, value: string | number): void {
  process.stdout.write(`${name.padEnd(42)} ${value}\n`)
}
