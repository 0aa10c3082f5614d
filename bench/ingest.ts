/**
 * How fast spans come in, end to end: gzip OTLP/HTTP from another process → decoded → tagged → columns, or
 * → the store of `serve`. Both processes share the machine, as they do on a laptop.
 *
 *   npx node bench/ingest.ts [--spans 1000000] [--to columns|store] [--archive] [--connections 16] [--rate <spans/s>]
 */
import { fork } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { startOtlpHttpReceiver } from '../packages/aftershock/src/collector/otlp-http-receiver.ts'
import type { BodySink } from '../packages/aftershock/src/collector/received-body.ts'
import { startSpanCollector } from '../packages/aftershock/src/collector/span-collector.ts'
import { startStoreCollector } from '../packages/aftershock/src/collector/store-collector.ts'
import type { TagWindow } from '../packages/aftershock/src/collector/tag.ts'
import type { SpanTable } from '../packages/aftershock/src/model/span-table.ts'
import { openChdbSpanStore } from '../packages/aftershock/src/store/chdb-span-store.ts'
import { START_NS, TRACE_EVERY_NS, TRACE_SPANS } from './shop-spans.ts'

const { values } = parseArgs({
  options: {
    spans: { type: 'string', default: '1000000' },
    to: { type: 'string', default: 'columns' },
    archive: { type: 'boolean', default: false },
    connections: { type: 'string', default: '16' },
    /** Offered by the sender; 0 is as fast as it can. */
    rate: { type: 'string', default: '0' },
  },
})
const spans = Number(values.spans)
const directory = await mkdtemp(join(tmpdir(), 'aftershock-bench-'))
try {
  await (values.to === 'store' ? measureStore() : measureColumns())
} finally {
  await rm(directory, { recursive: true, force: true })
}

async function measureColumns(): Promise<void> {
  const collector = await startSpanCollector(
    values.archive ? { archiveFile: join(directory, 'traces.otlp.jsonl.gz') } : {},
  )
  collector.setWindows(fiftyWindows())
  let table: SpanTable | undefined
  let finishMs = 0
  const run = await drive(collector.receive, async () => {
    const finishing = performance.now()
    table = await collector.finish()
    finishMs = performance.now() - finishing
  })
  if (table === undefined) throw new Error('The collector gave no table')
  const ids = new Set<string>()
  for (let row = 0; row < table.length; row += 97)
    ids.add(`${table.traceWords[row * 4]} ${table.traceWords[row * 4 + 3]}`)
  report(run, {
    'spans in columns': table.length,
    'finish ms': Math.round(finishMs),
    'distinct traces among every 97th span': ids.size,
    'spans marked': table.marks.reduce((sum, mark) => sum + (mark === 0 ? 0 : 1), 0),
  })
}

async function measureStore(): Promise<void> {
  const store = await openChdbSpanStore({ dataDirectory: directory })
  const collector = await startStoreCollector(store)
  collector.setWindows(fiftyWindows())
  const run = await drive(collector.receive, () => collector.finish())
  const stats = await store.stats()
  report(run, {
    'spans in the store': stats.spans,
    'distinct traces': await store.countTraces(),
    'disk bytes/span (before merges are done)': Math.round(stats.bytes / stats.spans),
  })
  await store.close()
}

type Run = {
  readonly seconds: number
  readonly cpuMicros: number
  readonly cpuByThread: string
  readonly rssMB: readonly number[]
}

/** Lets the load process send everything, and waits until `settle` says that it is kept. */
async function drive(sink: BodySink, settle: () => Promise<unknown>): Promise<Run> {
  const receiver = await startOtlpHttpReceiver({ address: { host: '127.0.0.1', port: 0 }, sink })
  const load = fork(new URL('./ingest-load.ts', import.meta.url), {
    env: {
      ...process.env,
      TARGET: `http://127.0.0.1:${receiver.address.port}/v1/traces`,
      SPANS: String(spans),
      CONNECTIONS: values.connections,
      RATE: values.rate,
    },
  })
  const told = (word: string): Promise<void> =>
    new Promise((resolve, reject) => {
      load.on('message', (message) => {
        if (message === word) resolve()
      })
      load.once('exit', (code) => reject(new Error(`the load ended early: ${code}`)))
    })
  await told('ready')
  const rssMB: number[] = []
  const sampler = setInterval(() => rssMB.push(Math.round(process.memoryUsage().rss / 1e6)), 1000)
  const cpuBefore = process.cpuUsage()
  const threadsBefore = cpuOfThreads()
  const begun = performance.now()
  const done = told('done')
  load.send('go')
  await done
  await settle()
  const seconds = (performance.now() - begun) / 1000
  const cpu = process.cpuUsage(cpuBefore)
  clearInterval(sampler)
  rssMB.push(Math.round(process.memoryUsage().rss / 1e6))
  load.disconnect()
  await receiver.close()
  return { seconds, cpuMicros: cpu.user + cpu.system, cpuByThread: byThread(threadsBefore), rssMB }
}

/** CPU µs by the name of threads; empty where there is no /proc. */
function cpuOfThreads(): Map<string, number> {
  const found = new Map<string, number>()
  try {
    for (const task of readdirSync('/proc/self/task')) {
      const stat = readFileSync(`/proc/self/task/${task}/stat`, 'utf8')
      const name = /\((.*)\)/.exec(stat)?.[1] ?? ''
      const [user = 0, system = 0] = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .slice(11, 13)
        .map(Number)
      // Ticks of 10 ms.
      found.set(name, (found.get(name) ?? 0) + (user + system) * 10_000)
    }
  } catch {}
  return found
}

function byThread(before: ReadonlyMap<string, number>): string {
  return [...cpuOfThreads()]
    .map(([name, micros]) => ({ name, micros: (micros - (before.get(name) ?? 0)) / spans }))
    .filter(({ micros }) => micros >= 0.05)
    .sort((a, b) => b.micros - a.micros)
    .map(({ name, micros }) => `${name} ${micros.toFixed(2)}`)
    .join(', ')
}

/** One after the other, over the first third of the spans: what tagging has to search. */
function fiftyWindows(): TagWindow[] {
  const windowNs = (BigInt(spans) * TRACE_EVERY_NS) / BigInt(TRACE_SPANS) / 150n
  return Array.from({ length: 50 }, (_, i) => {
    const startNs = START_NS + BigInt(i) * windowNs
    const interval = { startNs, endNs: startNs + windowNs }
    return {
      experiment: { id: `e${i}`, name: `bench ${i}`, kind: 'NetworkChaos', action: 'delay' },
      possible: interval,
      certain: interval,
      targets: [{ service: 'payment', namespace: undefined, pods: [] }],
    }
  })
}

function report(run: Run, more: Readonly<Record<string, number>>): void {
  const every = Math.max(1, Math.floor(run.rssMB.length / 12))
  const lines: Record<string, string | number> = {
    to: `${values.to}${values.archive ? ' and traces.otlp.jsonl.gz' : ''}`,
    spans,
    seconds: run.seconds.toFixed(2),
    'spans/s': Math.round(spans / run.seconds),
    'CPU µs/span (receiver process)': (run.cpuMicros / spans).toFixed(2),
    'cores (receiver process)': (run.cpuMicros / 1e6 / run.seconds).toFixed(2),
    'of these, by living threads': run.cpuByThread,
    'peak RSS MB': Math.max(...run.rssMB),
    'RSS MB over time': run.rssMB.filter((_, i) => i % every === 0).join(' '),
    ...more,
  }
  for (const [name, value] of Object.entries(lines)) process.stdout.write(`${name.padEnd(42)} ${value}\n`)
}
