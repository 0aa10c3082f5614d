import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/**
 * Every signal at every moment of a Chaos Toolkit run: the fault is gone, the journal whole, the exit code as
 * docs/reference/chaos-toolkit.md has it. The fault is a file that the method makes and a rollback removes.
 */
const bin = resolve(import.meta.dirname, '../../packages/aftershock/bin/aftershock.js')
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const
const hasPython = spawnSync('python3', ['--version']).status === 0
if (!hasPython) process.stderr.write('SKIPPED: signals during a Python activity: there is no python3\n')

type Moment = {
  readonly name: string
  readonly experiment: object
  readonly flags?: readonly string[]
  /** The method had begun: there is something to undo. */
  readonly isInjected: boolean
}

/** Says that it is there, and stays. */
const hold = 'touch here; sleep 30'
const shell = (command: string) => ({ type: 'process', path: 'sh', arguments: ['-c', command] })
const act = (name: string, command: string, more: object = {}) => ({
  type: 'action',
  name,
  provider: shell(command),
  ...more,
})
const inject = act('inject', 'touch fault')
const undo = act('undo', 'rm fault')
const hypothesis = (command: string) => ({
  title: 'steady',
  probes: [{ type: 'probe', name: 'steady', tolerance: 0, provider: shell(command) }],
})
const python = {
  type: 'action',
  name: 'python',
  provider: {
    type: 'python',
    module: 'timeit',
    func: 'timeit',
    arguments: { stmt: "import time; open('here', 'w').close(); time.sleep(30)", number: 1 },
  },
}

/** Says in the folder of its caller that it was asked, and never answers. */
const silent = createServer((request) => {
  writeFileSync(join(decodeURIComponent(request.url?.slice(1) ?? ''), 'here'), '')
})
beforeAll(() => new Promise<void>((done) => silent.listen(0, '127.0.0.1', done)))
afterAll(() => {
  silent.closeAllConnections()
  silent.close()
})
/** Of the silent server, in an experiment. */
const SILENT_URL = 'http://silent'
const silentUrl = (folder: string) =>
  `http://127.0.0.1:${(silent.address() as AddressInfo).port}/${encodeURIComponent(folder)}`

const moments: readonly Moment[] = [
  {
    name: 'the hypothesis before the method',
    experiment: { 'steady-state-hypothesis': hypothesis(hold), method: [inject], rollbacks: [undo] },
    isInjected: false,
  },
  {
    name: 'a process activity',
    experiment: { method: [inject, act('work', hold)], rollbacks: [undo] },
    isInjected: true,
  },
  {
    // Their ends were waited for without a turn of the event loop.
    name: 'one of many process activities',
    experiment: {
      method: [inject, ...['a', 'b', 'c', 'd'].map((name) => act(name, 'true')), act('work', hold)],
      rollbacks: [undo],
    },
    isInjected: true,
  },
  {
    name: 'an http activity',
    experiment: {
      method: [inject, { type: 'action', name: 'ask', provider: { type: 'http', url: SILENT_URL } }],
      rollbacks: [undo],
    },
    isInjected: true,
  },
  {
    name: 'a pause',
    experiment: { method: [inject, act('work', 'touch here', { pauses: { after: 30 } })], rollbacks: [undo] },
    isInjected: true,
  },
  {
    name: 'background work that ends by itself',
    experiment: {
      method: [inject, act('work', 'touch here; sleep 1', { background: true })],
      rollbacks: [undo],
    },
    isInjected: true,
  },
  {
    name: 'a continuous hypothesis',
    experiment: {
      'steady-state-hypothesis': hypothesis('if [ -e fault ]; then touch here; fi'),
      method: [inject, act('work', 'sleep 30')],
      rollbacks: [undo],
    },
    flags: ['--hypothesis-strategy', 'during-method-only', '--hypothesis-frequency', '0.5'],
    isInjected: true,
  },
  {
    name: 'the hypothesis after the method',
    experiment: {
      'steady-state-hypothesis': hypothesis(`if [ -e fault ]; then ${hold}; fi`),
      method: [inject],
      rollbacks: [undo],
    },
    isInjected: true,
  },
  {
    name: 'a rollback',
    experiment: { method: [inject], rollbacks: [act('slow', 'touch here; sleep 1'), undo] },
    isInjected: true,
  },
  ...(hasPython
    ? [
        {
          name: 'a Python activity',
          experiment: { method: [inject, python], rollbacks: [undo] },
          isInjected: true,
        },
      ]
    : []),
]

/** Starts the run, sends the signal when the moment has come, and waits for the end. */
async function signalled(moment: Moment, signal: NodeJS.Signals) {
  const folder = mkdtempSync(join(tmpdir(), 'chaos-signal-'))
  try {
    const file = { title: moment.name, description: signal, ...moment.experiment }
    const text = JSON.stringify(file).replace(SILENT_URL, silentUrl(folder))
    writeFileSync(join(folder, 'experiment.json'), text)
    const child = spawn(
      process.execPath,
      [bin, 'chaos', '--no-log-file', 'run', 'experiment.json', ...(moment.flags ?? [])],
      { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, HOME: folder } },
    )
    let said = ''
    child.stderr.on('data', (chunk) => {
      said += chunk
    })
    const ended = new Promise<number | null>((settle) => child.on('close', settle))
    while (!existsSync(join(folder, 'here')) && child.exitCode === null)
      await new Promise((tick) => setTimeout(tick, 20))
    child.kill(signal)
    const exitCode = await ended
    return {
      exitCode,
      said,
      journal: JSON.parse(readFileSync(join(folder, 'journal.json'), 'utf8')) as Journal,
      left: readdirSync(folder).filter((name) => !['experiment.json', 'here', 'journal.json'].includes(name)),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

type Journal = {
  readonly status: string
  readonly deviated: boolean
  readonly end?: string
  readonly in_progress?: boolean
  readonly trace_id?: string
  readonly run: readonly { readonly activity: { readonly name: string }; readonly span_id?: string }[]
  readonly rollbacks: readonly object[]
}

describe.each(signals)('%s', (signal) => {
  test.concurrent.each(moments)('during $name', async (moment) => {
    const { exitCode, journal, left, said } = await signalled(moment, signal)
    // No fault, no event log, no half-written file.
    expect(left, said).toEqual([])
    expect({ exitCode, status: journal.status, isEnded: typeof journal.end === 'string' }, said).toEqual({
      exitCode: 1,
      status: 'interrupted',
      isEnded: true,
    })
    expect(journal.in_progress).toBeUndefined()
    expect(journal.trace_id).toMatch(/^[0-9a-f]{32}$/)
    expect(journal.run.map((one) => one.activity.name).slice(0, 1)).toEqual(
      moment.isInjected ? ['inject'] : [],
    )
    for (const record of journal.run) expect(record.span_id).toMatch(/^[0-9a-f]{16}$/)
  })
})
