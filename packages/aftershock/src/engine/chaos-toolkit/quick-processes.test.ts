import { spawn } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { quickProcesses } from './quick-processes.ts'
import { type ProcessEnd, type ProcessInput, runProcess } from './run-process.ts'
import { othersRunHere } from './seen-environment.ts'
import { scratch } from './test-support/run-text.ts'

const quickly = quickProcesses()
// A build for this machine is among our dependencies: without it everything works, at Node's price.
test.runIf(process.platform === 'linux' && ['x64', 'arm64'].includes(process.arch))(
  'on Linux the C library can be called',
  () => expect(quickly).toBeDefined(),
)

type Start = (input: ProcessInput) => Promise<ProcessEnd | undefined>
const starters: readonly (readonly [string, Start])[] = [
  ['started by Node', runProcess],
  ...(quickly === undefined ? [] : [['started quickly', quickly] as const]),
]

/** Runs a shell command, unless told otherwise. */
function shell(start: Start, command: string, more: Partial<ProcessInput> = {}) {
  const signal = new AbortController().signal
  const given = { file: '/bin/sh', args: ['-c', command], env: {}, timeoutMs: undefined, signal }
  return start({ ...given, ...more })
}

const ended = (status: number, stdout = '', stderr = '') => ({ kind: 'ended', status, stdout, stderr })

describe.each(starters)('a process %s', (_, start) => {
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

  test('is not waited for after its time, when it has ended and others hold its streams', async () => {
    expect(await shell(start, 'sleep 3 & exit 0', { timeoutMs: 100 })).toEqual({ kind: 'too-long' })
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

describe.runIf(quickly !== undefined)('what runs processes quickly', () => {
  test('leaves to Node what it cannot start', async () => {
    using files = scratch()
    writeFileSync(files.path('script'), 'echo no interpreter is named')
    chmodSync(files.path('script'), 0o755)
    const started = (file: string, args: readonly string[] = []) => quickly?.({ ...idle, file, args })
    expect(await started('/nowhere/x')).toBeUndefined()
    expect(await started('/etc/passwd')).toBeUndefined()
    expect(await started(files.path('script'))).toBeUndefined()
    expect(await started('/bin/echo', ['\0'])).toBeUndefined()
    expect(await started('/bin/echo', ['a'.repeat(200_000)])).toBeUndefined()
    expect(await started('/bin/echo', ['on'])).toEqual(ended(0, 'on\n'))
  })

  test('leaves no descriptor open', async () => {
    const open = () => readdirSync('/proc/self/fd').length
    const start: Start = (input) => quickly?.(input) ?? never()
    await shell(start, 'sleep 0.05; echo late')
    const before = open()
    await shell(start, 'echo early')
    await shell(start, 'exit 0', { file: '/nowhere/x' })
    await shell(start, 'sleep 0.05; echo late')
    await shell(start, 'exec sleep 30', { timeoutMs: 50 })
    expect(open()).toBe(before)
  })

  test('lets timers have their turn between processes, however many there are', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    for (let i = 0; i < 40; i++) await quickly?.({ ...idle, file: '/bin/true', args: [] })
    clearInterval(timer)
    expect(turns).toBeGreaterThan(0)
  })
})

test.runIf(quickly !== undefined)('an activity is a child of the run itself', async () => {
  using files = scratch()
  const provider = { type: 'process', path: 'sh', arguments: ['-c', 'echo $PPID'] }
  const method = ['a', 'b'].map((name) => ({ type: 'probe', name, provider }))
  writeFileSync(files.path('e.json'), JSON.stringify({ title: 't', description: 'd', method }))
  const bin = resolve(import.meta.dirname, '../../../bin/aftershock.js')
  const run = spawn(process.execPath, [bin, 'chaos', 'run', 'e.json'], {
    cwd: files.path('.'),
    stdio: 'ignore',
  })
  await new Promise((done) => run.once('close', done))
  const journal = JSON.parse(readFileSync(files.path('journal.json'), 'utf8'))
  const parents = journal.run.map((one: { readonly output: { readonly stdout: string } }) =>
    Number(one.output.stdout),
  )
  expect(parents).toEqual([run.pid, run.pid])
})

const idle = { env: {}, timeoutMs: undefined, signal: new AbortController().signal }

function never(): never {
  throw new Error('the C library must be there')
}
