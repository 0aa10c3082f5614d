import { existsSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { dictsIn } from '../../engine/chaos-toolkit/control-order.ts'
import { dictOf, told } from '../../engine/chaos-toolkit/test-support/run-text.ts'
import { hasPython } from '../../engine/python/test-support/python-run.ts'
import { identityOf } from '../../faults/process/process-table.ts'
import type { PyDict } from '../../formats/chaos-toolkit/values.ts'
import { BIN, type ChaosFolder, chaosFolder, until } from './test-support/chaos-run.ts'

/** Says that it is there, and stays a while; what it starts would stay much longer. */
const sh = (name: string, script = ':', more: object = {}) => ({
  type: 'action',
  name,
  provider: { type: 'process', path: 'sh', arguments: ['-c', `${script}; echo $$ > at-${name}; sleep 0.3`] },
  ...more,
})
const FOREVER = 'sleep 300 & echo $! > child; sleep 300'
/** One process and one child, which holds none of our streams. */
const QUIET_FOREVER = 'sleep 300 > /dev/null 2>&1 & echo $! > child; exec sleep 300'

const EXPERIMENT = {
  title: 't',
  description: 'd',
  'steady-state-hypothesis': {
    title: 'h',
    probes: [
      { ...sh('up', ':', { tolerance: 0 }), type: 'probe' },
      { ...sh('fine', ':', { tolerance: 0 }), type: 'probe' },
    ],
  },
  method: [sh('break', 'touch broken'), sh('later', ':', { background: true }), sh('worse')],
  rollbacks: [sh('mend', 'rm -f broken'), sh('check', 'test ! -e broken')],
}

/** Kills the run with -9 when the file is there, and a journal so far, which is written while nobody waits. */
async function killedAt(folder: ChaosFolder, file: string, options: readonly string[] = []): Promise<void> {
  const { child, end } = folder.start(['run', ...options, 'e.json'])
  await until(() => [file, 'journal.json'].every((name) => existsSync(folder.path(name))))
  child.kill('SIGKILL')
  expect((await end).signal).toBe('SIGKILL')
}

/** The keeper ends the run within moments. */
async function recovered(folder: ChaosFolder): Promise<PyDict> {
  await until(() => !existsSync(folder.path('journal.json.events.ndjson')))
  return folder.journal()
}

const toldOf = (journal: PyDict): string => told({ journal, troubles: [] })
const isAlive = (pid: string): boolean => identityOf(Number(pid)) !== undefined

describe('after kill -9', () => {
  test.each([
    ['at-up', 'aborted', false],
    ['at-fine', 'aborted', false],
    ['at-break', 'aborted, before: met, run: break cut, rollbacks: mend succeeded check succeeded', true],
    [
      'at-worse',
      'aborted, before: met, run: break succeeded later succeeded worse cut, rollbacks: mend succeeded check succeeded',
      true,
    ],
  ])('at %s the journal is completed and the fault undone', async (file, journalText, hasRecord) => {
    using folder = chaosFolder({ 'e.json': EXPERIMENT })
    await killedAt(folder, file)
    const trace = folder.journal().get('trace_id')
    const journal = await recovered(folder)
    expect(journal.get('trace_id')).toBe(trace)
    const line = toldOf(journal).replace(/later (cut|succeeded)/, 'later succeeded')
    expect(line.startsWith(journalText)).toBe(true)
    expect(journal.has('in_progress')).toBe(false)
    expect(existsSync(folder.path('broken'))).toBe(false)
    expect(dictOf(journal.get('recovered')).has('killed_pid')).toBe(true)
    const before = dictOf(dictOf(journal.get('steady_states')).get('before'))
    expect(dictsIn(before.get('probes')).map((probe) => probe.get('status') ?? 'cut')).toEqual(
      file === 'at-up' ? ['cut'] : file === 'at-fine' ? ['succeeded', 'cut'] : ['succeeded', 'succeeded'],
    )
    expect(dictOf(journal.get('rollback_decision')).get('played')).toBe(hasRecord ? 'planned' : false)
  })

  test('during its rollbacks, those that had ended are not played again', async () => {
    using folder = chaosFolder({ 'e.json': EXPERIMENT })
    await killedAt(folder, 'at-check')
    const journal = await recovered(folder)
    expect(toldOf(journal)).toContain('rollbacks: mend succeeded check cut check succeeded')
  })

  test('nothing that its activities had started is left, and what others started stays', async () => {
    using folder = chaosFolder({
      'e.json': {
        ...EXPERIMENT,
        method: [sh('daemon', 'sleep 300 > /dev/null 2>&1 & echo $! > daemon'), sh('busy', FOREVER)],
      },
    })
    await killedAt(folder, 'child')
    const journal = await recovered(folder)
    expect(dictOf(journal.get('recovered')).get('processes_ended')).toEqual(['busy'])
    expect(isAlive(folder.read('child'))).toBe(false)
    // An activity that has ended left this one on purpose.
    expect(isAlive(folder.read('daemon'))).toBe(true)
    process.kill(Number(folder.read('daemon')))
  })

  test('rollbacks that were not to be played are not', async () => {
    using folder = chaosFolder({ 'e.json': EXPERIMENT })
    await killedAt(folder, 'at-break', ['--rollback-strategy', 'never'])
    const journal = await recovered(folder)
    expect(toldOf(journal)).toBe('aborted, before: met, run: break cut')
    expect(existsSync(folder.path('broken'))).toBe(true)
  })

  test('values of the command line are there for the rollbacks, from wherever', async () => {
    const given = { type: 'process', path: 'sh', arguments: ['-c', 'rm $' + '{file}; echo "$SECRET" > said'] }
    using folder = chaosFolder({
      'v.env': 'SECRET=from a file\n',
      'e.json': {
        ...EXPERIMENT,
        configuration: { file: 'nowhere' },
        rollbacks: [{ type: 'action', name: 'mend', provider: given }],
      },
    })
    await killedAt(folder, 'at-break', ['--var', 'file=broken', '--var-file', 'v.env'])
    await recovered(folder)
    expect(existsSync(folder.path('broken'))).toBe(false)
    expect(folder.read('said')).toBe('from a file\n')
  })

  test.skipIf(!hasPython)('Python that blocks is gone as well, and its faults are told', async () => {
    const python = (name: string, module: string, func: string, given: object) => ({
      type: 'action',
      name,
      provider: { type: 'python', module, func, arguments: given },
    })
    using folder = chaosFolder({
      'block.py':
        'import os, time\ndef forever():\n    open("worker", "w").write(str(os.getpid())); time.sleep(300)\n',
      'e.json': {
        ...EXPERIMENT,
        method: [sh('break', 'touch broken'), python('block', 'block', 'forever', {})],
      },
    })
    const env = { PYTHONPATH: folder.path('.') }
    const { child, end } = folder.start(['run', 'e.json'], { env })
    await until(() => existsSync(folder.path('worker')) && folder.read('worker') !== '')
    child.kill('SIGKILL')
    await end
    const journal = await recovered(folder)
    expect(toldOf(journal)).toContain('run: break succeeded block cut, rollbacks: mend succeeded')
    await until(() => !isAlive(folder.read('worker')))
  })
})

describe('whatever moment it is', () => {
  test.each(Array.from({ length: 6 }, (_, i) => 60 * i))('%i ms into its work', async (delayMs) => {
    const method = Array.from({ length: 40 }, (_, i) => ({
      type: 'action',
      name: `a${i}`,
      provider: { type: 'process', path: 'sh', arguments: ['-c', `touch broken; echo a${i} >> done`] },
    }))
    using folder = chaosFolder({ 'e.json': { ...EXPERIMENT, 'steady-state-hypothesis': undefined, method } })
    const { child, end } = folder.start(['run', 'e.json'])
    await until(() => existsSync(folder.path('done')))
    await new Promise((later) => setTimeout(later, delayMs))
    child.kill('SIGKILL')
    await end
    const journal = await recovered(folder)
    expect(existsSync(folder.path('broken'))).toBe(false)
    expect(journal.has('in_progress')).toBe(false)
    const run = dictsIn(journal.get('run'))
    const done = folder.read('done').trim().split('\n')
    // The last one may have said its word and been killed on its way out.
    expect(run.length).toBeGreaterThanOrEqual(done.length)
    expect(run.slice(0, done.length - 1).map((record) => record.get('status'))).toEqual(
      done.slice(1).map(() => 'succeeded'),
    )
    expect(run.slice(0, -1).every((record) => record.has('status'))).toBe(true)
  })
})

describe('without the keeper', () => {
  const log = (journal: object, argv: readonly string[], folder: string) =>
    [
      { kind: 'begin', owner: { pid: 1, identity: 'gone' }, argv, folder, journal },
      {
        kind: 'start',
        number: 1,
        list: 'run',
        mark: 'none',
        record: { activity: { name: 'a' }, output: null },
      },
    ]
      .map((line) => JSON.stringify(line))
      .join('\n')
  const journal = {
    experiment: EXPERIMENT,
    start: '2026-01-01T00:00:00+00:00',
    status: null,
    deviated: false,
    steady_states: { before: null, after: null, during: [] },
    run: [],
    rollbacks: [],
  }

  test('the next run ends the one before, and keeps its journal beside', async () => {
    using folder = chaosFolder({ 'e.json': { ...EXPERIMENT, method: [] }, broken: '' })
    folder.write({ 'journal.json.events.ndjson': log(journal, ['--', 'e.json'], folder.path('.')) })
    const end = await folder.run(['run', 'e.json'])
    expect(end.stderr).toContain('The run before was killed')
    expect(existsSync(folder.path('broken'))).toBe(false)
    expect(folder.read('journal.json.killed')).toContain('"killed_pid": 1')
    expect(folder.journal().get('status')).toBe('completed')
  })

  test('`chaos recover` does; where there is nothing it says so', async () => {
    using folder = chaosFolder({ broken: '' })
    folder.write({ 'journal.json.events.ndjson': log(journal, ['--', 'e.json'], folder.path('.')) })
    expect((await folder.run(['recover'])).code).toBe(0)
    expect(toldOf(folder.journal())).toBe('aborted, run: a cut, rollbacks: mend succeeded check succeeded')
    const again = await folder.run(['recover', 'journal.json'])
    expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('There is nothing to recover')])
  })

  test('a run that goes on is left alone', async () => {
    using folder = chaosFolder({ 'e.json': { ...EXPERIMENT, method: [sh('busy', FOREVER)] } })
    const { child, end } = folder.start(['run', 'e.json'])
    await until(() => existsSync(folder.path('child')))
    const other = await folder.run(['recover'])
    expect([other.code, other.stderr]).toEqual([1, expect.stringContaining('goes on')])
    child.kill('SIGTERM')
    expect((await end).code).toBe(1)
  })

  test('a log that is damaged is no reason to fail', async () => {
    using folder = chaosFolder({ 'e.json': { ...EXPERIMENT, method: [] } })
    writeFileSync(folder.path('journal.json.events.ndjson'), '{"kind": "begin", "journal"')
    expect((await folder.run(['run', 'e.json'])).code).toBe(0)
  })
})

