import { spawn } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { startLauncher } from './process-launcher.ts'
import { type ProcessEnd, type ProcessInput, runProcess } from './run-process.ts'
import { scratch } from './test-support/run-text.ts'
import { othersRunHere } from './told-environment.ts'

const launcher = startLauncher()
if (launcher === undefined) process.stderr.write('SKIPPED: the launcher: no Linux, or no Python of its own\n')
afterAll(() => launcher?.close())

type Start = (input: ProcessInput) => Promise<ProcessEnd | undefined>
const starters: readonly (readonly [string, Start])[] = [
  ['started by us', runProcess],
  ...(launcher === undefined ? [] : [['started by the launcher', launcher.run] as const]),
]

/** Runs a shell command, unless told otherwise. */
function shell(start: Start, command: string, more: Partial<ProcessInput> = {}) {
  const signal = new AbortController().signal
  const given = { file: '/bin/sh', args: ['-c', command], env: {}, timeoutMs: undefined, signal }
  return start({ ...given, ...more })
}

const ended = (status: number, stdout = '', stderr = '') => ({ kind: 'ended', status, stdout, stderr })

describe.each(starters)('a process %s', (_, begin) => {
  const start: Start = (input) => begin.call(launcher, input)

  test.each([
    ['exit 0', 0],
    ['exit 3', 3],
    ['exit 137', 137],
    ['kill -9 $$', -9],
    ['exit 143', 143],
    ['kill -TERM $$', -15],
    ['kill -PIPE $$', -13],
  ])('%s: %i, an exit code is told from a signal', async (command, status) => {
    expect(await shell(start, command)).toEqual(ended(status))
  })

  test('gives a megabyte of each stream, and does not mix them', async () => {
    const both = await shell(
      start,
      'head -c 1000000 /dev/zero | tr "\\0" e >&2 & head -c 1000000 /dev/zero; wait',
    )
    expect(both).toEqual(ended(0, '\0'.repeat(1_000_000), 'e'.repeat(1_000_000)))
  })

  test('gives bytes that are no text as characters', async () => {
    expect(await shell(start, "printf '\\377\\000\\344'")).toEqual(ended(0, 'ÿ\0ä'))
  })

  test('is given arguments as they are', async () => {
    const args = ['%s|', 'a  b', 'new\nline', `'"\\$HOME`, '', 'ä']
    expect(await shell(start, '', { file: '/usr/bin/printf', args })).toEqual(
      ended(0, `a  b|new\nline|'"\\$HOME||ä|`),
    )
  })

  test('is given our environment as it is at that moment, and variables of its own', async () => {
    othersRunHere()
    process.env.OF_THE_RUN = `new\nline '"=`
    expect(await shell(start, 'echo "$OF_THE_RUN$OWN"', { env: { OWN: '=a\nb' } })).toEqual(
      ended(0, `new\nline '"==a\nb\n`),
    )
    delete process.env.OF_THE_RUN
    expect(await shell(start, 'env | grep -c "^OF_THE_RUN=\\|^OWN="')).toEqual(ended(1, '0\n'))
  })

  test('is in our folder and our process group, and ignores no signal', async () => {
    expect(await shell(start, 'pwd')).toEqual(ended(0, `${process.cwd()}\n`))
    const groupOf = (pid: number | string) =>
      readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ')[2]
    expect(await shell(start, 'cut -d" " -f5 /proc/self/stat')).toEqual(ended(0, `${groupOf('self')}\n`))
    const ignored = await shell(start, 'grep SigIgn /proc/self/status')
    // Beyond 31 are two that the C library keeps to itself.
    expect(ignored).toEqual(ended(0, expect.stringMatching(/[08]0000000\n$/)))
  })

  test('holds none of our descriptors', async () => {
    const descriptors = 'exec ls /proc/self/fd'
    // What this process itself was born with, it passes on.
    expect(await shell(start, descriptors)).toEqual(await shell(runProcess, descriptors))
  })

  test('has ended when its streams are closed, whoever holds them', async () => {
    expect(await shell(start, '(sleep 0.2; echo late) & echo early')).toEqual(ended(0, 'early\nlate\n'))
  })

  test('has ended when it has, though its streams were closed before', async () => {
    expect(await shell(start, 'echo a; exec >&- 2>&-; sleep 0.1; exit 4')).toEqual(ended(4, 'a\n'))
  })

  test('is killed after its time, whoever holds its streams; its children are not', async () => {
    using files = scratch()
    const mark = files.path('mark')
    const command = `(sleep 0.4; touch "${mark}") & exec sleep 30`
    expect(await shell(start, command, { timeoutMs: 100 })).toEqual({ kind: 'too-long' })
    await expect.poll(() => existsSync(mark)).toBe(true)
  })

  test('is killed when it closed its streams, too', async () => {
    expect(await shell(start, 'exec sleep 30 >&- 2>&-', { timeoutMs: 100 })).toEqual({ kind: 'too-long' })
  })

  test('is killed at the end of the run, and not started after it', async () => {
    const ending = new AbortController()
    setTimeout(() => ending.abort(), 50)
    expect(await shell(start, 'exec sleep 30', { signal: ending.signal })).toEqual({ kind: 'stopped' })
    expect(await shell(start, 'exit 1', { signal: ending.signal })).toEqual({ kind: 'stopped' })
  })

  test('is one of many at a time', async () => {
    const all = Array.from({ length: 12 }, (_, i) =>
      shell(start, `sleep 0.0${i % 5}; head -c ${i * 20_000} /dev/zero | tr "\\0" ${i % 10}; exit ${i}`),
    )
    expect(await Promise.all(all)).toEqual(all.map((_, i) => ended(i, `${i % 10}`.repeat(i * 20_000))))
  })
})

