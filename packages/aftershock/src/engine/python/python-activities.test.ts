import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { dict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { activityOf, hasPython, pythonRun } from './test-support/python-run.ts'

const MODS = `
import datetime, decimal, os, signal, time, uuid
count = 0
deafened = False
def ret(v=None): return v
def counted():
    global count
    count += 1
    return count
def boom(): raise ValueError("boom")
def leave(): raise SystemExit(3)
def sleep(seconds): time.sleep(seconds)
def deaf():
    global deafened
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    deafened = True
    time.sleep(600)
def until_deaf():
    while not deafened: time.sleep(0.01)
def die(): os._exit(7)
def odd(): return [datetime.datetime(2024, 1, 2), decimal.Decimal("1.50"), b"abc", {1}, uuid.UUID(int=1), object]
def kind(v): return type(v).__name__ + ":" + str(v)
def seen(configuration, secrets=None): return [configuration, secrets]
def env(name): return os.environ.get(name)
def child(): return __import__("subprocess").Popen(["sleep", "30"]).pid
def grace():
    from chaoslib.exit import exit_gracefully
    exit_gracefully()
    time.sleep(30)
class NoFunction: pass
`

const scalar: fc.Arbitrary<PyValue> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }),
  fc.double(),
  fc.string({ unit: 'binary' }),
)
const { value: anyValue } = fc.letrec<{ value: PyValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.string() as fc.Arbitrary<PyKey>, tie('value')), { maxLength: 4 })
      .map((pairs) => new Map<PyKey, PyValue>(pairs)),
  ),
}))

