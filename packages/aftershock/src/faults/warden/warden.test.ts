import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ProblemError } from '../../model/problem.ts'
import type { ServiceConfig } from '../../model/system.ts'
import { cleanUp } from '../process/clean-up.ts'
import { accepts } from '../process/ports.ts'
import { processesFile, readProcessRecords } from '../process/process-record.ts'
import { identityOf } from '../process/process-table.ts'
import { echoCommand, echoService, temporaryFolder, until } from '../process/test-support/world.ts'
import type { ApplyRequest } from './fault-action.ts'
import type { WardenEvent } from './messages.ts'
import { startWarden } from './warden-client.ts'

const RUNNER = fileURLToPath(new URL('./test-support/runner.ts', import.meta.url))
let folder: ReturnType<typeof temporaryFolder>
let runner: ChildProcess | undefined
beforeEach(() => {
  folder = temporaryFolder()
})
afterEach(async () => {
  runner?.kill('SIGKILL')
  await cleanUp(processesFile(folder.path))
  folder.remove()
})

/** A runner process with a warden that holds a service, its proxy and a fault. */
async function startRunner(service: ServiceConfig, leaseMs: number): Promise<{ readonly wardenPid: number }> {
  const child = spawn(process.execPath, [RUNNER, folder.path, String(leaseMs), JSON.stringify(service)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  runner = child
  const wardenPid = await new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => resolve(Number(String(chunk).split(' ')[1])))
    child.once('exit', (code) => reject(new Error(`the runner ended with ${code}`)))
  })
  return { wardenPid }
}

const journal = (): readonly string[] =>
  readFileSync(join(folder.path, 'warden.ndjson'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).what)

const servicePids = (): readonly number[] =>
  readProcessRecords(processesFile(folder.path))
    .filter((record) => record.role === 'service')
    .map((record) => record.pid)

async function answerMs(service: ServiceConfig): Promise<number> {
  const startMs = performance.now()
  await (await fetch(`http://127.0.0.1:${service.listen?.port}/`)).text()
  return performance.now() - startMs
}

test.for([
  ['kill -9', 'SIGKILL', 60_000, 'the runner is gone'],
  ['a stopped runner', 'SIGSTOP', 2_000, 'lease ended: the runner fell silent'],
] as const)('the warden undoes everything after %s', async ([, signal, leaseMs, reason]) => {
  const service = await echoService('echo')
  const { wardenPid } = await startRunner(service, leaseMs)
  expect(await answerMs(service)).toBeGreaterThan(290)
  const [pid] = servicePids()
  expect(identityOf(pid)).toBeDefined()

  runner?.kill(signal)
  await until(() => identityOf(wardenPid) === undefined, 'the warden ends')

  expect(identityOf(pid)).toBe(undefined)
  expect(await accepts({ host: '127.0.0.1', port: service.listen?.port ?? 0 })).toBe(false)
  expect(journal().slice(-4)).toEqual(['ending', 'fault-removed', 'process-stopped', 'ended'])
  expect(readFileSync(join(folder.path, 'warden.ndjson'), 'utf8')).toContain(reason)
})

test('cleanUp() stops what a killed runner and a killed warden left, and nothing else', async () => {
  const service = await echoService('echo')
  const { wardenPid } = await startRunner(service, 60_000)
  const [pid] = servicePids()
  runner?.kill('SIGSTOP')
  process.kill(wardenPid, 'SIGKILL')
  runner?.kill('SIGKILL')
  await until(() => identityOf(wardenPid) === undefined, 'the warden ends')
  expect(identityOf(pid)).toBeDefined()

  const { stopped, problems } = await cleanUp(processesFile(folder.path))
  expect([stopped.map((record) => record.pid), problems]).toEqual([[pid], []])
  expect(identityOf(pid)).toBe(undefined)
})

test('cleanUp() lets a warden that still lives undo everything itself, in order', async () => {
  const service = await echoService('echo')
  const { wardenPid } = await startRunner(service, 60_000)
  runner?.kill('SIGSTOP')
  const { problems } = await cleanUp(processesFile(folder.path))
  expect([problems, identityOf(wardenPid), identityOf(servicePids()[0])]).toEqual([[], undefined, undefined])
  expect(journal().slice(-4)).toEqual(['ending', 'fault-removed', 'process-stopped', 'ended'])
})

test('Warden keeps serving through the other replica while one is killed', async () => {
  await using warden = await startWarden({ runFolder: folder.path })
  const service = await echoService('echo', { replicas: 2 })
  const pids = await Promise.all([0, 1].map((replica) => warden.startService(service, {}, replica)))
  await Promise.all([0, 1].map((replica) => warden.waitUntilListening(`echo-${replica}`, 20_000)))
  await warden.openProxies([service])
  const untilNs = BigInt(Date.now() + 60_000) * 1_000_000n
  const action = { kind: 'kill', pod: 'echo-1', graceMs: 0, meanwhile: 'skip' } as const
  await warden.apply({ faultId: 'k', label: 'k', untilNs, actions: [action] })
  for (let i = 0; i < 4; i++) {
    const answer = await fetch(`http://127.0.0.1:${service.listen?.port}/`, {
      headers: { connection: 'close' },
    })
    expect([answer.status, await answer.text()]).not.toEqual([200, String(pids[1].pid)])
  }
  expect(await warden.remove('k')).toMatchObject({ removed: true })
})

