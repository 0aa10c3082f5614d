/**
 * What tracing costs a Chaos Toolkit run: CPU for each activity while it runs, and the wait at its end, by collector.
 *
 *   npm run bench:tracing
 */
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { NO_OBSERVER } from '../packages/aftershock/src/engine/chaos-toolkit/observe-nothing.ts'
import type { RunObserver } from '../packages/aftershock/src/engine/chaos-toolkit/ports.ts'
import { dict, type PyDict } from '../packages/aftershock/src/formats/chaos-toolkit/values.ts'
import { toolkitTracer } from '../packages/aftershock/src/telemetry/chaos-toolkit/toolkit-tracer.ts'

const ACTIVITIES = 1_000
const empty: PyDict = new Map()
const activity = dict({
  type: 'probe',
  name: 'is it up',
  provider: dict({ type: 'http', url: 'http://127.0.0.1:8080/health' }),
})
const output = dict({ status: 200n, body: 'x'.repeat(2_000) })

const answering = (status: number): Server =>
  createHttpServer((request, response) => {
    request.resume().on('end', () => response.writeHead(status).end())
  })
const collectors: readonly (readonly [string, Server | undefined])[] = [
  ['none is asked for', undefined],
  ['answers', answering(200)],
  ['nobody listens', createServer()],
  ['refuses with 400', answering(400)],
  ['is busy with 503', answering(503)],
  ['takes the connection and never answers', createServer((socket) => void socket.on('error', () => {}))],
]

// The first run pays for compilation.
await traced(undefined, 0)
console.log(`${'collector'.padEnd(42)}CPU µs an activity   wait at the end, ms: run of 0 s, of 2 s`)
console.log(`${'(no observer)'.padEnd(42)}${cpuOf(NO_OBSERVER).toFixed(1).padStart(18)}`)
for (const [what, server] of collectors) {
  const endpoint = server === undefined ? undefined : await listening(server)
  if (what === 'nobody listens' && server !== undefined) await new Promise((done) => server.close(done))
  const { cpuUs, waitMs: short } = await traced(endpoint, 0)
  const { waitMs: long } = await traced(endpoint, 2_000)
  console.log(
    `${what.padEnd(42)}${cpuUs.toFixed(1).padStart(18)}${short.toFixed(0).padStart(30)}${long.toFixed(0).padStart(9)}`,
  )
}
process.exit()

async function traced(
  endpoint: string | undefined,
  runMs: number,
): Promise<{ cpuUs: number; waitMs: number }> {
  const tracer = toolkitTracer({
    env: endpoint === undefined ? {} : { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
    version: '0',
    nowNs: () => process.hrtime.bigint(),
    random: Math.random,
    warn: () => {},
    idsGoTo: 'journal',
  })
  const cpuUs = cpuOf(tracer.observer)
  await sleep(runMs)
  const startMs = performance.now()
  await tracer.finish()
  return { cpuUs, waitMs: performance.now() - startMs }
}

/** One experiment of 1,000 activities, without the activities. */
function cpuOf(observer: RunObserver): number {
  const document = {
    experiment: empty,
    configuration: empty,
    secrets: empty,
    settings: undefined,
    extensions: undefined,
    journal: undefined,
  }
  const root = observer.start({ kind: 'experiment', experiment: dict({ title: 't' }), document }, undefined)
  const before = process.cpuUsage()
  const method = observer.start({ kind: 'method' }, root)
  for (let i = 0; i < ACTIVITIES; i++) {
    const step = observer.start(
      { kind: 'activity', activity, isBackground: false, section: 'method' },
      method,
    )
    step.end({ kind: 'activity', record: new Map(), outcome: { kind: 'returned', value: output } })
  }
  method.end({ kind: 'method', error: undefined })
  const { user, system } = process.cpuUsage(before)
  return (user + system) / ACTIVITIES
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