describe.skipIf(!hasPython())('python activities', () => {
  test('any value reaches the function and comes back as it was', async () => {
    await using run = pythonRun({ 'mods.py': MODS })
    await fc.assert(
      fc.asyncProperty(anyValue, async (v) => {
        expect(await run.call('ret', { v })).toEqual({ kind: 'returned', value: v })
      }),
      { numRuns: 200 },
    )
  })

  test('1 stays an int, 1.0 a float, 2**70 exact; keys keep their order', async () => {
    await using run = pythonRun({ 'mods.py': MODS })
    const kinds = await Promise.all([1n, 1, 2n ** 70n].map((v) => run.call('kind', { v })))
    expect(kinds.map((one) => one.kind === 'returned' && one.value)).toEqual([
      'int:1',
      'float:1.0',
      'int:1180591620717411303424',
    ])
    const ordered = new Map<PyKey, PyValue>([
      ['10', 1n],
      ['2', 2n],
    ])
    expect(await run.call('kind', { v: ordered })).toMatchObject({ value: "dict:{'10': 1, '2': 2}" })
  })

  test('what JSON has no word for is described, and handed back as the very object', async () => {
    await using run = pythonRun({ 'mods.py': MODS })
    const outcome = await run.call('odd')
    const values = outcome.kind === 'returned' ? (outcome.value as readonly PyValue[]) : []
    expect(values).toMatchObject([
      { pythonType: 'datetime.datetime', json: '2024-01-02T00:00:00', isTrue: true },
      { pythonType: 'decimal.Decimal', json: '1.50' },
      { pythonType: 'bytes', repr: "b'abc'", json: undefined },
      { pythonType: 'set', repr: '{1}' },
      { pythonType: 'uuid.UUID', json: '00000000-0000-0000-0000-000000000001' },
      { pythonType: 'type' },
    ])
    const back = await Promise.all(values.map((v) => run.call('kind', { v })))
    expect(back.map((one) => one.kind === 'returned' && String(one.value).split(':')[0])).toEqual([
      'datetime',
      'Decimal',
      'bytes',
      'set',
      'UUID',
      'type',
    ])
  })

  test('a module keeps what it knows from call to call', async () => {
    await using run = pythonRun({ 'mods.py': MODS })
    await run.call('counted')
    expect(await run.call('counted', {}, { lane: 'background' })).toEqual({ kind: 'returned', value: 2n })
  })

  test('an exception is ActivityFailed, told with the lines of the extension only', async () => {
    await using run = pythonRun({ 'mods.py': MODS })
    const outcome = await run.call('boom')
    const lines = outcome.kind === 'failed' ? outcome.error.traceback : []
    expect(lines.at(-1)).toBe('chaoslib.exceptions.ActivityFailed: ValueError: boom\n')
    expect(
      lines.filter((line) => line.startsWith('  File')).map((line) => /in (\w+)/.exec(line)?.[1]),
    ).toEqual(['boom'])
  })

  test('SystemExit ends the run; an import that fails at run time aborts it', async () => {
    await using run = pythonRun({ 'mods.py': MODS })
    expect(await run.call('leave')).toMatchObject({
      kind: 'exited',
      error: { type: 'SystemExit', message: '3' },
    })
    const activity = dict({ name: 'a', provider: dict({ module: 'zz', func: 'f' }) })
    expect(await run.call('', {}, { activity })).toMatchObject({
      kind: 'crashed',
      error: { message: "No module named 'zz'" },
    })
  })

  test('configuration and the listed scopes of secrets are given to whom asks for them', async () => {
    await using run = pythonRun({ 'mods.py': MODS })
    const activity = activityOf('seen')
    ;(activity.get('provider') as Map<PyKey, PyValue>).set('secrets', ['a', 'b', 'none'])
    const secrets = dict({ a: dict({ x: 1n, y: 1n }), b: dict({ y: 2n }), c: dict({ z: 3n }) })
    const outcome = await run.call('seen', {}, { activity, configuration: dict({ k: 'v' }), secrets })
    expect(outcome).toEqual({ kind: 'returned', value: [dict({ k: 'v' }), dict({ x: 1n, y: 2n })] })
  })

  test('the trace reaches the environment of a foreground call, and leaves it again', async () => {
    await using run = pythonRun({ 'mods.py': MODS })
    const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const name = { name: 'TRACEPARENT' }
    const inside = await run.call('env', name, { carrier: { headers: {}, env: { TRACEPARENT } } })
    expect([inside, await run.call('env', name)]).toEqual([
      { kind: 'returned', value: TRACEPARENT },
      { kind: 'returned', value: null },
    ])
  })

  test.each([
    [
      'nothing',
      { v: 1n },
      "The python module 'mods' does not expose a function called 'nothing' in action 'a'",
    ],
    [
      'NoFunction',
      {},
      "The python module 'mods' does not expose a function called 'NoFunction' in action 'a'",
    ],
    ['kind', {}, "required argument 'v' is missing from activity 'a'"],
    ['ret', { w: 1n }, "argument 'w' is not part of the function signature in activity 'a'"],
    ['ret', { v: 1n }, undefined],
  ])('%s with %o is checked before the run', async (func, args, message) => {
    await using run = pythonRun({ 'mods.py': MODS })
    expect(
      await run.host.activities.validate(activityOf(func, args), {
        configuration: dict({}),
        secrets: dict({}),
      }),
    ).toBe(message)
  })

  test('a call stops when told to: asleep on the main thread, or in the background', async () => {
    await using run = pythonRun({ 'mods.py': MODS })
    await run.call('ret')
    for (const lane of ['foreground', 'background'] as const) {
      const stop = new AbortController()
      const outcome = run.call('sleep', { seconds: 600n }, { signal: stop.signal, lane })
      await run.call('ret', {}, { lane: 'background' })
      stop.abort()
      expect(await outcome).toEqual({ kind: 'stopped' })
    }
    expect(run.warnings).toEqual([])
  })

  test('a call that will not stop loses its worker; a fresh one plays the rollbacks', async () => {
    await using run = pythonRun({ 'mods.py': MODS })
    await run.call('counted')
    const stop = new AbortController()
    const hung = run.call('deaf', {}, { signal: stop.signal })
    await run.call('until_deaf', {}, { lane: 'background' })
    stop.abort()
    expect(await hung).toEqual({ kind: 'stopped' })
    expect(run.warnings.map((one) => one.code)).toEqual(['python-worker-ended'])
    expect(await run.call('counted')).toEqual({ kind: 'returned', value: 1n })
  })

  test('a worker that dies is an answer, and the next call has another', async () => {
    await using run = pythonRun({ 'mods.py': MODS })
    expect(await run.call('die')).toMatchObject({
      kind: 'crashed',
      error: { message: 'the Python worker ended with exit code 7' },
    })
    expect(await run.call('ret', { v: true })).toEqual({ kind: 'returned', value: true })
  })

  test('exit_gracefully() asks the host to end the run, and ends the call', async () => {
    await using run = pythonRun({ 'mods.py': MODS })
    expect(await run.call('grace')).toMatchObject({ kind: 'exited' })
    expect(run.exits).toEqual([{ kind: 'graceful', source: 'SIGUSR1 in the Python worker' }])
  })

  test('a process that an extension started holds nobody up', async () => {
    const run = pythonRun({ 'mods.py': MODS })
    const outcome = await run.call('child')
    await run[Symbol.asyncDispose]()
    process.kill(Number(outcome.kind === 'returned' && outcome.value))
  })
})

test('without Python an experiment is told what is missing, and is not asked twice', async () => {
  await using run = pythonRun({}, '/nowhere/python3')
  const scope = { configuration: dict({}), secrets: dict({}) }
  const message = await run.host.activities.validate(activityOf('f'), scope)
  expect(message).toBe(
    "could not find Python module 'mods' in activity 'a': Python cannot be started: `/nowhere/python3` (from --python): " +
      'ENOENT. Install Python 3.8 or newer with the extensions that the experiment uses, or name one with --python or CHAOS_PYTHON',
  )
  expect(await run.call('f')).toMatchObject({ kind: 'crashed' })
  expect(await run.host.extensions?.()).toEqual([])
})
