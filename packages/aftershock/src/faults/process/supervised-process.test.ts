import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { ProblemError } from '../../model/problem.ts'
import { cleanUp, leftBehind } from './clean-up.ts'
import { openLimitedLog } from './limited-log.ts'
import { accepts } from './ports.ts'
import { appendLine, type ProcessRecord, processesFile, recordOf } from './process-record.ts'
import { identityOf, membersOfGroup } from './process-table.ts'
import { type ProcessEvent, SupervisedProcess } from './supervised-process.ts'
import { echoCommand, freePort, temporaryFolder, until } from './test-support/world.ts'

let folder: ReturnType<typeof temporaryFolder>
let running: SupervisedProcess[]
beforeEach(() => {
  folder = temporaryFolder()
  running = []
})
afterEach(async () => {
  await Promise.all(running.map((each) => each.stop(0)))
  folder.remove()
})

async function supervised(...flags: readonly string[]) {
  return await supervisedOn(await freePort(), undefined, ...flags)
}

async function supervisedOn(port: number, otherPort: number | undefined, ...flags: readonly string[]) {
  const events: ProcessEvent[] = []
  const records: ProcessRecord[] = []
  const one = new SupervisedProcess(
    {
      name: 'echo-0',
      service: 'echo',
      role: 'service',
      command: echoCommand(...flags),
      cwd: folder.path,
      env: { PORT: String(otherPort ?? port) },
      address: { host: '127.0.0.1', port },
      restart: 'always',
    },
    {
      record: (record) => {
        records.push(record)
        appendLine(processesFile(folder.path), record)
      },
      event: (event) => events.push(event),
      log: openLimitedLog(join(folder.path, 'echo-0.log'), 1_000),
    },
  )
  running.push(one)
  return { one, port, events, records }
}

async function problemOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof ProblemError)) throw new Error(`no problem but ${String(error)}`)
  const { what, why } = error.problems[0]
  return `${what}: ${why}`
}

test('SupervisedProcess.start() gives PORT and records the process; waitUntilListening() waits for it', async () => {
  const { one, port, records } = await supervised()
  const pid = await one.start()
  await one.waitUntilListening(20_000)
  expect(await (await fetch(`http://127.0.0.1:${port}`)).text()).toBe(String(pid))
  expect(records).toMatchObject([{ pid, pgid: pid, service: 'echo', identity: identityOf(pid) }])
})

test('SupervisedProcess starts again what was killed, and not what was stopped', async () => {
  const { one, port, events } = await supervised()
  const first = await one.start()
  await one.waitUntilListening(20_000)
  await one.kill(0)
  await one.waitUntilListening(20_000)
  expect(one.pid).not.toBe(first)
  expect(events.map((event) => event.kind)).toEqual(['started', 'exited', 'started'])
  await one.stop(2_000)
  expect(await accepts({ host: '127.0.0.1', port })).toBe(false)
  expect(events.at(-1)).toMatchObject({ kind: 'exited', restartInMs: undefined })
})

test('SupervisedProcess.stop() ends the children too', async () => {
  const { one } = await supervised('--child')
  const pid = await one.start()
  await one.waitUntilListening(20_000)
  expect(membersOfGroup(pid).length).toBe(2)
  await one.stop(2_000)
  expect(membersOfGroup(pid)).toEqual([])
})

test('SupervisedProcess.start() names the owner of a port in use', async () => {
  const { one, port } = await supervised()
  const other = createServer()
  await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve))
  const problem = await problemOf(one.start())
  other.close()
  expect(problem).toContain(`Cannot start echo-0 on 127.0.0.1:${port}`)
  expect(problem).toContain(process.platform === 'linux' ? `in use by pid ${process.pid} (` : 'in use')
})

test('SupervisedProcess.waitUntilListening() shows the last lines of one that never listens', async () => {
  const { one, port } = await supervised('--never')
  await one.start()
  const problem = await problemOf(one.waitUntilListening(1_500))
  expect(problem).toContain(`it must listen on 127.0.0.1:${port} within 1.5 s: it does not`)
  expect(problem).toContain('echo server starts')
})

test.runIf(process.platform === 'linux')(
  'SupervisedProcess.waitUntilListening() says where a service listens instead',
  async () => {
    const otherPort = await freePort()
    const { one } = await supervisedOn(await freePort(), otherPort)
    await one.start()
    await until(() => accepts({ host: '127.0.0.1', port: otherPort }), 'it listens elsewhere')
    expect(await problemOf(one.waitUntilListening(300))).toContain(`it listens on ${otherPort} instead`)
  },
)

test('SupervisedProcess.waitUntilListening() gives up on one that keeps ending', async () => {
  const { one } = await supervised('--die')
  await one.start()
  const problem = await problemOf(one.waitUntilListening(30_000))
  expect(problem).toContain('it ended 3 times, last with code 1')
  expect(problem).toContain('no database')
})

test('openLimitedLog() stops at its limit, says so, and keeps the last lines', async () => {
  const file = join(folder.path, 'x.log')
  const log = openLimitedLog(file, 100)
  for (let i = 0; i < 50; i++) log.write(Buffer.from(`line ${i}\n`))
  log.close()
  expect(readFileSync(file, 'utf8')).toMatch(
    /line 12\n[\s\S]*output ends here: the log has reached its limit of 100 bytes\n$/,
  )
  expect(log.tail().at(-1)).toBe('line 49')
})

test('cleanUp() stops recorded processes that live, and never one whose pid was used again', async () => {
  const file = processesFile(folder.path)
  const start = () =>
    spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { detached: true, stdio: 'ignore' })
  const [ours, stranger] = [start(), start()]
  const about = { role: 'service', token: 'none', command: 'node', service: 'echo' } as const
  const [pid, strangerPid] = [ours.pid ?? 0, stranger.pid ?? 0]
  await until(() => identityOf(pid) !== undefined && identityOf(strangerPid) !== undefined, 'both run')
  appendLine(file, recordOf({ ...about, pid }))
  appendLine(file, { ...recordOf({ ...about, pid: strangerPid }), identity: 'another boot:1' })
  appendLine(file, { pid: 'torn' })

  expect(leftBehind(file).map((record) => record.pid)).toEqual([pid])
  const { stopped, problems } = await cleanUp(file)
  expect([stopped.map((record) => record.pid), problems]).toEqual([[pid], []])
  expect([identityOf(pid), typeof identityOf(strangerPid)]).toEqual([undefined, 'string'])
  stranger.kill('SIGKILL')
})

test('cleanUp() finds the children of a dead leader by their token', async () => {
  const { one, records } = await supervised('--child')
  const pid = await one.start()
  await one.waitUntilListening(20_000)
  const child = membersOfGroup(pid).find((member) => member !== pid) ?? 0
  // As if the warden had died first: nobody ends the group when its leader ends.
  const orphaned = { ...records[0], identity: 'another boot:1' }
  const file = join(folder.path, 'orphans.ndjson')
  appendLine(file, orphaned)
  await one.stop(0)
  expect(leftBehind(file)).toEqual([])
  expect(identityOf(child)).toBe(undefined)
})
