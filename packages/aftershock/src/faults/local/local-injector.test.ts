import { request } from 'node:http'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ServiceConfig } from '../../model/system.ts'
import type { AppliedFault } from '../injector.ts'
import { cleanUp } from '../process/clean-up.ts'
import { processesFile } from '../process/process-record.ts'
import { echoCommand, echoService, temporaryFolder } from '../process/test-support/world.ts'
import { startWarden, type Warden } from '../warden/warden-client.ts'
import { localInjector } from './local-injector.ts'
import { faultOf, select } from './test-support/manifest.ts'

// Two real services behind real proxies; `front` asks `back` through its proxy.
const folder = temporaryFolder()
let warden: Warden
let back: ServiceConfig
let front: ServiceConfig

beforeAll(async () => {
  warden = await startWarden({ runFolder: folder.path })
  back = await echoService('back-service')
  front = await echoService('front-service', {
    command: echoCommand('--ask', String(back.listen?.port)),
  })
  for (const service of [back, front]) {
    await warden.startService(service, {}, 0)
    await warden.waitUntilListening(`${service.name}-0`, 20_000)
  }
  await warden.openProxies([back, front])
})
afterAll(async () => {
  await warden.shutdown()
  await cleanUp(processesFile(folder.path))
  folder.remove()
})

async function inject(kind: string, spec: string): Promise<AppliedFault> {
  const injector = localInjector(warden, { services: [back, front], seed: 1, callersKnown: true })
  const plan = await injector.plan(faultOf(kind, spec))
  if (!plan.ok) throw new Error(plan.problems[0].why)
  return await injector.apply(plan.value, { runId: 'r', untilNs: BigInt(Date.now() + 60_000) * 1_000_000n })
}

/** What a client sees: a status or an error, on a new connection, and how long it took. */
function ask(service: ServiceConfig, timeoutMs = 5_000): Promise<{ saw: number | string; tookMs: number }> {
  return new Promise((resolve) => {
    const startMs = performance.now()
    const end = (saw: number | string): void => resolve({ saw, tookMs: performance.now() - startMs })
    const sent = request(
      { host: '127.0.0.1', port: service.listen?.port, agent: false, timeout: timeoutMs },
      (answer) => answer.resume().on('end', () => end(answer.statusCode ?? 0)),
    )
    sent.on('timeout', () => sent.destroy(new Error('timeout')))
    sent.on('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
    sent.end()
  })
}

const backAll = `mode: all\n${select('back-service')}`

test('NetworkChaos delay: a new connection pays twice, and is counted', async () => {
  const fault = await inject('NetworkChaos', `action: delay\n${backAll}\ndelay: { latency: 600ms }`)
  const { saw, tookMs } = await ask(back)
  expect(saw).toBe(200)
  expect(tookMs).toBeGreaterThan(1_190)
  const evidence = await fault.evidence()
  expect(evidence).toMatchObject({ seen: 1, eligible: 1, unit: 'proxied calls' })
  expect(evidence?.addedMs[0]).toBeGreaterThan(590)
  const removal = await fault.remove()
  expect(removal).toMatchObject({
    removed: true,
    verifiedBy: expect.stringMatching(/^probes through 2 proxies, slowest \d+ ms$/),
  })
  expect(await fault.remove()).toEqual(removal)
  expect((await ask(back)).tookMs).toBeLessThan(590)
})

test('NetworkChaos with peers: only the calls between them are hit', async () => {
  // Between `front` and `back` alone: a client of our own is a stranger.
  const peers = `target: { mode: all, ${select('front-service')} }`
  const fault = await inject(
    'NetworkChaos',
    `action: delay\n${backAll}\ndirection: to\n${peers}\ndelay: { latency: 900ms }`,
  )
  expect((await ask(back)).tookMs).toBeLessThan(890)
  const viaFront = await ask(front)
  expect(viaFront.saw).toBe(200)
  expect(viaFront.tookMs).toBeGreaterThan(890)
  expect(await fault.remove()).toMatchObject({ removed: true })
})

test('NetworkChaos partition: a black hole until removal, no reset', async () => {
  const fault = await inject('NetworkChaos', `action: partition\n${backAll}`)
  expect((await ask(back, 700)).saw).toBe('timeout')
  expect(await fault.remove()).toMatchObject({ removed: true })
  expect((await ask(back)).saw).toBe(200)
})

test('HTTPChaos: the status is replaced, on the port the service has here', async () => {
  const fault = await inject(
    'HTTPChaos',
    `target: Response\nport: 80\npath: "*"\n${backAll}\nreplace: { code: 503 }`,
  )
  expect((await ask(back)).saw).toBe(503)
  expect(await fault.evidence()).toMatchObject({ seen: 1, eligible: 1 })
  expect(await fault.remove()).toMatchObject({ removed: true })
  expect((await ask(back)).saw).toBe(200)
})

test('PodChaos pod-failure: refused until removal, then running again', async () => {
  const fault = await inject('PodChaos', `action: pod-failure\n${backAll}`)
  expect((await ask(back)).saw).toMatch(/ECONNRESET|ECONNREFUSED|EPIPE/)
  const removal = await fault.remove()
  expect(removal).toMatchObject({
    removed: true,
    verifiedBy: expect.stringMatching(/back-service-0 runs again \(pid \d+\)/),
  })
  expect((await ask(back)).saw).toBe(200)
})

test('StressChaos: workers burn, are counted, and end', async () => {
  const fault = await inject('StressChaos', `${backAll}\nstressors: { cpu: { workers: 1, load: 20 } }`)
  await new Promise((resolve) => setTimeout(resolve, 2_500))
  expect((await fault.evidence())?.eligible).toBeGreaterThan(0)
  expect(await fault.remove()).toMatchObject({
    removed: true,
    verifiedBy: '1 workers of back-service-0 ended',
  })
})

test('a fault and its bounds: possible before certain, removal after start', async () => {
  const fault = await inject('NetworkChaos', `action: loss\n${backAll}\nloss: { loss: "1" }`)
  const removal = await fault.remove()
  expect(fault.started.possibleNs).toBeLessThan(fault.started.certainNs)
  if (!removal.removed) throw new Error(removal.problem.why)
  expect(removal.possibleNs).toBeLessThan(removal.certainNs)
  expect(fault.started.possibleNs).toBeLessThan(removal.certainNs)
})

test('two faults on one proxy: removing the first does not blame the second', async () => {
  const slow = await inject('NetworkChaos', `action: delay\n${backAll}\ndelay: { latency: 700ms }`)
  const injector = localInjector(warden, { services: [back, front], seed: 1, callersKnown: true })
  const plan = await injector.plan(
    faultOf('HTTPChaos', `target: Request\nport: 80\n${backAll}\nabort: true`, 'two'),
  )
  if (!plan.ok) throw new Error(plan.problems[0].why)
  const abort = await injector.apply(plan.value, {
    runId: 'r',
    untilNs: BigInt(Date.now() + 60_000) * 1_000_000n,
  })
  expect(await abort.remove()).toMatchObject({
    removed: true,
    verifiedBy: 'stage out of the proxy of back-service, where other faults go on',
  })
  expect(await slow.remove()).toMatchObject({ removed: true })
})