test('Warden names every port that is taken', async () => {
  await using warden = await startWarden({ runFolder: folder.path })
  const [one, two] = [await echoService('one'), await echoService('two')]
  await warden.openProxies([one, two])
  const again = [
    { ...one, name: 'three' },
    { ...two, name: 'four' },
  ]
  const error = await warden.openProxies(again).catch((reason: unknown) => reason)
  expect(error instanceof ProblemError && error.problems.map(({ code, what }) => `${code} ${what}`)).toEqual([
    `port-in-use Cannot start the proxy of three on 127.0.0.1:${one.listen?.port}`,
    `port-in-use Cannot start the proxy of four on 127.0.0.1:${two.listen?.port}`,
  ])
})

test('startWarden() tells when the warden was killed, and stops what it had started', async () => {
  const warden = await startWarden({ runFolder: folder.path })
  const events: WardenEvent[] = []
  warden.onEvent((event) => events.push(event))
  const { pid } = await warden.startService(await echoService('echo'), {}, 0)
  process.kill(warden.pid, 'SIGKILL')
  await until(() => events.some((event) => event.kind === 'warden-gone'), 'warden-gone')
  expect(identityOf(pid)).toBe(undefined)
  const after = await warden.proxyStats().catch((error: unknown) => error)
  expect(after instanceof ProblemError && after.problems[0].code).toBe('warden-gone')
  expect(await warden.shutdown()).toEqual([])
})

test('Warden kills a service, which comes back, and keeps one down until removal', async () => {
  await using warden = await startWarden({ runFolder: folder.path })
  const service = await echoService('echo')
  const first = await warden.startService(service, {}, 0)
  await warden.waitUntilListening('echo-0', 20_000)
  await warden.openProxies([service])
  const asked = (action: ApplyRequest['actions'][number], faultId: string): ApplyRequest => ({
    faultId,
    label: faultId,
    actions: [action],
    untilNs: BigInt(Date.now() + 60_000) * 1_000_000n,
  })

  await warden.apply(asked({ kind: 'kill', pod: 'echo-0', graceMs: 0, meanwhile: 'refuse' }, 'kill'))
  expect(await warden.remove('kill')).toMatchObject({ removed: true })
  expect(await warden.evidence('kill')).toMatchObject({ seen: 1, eligible: 1, unit: 'restarts' })
  const pidNow = await (await fetch(`http://127.0.0.1:${service.listen?.port}/`)).text()
  expect(pidNow).not.toBe(String(first.pid))

  await warden.apply(asked({ kind: 'down', pod: 'echo-0' }, 'down'))
  await expect(fetch(`http://127.0.0.1:${service.listen?.port}/`)).rejects.toThrow()
  expect(await warden.remove('down')).toMatchObject({ removed: true })
  expect((await fetch(`http://127.0.0.1:${service.listen?.port}/`)).status).toBe(200)
})

test('Warden ends a fault when its time is up', async () => {
  await using warden = await startWarden({ runFolder: folder.path })
  const events: WardenEvent[] = []
  warden.onEvent((event) => events.push(event))
  const burners = [
    { kind: 'cpu', loadPercent: 10, reachablePercent: 100 },
    { kind: 'memory', bytes: 8_000_000 },
  ] as const
  const untilNs = BigInt(Date.now() + 2_500) * 1_000_000n
  await warden.apply({
    faultId: 's',
    label: 's',
    untilNs,
    actions: [{ kind: 'stress', pod: 'echo-0', burners }],
  })
  await until(() => events.some((event) => event.kind === 'fault-ended'), 'fault-ended')
  expect(events.at(-1)).toMatchObject({ removal: { removed: true, verifiedBy: '2 workers of echo-0 ended' } })
  expect((await warden.evidence('s')).eligible).toBeGreaterThan(0)
})

test('Warden runs a command once and tells its end', async () => {
  await using warden = await startWarden({ runFolder: folder.path })
  const events: WardenEvent[] = []
  warden.onEvent((event) => events.push(event))
  const command = `'${process.execPath}' -e 'console.log(process.env.WHAT)'`
  await warden.startCommand({ name: 'load', command, cwd: folder.path, env: { WHAT: 'traffic' } })
  await until(() => events.some((event) => event.kind === 'process-exited'), 'exited')
  expect(events.at(-1)).toMatchObject({ name: 'load', code: 0, restartInMs: undefined })
  expect(readFileSync(join(folder.path, 'services', 'load.log'), 'utf8')).toBe('traffic\n')
})

test('Warden.shutdown() says what it did', async () => {
  const warden = await startWarden({ runFolder: folder.path })
  await warden.startService(await echoService('echo', { command: echoCommand('--never') }), {}, 0)
  expect(await warden.shutdown()).toEqual(['echo-0 stopped'])
  expect(identityOf(warden.pid)).toBe(undefined)
})