describe('an activity that a signal cuts short', () => {
  test.each([
    { flags: [], isStrict: false },
    { flags: ['--strict-compat'], isStrict: true },
  ])('is ended with what it has started, and nothing else; strict $isStrict', async (given) => {
    const daemon = sh('daemon', 'sleep 300 > /dev/null 2>&1 & echo $! > daemon')
    using folder = chaosFolder({ 'e.json': { ...EXPERIMENT, method: [daemon, sh('busy', QUIET_FOREVER)] } })
    const { child, end } = folder.start(['run', ...given.flags, 'e.json'])
    await until(() => existsSync(folder.path('child')) && folder.read('child') !== '')
    child.kill('SIGTERM')
    expect((await end).code).toBe(1)
    const [started, ofOther] = [folder.read('child'), folder.read('daemon')]
    expect([isAlive(started), isAlive(ofOther)]).toEqual([given.isStrict, true])
    for (const pid of [started, ofOther]) if (isAlive(pid)) process.kill(Number(pid))
  })

  test('leaves a run that it had begun to the keeper of that run', async () => {
    const inner = {
      ...EXPERIMENT,
      method: [sh('break', 'touch inner; sleep 300')],
      rollbacks: [sh('mend', 'rm inner')],
    }
    const command = `'${process.execPath}' '${BIN}' chaos run --journal-path inner-journal.json inner.json; true`
    using folder = chaosFolder({
      'inner.json': inner,
      'e.json': { ...EXPERIMENT, method: [sh('run', command)] },
    })
    const { child, end } = folder.start(['run', 'e.json'])
    await until(() => existsSync(folder.path('inner')))
    child.kill('SIGTERM')
    expect((await end).code).toBe(1)
    await until(() => !existsSync(folder.path('inner-journal.json.events.ndjson')))
    expect(existsSync(folder.path('inner'))).toBe(false)
    expect(JSON.parse(folder.read('inner-journal.json'))).toMatchObject({
      status: 'aborted',
      recovered: { processes_ended: ['break'] },
    })
  })
})
