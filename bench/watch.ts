/**
 * `npm run bench:watch [pods] [experiments]`: the watcher of a cluster of that size, against an API server that
 * answers from memory in a process of its own. Prints time until it is ready, memory, requests, and what a change costs.
 */
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { systemClock } from '../packages/aftershock/src/engine/clock.ts'
import { connectKube } from '../packages/aftershock/src/kubernetes/client.ts'
import { openArchive } from '../packages/aftershock/src/kubernetes/watch/archive.ts'
import { ExperimentBook } from '../packages/aftershock/src/kubernetes/watch/experiment-book.ts'
import { openJournal } from '../packages/aftershock/src/kubernetes/watch/journal.ts'
import { windowsAnswer } from '../packages/aftershock/src/kubernetes/watch/watch-answers.ts'
import { startWatcher } from '../packages/aftershock/src/kubernetes/watch/watcher.ts'

const TARGETS_EACH = 25
const [role, podsText = '5000', experimentsText = '200'] = process.argv.slice(2)
const sizes = role === 'server' ? [podsText, experimentsText] : [role ?? '5000', process.argv[3] ?? '200']
const [pods = 5000, experiments = 200] = sizes.map(Number)
const stamp = new Date(Date.now() - 60_000).toISOString().replace(/\.\d+/, '')

if (role === 'server') serve()
else await measure()

function serve(): void {
  const lists = new Map<string, readonly object[]>([
    ['pods', Array.from({ length: pods }, (_, i) => pod(i))],
    ['networkchaos', Array.from({ length: experiments }, (_, i) => chaos(i))],
    ['events', Array.from({ length: experiments }, (_, i) => eventsOf(i)).flat()],
  ])
  const watches = new Map<string, ServerResponse>()
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://api')
    const plural = pathname.split('/').at(-1) ?? ''
    response.writeHead(200, { 'content-type': 'application/json' })
    if (searchParams.get('watch') === 'true') {
      response.flushHeaders()
      watches.set(plural, response)
      return
    }
    const all = lists.get(plural) ?? []
    const from = Number(searchParams.get('continue') ?? 0)
    const next = from + Number(searchParams.get('limit') ?? 500)
    const more = next < all.length ? { continue: String(next) } : {}
    response.end(
      JSON.stringify({ items: all.slice(from, next), metadata: { resourceVersion: '9', ...more } }),
    )
  })
  process.on('message', (i: number) => {
    const object = chaos(i % experiments, 10 + i)
    watches.get('networkchaos')?.write(`${JSON.stringify({ type: 'MODIFIED', object })}\n`)
  })
  server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))
}

async function measure(): Promise<void> {
  const server = fork(import.meta.filename, ['server', String(pods), String(experiments)])
  const port = await new Promise<number>((resolve) => server.once('message', (sent) => resolve(Number(sent))))
  const folder = mkdtempSync(join(tmpdir(), 'aftershock-bench-'))
  const kubeconfig = join(folder, 'config')
  writeFileSync(kubeconfig, kubeconfigText(port))
  globalThis.gc?.()
  const before = process.memoryUsage()
  const clock = systemClock()
  const client = connectKube({ kubeconfig, clock })
  const book = new ExperimentBook()
  const archive = openArchive(folder, 3_600_000)
  const journal = openJournal(folder)
  const startedMs = performance.now()
  const cpu = process.cpuUsage()
  const watcher = startWatcher({ client, clock, book, journal, archive, say: console.error })
  await watcher.ready
  const readyMs = performance.now() - startedMs
  const readyCpu = process.cpuUsage(cpu)
  const known = { book, archive, revision: () => watcher.revision(), isComplete: () => true }
  const answerMs = timed(() => JSON.stringify(windowsAnswer(known, undefined)))
  globalThis.gc?.()
  const after = process.memoryUsage()
  const changes = 1_000
  const revision = watcher.revision()
  const changeCpu = process.cpuUsage()
  for (let i = 0; i < changes; i++) server.send(i)
  while (watcher.revision() < revision + changes) await sleep(20)
  const spent = process.cpuUsage(changeCpu)
  const mb = (bytes: number): string => `${(bytes / 1048576).toFixed(0)} MB`
  const ms = (usage: NodeJS.CpuUsage): number => Math.round((usage.user + usage.system) / 1000)
  console.log(`${pods} pods, ${experiments} experiments with ${TARGETS_EACH} targets each`)
  console.log(
    `ready after      ${Math.round(readyMs)} ms (${ms(readyCpu)} ms of CPU), ${client.requestCount()} requests`,
  )
  console.log(`memory           heap +${mb(after.heapUsed - before.heapUsed)}, resident ${mb(after.rss)}`)
  console.log(`all windows      ${Math.round(answerMs)} ms the first time, as JSON`)
  console.log(`a change         ${(ms(spent) / changes).toFixed(2)} ms of CPU`)
  console.log(`journal          ${mb(journal.bytes())}`)
  await watcher.stop()
  client.close()
  server.kill()
  rmSync(folder, { recursive: true })
}

