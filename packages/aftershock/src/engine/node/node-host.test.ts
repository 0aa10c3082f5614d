import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Activity, ActivityFailed, type Control, InterruptExecution } from 'aftershock'
import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { dict, type PyDict, type PyList } from '../../formats/chaos-toolkit/values.ts'
import type { ActivityCall, HookCall } from '../chaos-toolkit/ports.ts'
import { nodeHost } from './node-host.ts'
import { fromPlain, toPlain } from './plain-values.ts'

const folder = mkdtempSync(join(tmpdir(), 'aftershock-node-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const module = join(folder, 'extension.mjs')
writeFileSync(
  module,
  `
let count = 0
export const counted = () => ++count
export const seen = (args, { name, configuration, secrets, headers }) => ({ args, name, configuration, secrets, headers })
export const boom = () => { throw new RangeError('boom') }
export const wait = (_, { signal }) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
export const deaf = () => new Promise(() => undefined)
export const text = 'no function'
export function beforeActivityControl({ context, experiment, arguments: given, state, settings }) {
  if (given.interrupt) throw Object.assign(new Error('stop'), { name: 'InterruptExecution' })
  context.provider.arguments = { v: 99 }
  delete context.old
  experiment.method.push({ name: 'added', same: context.provider })
  experiment.seen = [Object.keys(context), 'name' in context, experiment.method.map((one) => one.name), state, settings.s]
}
export const configureControl = ({ settings }) => { if (settings === null) throw new Error('no settings') }
export const validateControl = (control) => { if (control.name === 'bad') throw new Error('nope') }
`,
)

function callOf(func: string, more: Partial<ActivityCall> = {}): ActivityCall {
  const provider = dict({ type: 'node', module, func, secrets: ['s'] })
  return {
    activity: dict({ name: 'a', provider }),
    arguments: dict({ n: 1n, big: 2n ** 70n }),
    configuration: dict({ c: 1.5 }),
    secrets: dict({ s: dict({ k: 'v' }), t: dict({ other: 1n }) }),
    lane: 'foreground',
    isInHypothesis: false,
    signal: new AbortController().signal,
    carrier: { headers: { traceparent: '00-1-2-01' }, env: {} },
    ...more,
  }
}

const CONTROL = dict({ name: 'c', provider: dict({ type: 'node', module }) })

function hookOf(experiment: PyDict, context: PyDict, given = dict({})): HookCall {
  const document = {
    experiment,
    configuration: dict({}),
    secrets: dict({}),
    settings: dict({ s: 1n }),
    extensions: undefined,
    journal: undefined,
  }
  return {
    control: CONTROL,
    level: 'activity',
    moment: 'before',
    arguments: given,
    context,
    state: null,
    document,
    signal: new AbortController().signal,
  }
}

test('an activity gets plain values, the listed secrets and the trace; its output is kept', async () => {
  const outcome = await nodeHost.activities.run(callOf('seen'))
  expect(outcome.kind === 'returned' && toPlain(outcome.value)).toEqual({
    args: { n: 1, big: 2n ** 70n },
    name: 'a',
    configuration: { c: 1.5 },
    secrets: { k: 'v' },
    headers: { traceparent: '00-1-2-01' },
  })
})

test('a module is imported once a run', async () => {
  await nodeHost.activities.run(callOf('counted'))
  expect(await nodeHost.activities.run(callOf('counted'))).toEqual({ kind: 'returned', value: 2n })
})

test('what it throws makes it failed, told as in the journal', async () => {
  const outcome = await nodeHost.activities.run(callOf('boom'))
  expect(outcome.kind).toBe('failed')
  expect(outcome.kind === 'failed' && outcome.error.traceback.at(-1)).toBe(
    'chaoslib.exceptions.ActivityFailed: RangeError: boom\n',
  )
})

test.each(['wait', 'deaf'])('%s stops with the run', async (func) => {
  const stop = new AbortController()
  const outcome = nodeHost.activities.run(callOf(func, { signal: stop.signal }))
  setTimeout(() => stop.abort(), 50)
  expect(await outcome).toEqual({ kind: 'stopped' })
})

test.each([
  [{ module, func: 'text' }, "does not export a function called 'text' in activity 'a'"],
  [{ module: './nowhere.mjs', func: 'f' }, "could not import module './nowhere.mjs' in activity 'a'"],
  [{ module, func: '' }, 'a Node activity must have a function name'],
  [{ func: 'f' }, 'a Node activity must have a module'],
])('%o is refused before the run', async (provider, message) => {
  const activity = dict({ name: 'a', provider: dict(provider) })
  const problem = await nodeHost.activities.validate(activity, { configuration: dict({}), secrets: dict({}) })
  expect(problem).toContain(message)
})

test('a hook changes the very objects of the run', async () => {
  const provider = dict({ type: 'http' })
  const first = dict({ name: 'a', old: true, provider })
  const experiment = dict({ method: [first] })
  expect(await nodeHost.controls.hook(hookOf(experiment, first))).toEqual({ kind: 'done' })
  expect(provider.get('arguments')).toEqual(dict({ v: 99n }))
  expect(((experiment.get('method') as PyList)[1] as PyDict).get('same')).toBe(provider)
  expect(experiment.get('seen')).toEqual([['name', 'provider'], true, ['a', 'added'], null, 1n])
})

test('InterruptExecution interrupts, other exceptions are only told, a missing hook is absent', async () => {
  const experiment = dict({})
  const interrupting = hookOf(experiment, experiment, dict({ interrupt: true }))
  expect(await nodeHost.controls.hook(interrupting)).toMatchObject({ kind: 'interrupted' })
  expect(await nodeHost.controls.hook({ ...interrupting, moment: 'after' })).toEqual({ kind: 'absent' })
  const { document } = interrupting
  const configure = { control: CONTROL, arguments: dict({}), document }
  expect(await nodeHost.controls.configure({ ...configure, isGlobal: true })).toEqual({ kind: 'done' })
  expect(await nodeHost.controls.configure({ ...configure, isGlobal: false })).toMatchObject({
    kind: 'failed',
  })
  const bad = dict({ name: 'bad', provider: dict({ module }) })
  expect(await nodeHost.controls.validate(bad)).toBe('nope')
  expect(await nodeHost.controls.load(dict({ name: 'x', provider: dict({}) }))).toBe(
    "Control 'x' must have a module",
  )
})

test('JSON of any kind passes through as it was', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), (value) => {
      expect(JSON.stringify(toPlain(fromPlain(value)))).toBe(JSON.stringify(value))
    }),
  )
})

test('the package exports the types and what hooks may throw', () => {
  const activity: Activity<{ readonly url: string }> = ({ url }, { signal }) => fetch(url, { signal })
  const control: Control = {
    beforeMethodControl: ({ experiment }) => {
      experiment.method = []
    },
  }
  expect([typeof activity, Object.keys(control)]).toEqual(['function', ['beforeMethodControl']])
  expect([new ActivityFailed('x').name, new InterruptExecution('x').name]).toEqual([
    'ActivityFailed',
    'InterruptExecution',
  ])
})