describe.runIf(launcher !== undefined)('the launcher', () => {
  test('leaves to us what it cannot start', async () => {
    using files = scratch()
    writeFileSync(files.path('script'), 'echo no interpreter is named')
    chmodSync(files.path('script'), 0o755)
    const started = (file: string) => launcher?.run({ ...idle, file, args: [] })
    expect(await started('/nowhere/x')).toBeUndefined()
    expect(await started('/etc/passwd')).toBeUndefined()
    expect(await started(files.path('script'))).toBeUndefined()
    expect(await launcher?.run({ ...idle, file: '/bin/echo', args: ['\0'] })).toBeUndefined()
    expect(await launcher?.run({ ...idle, file: '/bin/echo', args: ['on'] })).toEqual(ended(0, 'on\n'))
  })

  test('hands on what a process sends its parent, which is meant for us', async () => {
    const came = new Promise((done) => process.once('SIGUSR1', done))
    expect(await shell((input) => launcher?.run(input) ?? never(), 'kill -USR1 $PPID')).toEqual(ended(0))
    expect(await came).toBe('SIGUSR1')
  })

  test('tells when it is killed with a process under way; the next is for us to start', async () => {
    const own = startLauncher()
    const lost = await shell((input) => own?.run(input) ?? never(), 'kill -9 $PPID; sleep 0.2')
    expect(lost).toMatchObject({ kind: 'not-started', message: expect.stringContaining('was killed') })
    expect(await own?.run({ ...idle, file: '/bin/true', args: [] })).toBeUndefined()
    await own?.close()
  })
})

test.runIf(launcher !== undefined)('killed with -9, we leave neither launcher nor activity', async () => {
  using files = scratch()
  const quick = { type: 'process', path: 'cat' }
  const hold = {
    type: 'process',
    path: 'sh',
    arguments: ['-c', 'echo $PPID $$ > pids.txt; mv pids.txt pids; exec sleep 300'],
  }
  const method = [quick, quick, quick, quick, quick, hold].map((provider, i) => ({
    type: 'action',
    name: `${i}`,
    provider,
  }))
  writeFileSync(files.path('e.json'), JSON.stringify({ title: 't', description: 'd', method }))
  const bin = resolve(import.meta.dirname, '../../../bin/aftershock.js')
  const run = spawn(process.execPath, [bin, 'chaos', 'run', 'e.json'], {
    cwd: files.path('.'),
    stdio: 'ignore',
  })
  await expect.poll(() => existsSync(files.path('pids'))).toBe(true)
  const [parent, activity] = readFileSync(files.path('pids'), 'utf8').trim().split(' ').map(Number)
  expect(parent).not.toBe(run.pid)
  run.kill('SIGKILL')
  await expect.poll(() => isRunning(parent)).toBe(false)
  // The keeper of the run ends the rest: cli/chaos/recover.test.ts.
  const isOver = () => !existsSync(files.path('journal.json.events.ndjson'))
  await expect.poll(isOver).toBe(true)
  await expect.poll(() => isRunning(activity)).toBe(false)
})

/** What is dead and waits for its parent does not run. */
function isRunning(pid: number | undefined): boolean {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

const idle = { env: {}, timeoutMs: undefined, signal: new AbortController().signal }

function never(): never {
  throw new Error('there must be a launcher')
}