function timed(work: () => unknown): number {
  const startMs = performance.now()
  work()
  return performance.now() - startMs
}

function pod(i: number): object {
  return {
    metadata: {
      name: `pod-${i}`,
      namespace: 'shop',
      uid: `uid-${i}`,
      resourceVersion: '1',
      creationTimestamp: stamp,
      labels: { app: `service-${i % 50}`, 'pod-template-hash': '7d4f9' },
      ownerReferences: [
        { kind: 'ReplicaSet', name: `service-${i % 50}-7d4f9`, uid: `rs-${i % 50}`, controller: true },
      ],
    },
    spec: {
      nodeName: `node-${i % 100}`,
      containers: [
        {
          name: 'main',
          image: 'shop:1',
          env: Array.from({ length: 20 }, (_, e) => ({ name: `VARIABLE_${e}`, value: 'x'.repeat(40) })),
        },
      ],
    },
    status: {
      phase: 'Running',
      podIP: `10.0.${i >> 8}.${i & 255}`,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: stamp }],
      containerStatuses: [{ name: 'main', containerID: `containerd://${i}`, restartCount: 0 }],
    },
  }
}

function targetsOf(i: number): readonly string[] {
  return Array.from({ length: TARGETS_EACH }, (_, t) => `shop/pod-${(i * TARGETS_EACH + t) % pods}`)
}

function chaos(i: number, version = 1): object {
  const event = { type: 'Succeeded', operation: 'Apply', timestamp: stamp }
  return {
    metadata: {
      name: `chaos-${i}`,
      namespace: 'shop',
      uid: `chaos-uid-${i}`,
      generation: version,
      resourceVersion: String(version),
      creationTimestamp: stamp,
    },
    spec: { action: 'delay', mode: 'all', delay: { latency: '100ms' } },
    status: {
      conditions: [
        { type: 'Selected', status: 'True' },
        { type: 'AllInjected', status: 'True' },
      ],
      experiment: {
        desiredPhase: 'Run',
        containerRecords: targetsOf(i).map((id) => ({
          id,
          selectorKey: '.',
          phase: 'Injected',
          injectedCount: 1,
          recoveredCount: 0,
          events: [event],
        })),
      },
    },
  }
}

function eventsOf(i: number): readonly object[] {
  const atNs = BigInt(Date.parse(stamp)) * 1_000_000n
  const about = { kind: 'NetworkChaos', name: `chaos-${i}`, namespace: 'shop', uid: `chaos-uid-${i}` }
  const event = (reason: string, n: number, id?: string): object => ({
    metadata: {
      name: `chaos-${i}.${(atNs + BigInt(n)).toString(16)}`,
      namespace: 'shop',
      annotations: id === undefined ? {} : { 'chaos-mesh.org/id': id },
    },
    involvedObject: about,
    reason,
    type: 'Normal',
    source: { component: 'records' },
    firstTimestamp: stamp,
  })
  return [event('Started', 0), ...targetsOf(i).map((id, n) => event('Applied', n + 1, id))]
}

function kubeconfigText(port: number): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    clusters: [
      { name: 'bench', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } },
    ],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
    users: [{ name: 'bench', user: { token: 'none' } }],
  })
}
