import { expect, test } from 'vitest'
import type { RunEvent } from '../../model/run.ts'
import type { ServiceConfig } from '../../model/system.ts'
import { NO_CARRIER } from './observe-nothing.ts'
import type { ActivityOutcome, OpenStep, RunObserver } from './ports.ts'
import { py } from './test-support/python-value.ts'
import { watchFaults } from './watch-faults.ts'

const payment: ServiceConfig = {
  name: 'payment',
  namespace: 'default',
  labels: { app: 'payment' },
  annotations: {},
  command: undefined,
  cwd: '.',
  env: {},
  listen: undefined,
  upstream: undefined,
  protocol: 'http',
  replicas: 2,
}

const mesh = 'chaosk8s.chaosmesh.network.actions'
const ok: ActivityOutcome = { kind: 'returned', value: null }
const boom: ActivityOutcome = {
  kind: 'failed',
  error: { type: 'ActivityFailed', message: 'boom', traceback: [] },
}

/** One experiment: each word of the script is an action; the clock is the number of things that happened. */
function watched() {
  const events: RunEvent[] = []
  const parents: (OpenStep | undefined)[] = []
  let nowNs = 0n
  const inner: RunObserver = {
    start: (_, parent) => {
      parents.push(parent)
      return { carrier: NO_CARRIER, note: () => {}, end: () => {} }
    },
  }
  const watch = watchFaults({
    inner,
    nowNs: () => ++nowNs,
    recorder: { record: (event) => void events.push(event) },
    services: [payment],
    file: 'experiment.json',
    onChange: () => {},
  })
  const experiment = py({ title: 'slow' })
  const root = watch.observer.start(
    {
      kind: 'experiment',
      experiment,
      document: {
        experiment,
        configuration: py({ who: 'app=payment' }),
        secrets: new Map(),
        settings: undefined,
        extensions: undefined,
        journal: undefined,
      },
    },
    undefined,
  )
  const method = watch.observer.start({ kind: 'method' }, root)
  const play = (func: string, given: object, outcome = ok, module = mesh): void => {
    const provider = { type: 'python', module, func, arguments: given }
    const activity = py({ type: 'action', name: func, provider })
    const step = watch.observer.start(
      { kind: 'activity', activity, isBackground: false, section: 'method' },
      method,
    )
    step.end({ kind: 'activity', record: undefined, outcome })
  }
  return { watch, play, method, events: () => events.map((one) => one.type), parents }
}

test('an action and what undoes it are one injection, with its bounds and the service it hits', () => {
  const { watch, play, events } = watched()
  play('add_latency', { name: 'x', label_selectors: '$who', latency: '500ms' })
  play('delete_network_fault', { name: 'x' })
  expect(watch.injections()).toMatchObject([
    {
      label: 'delay 500 ms on app=payment',
      kind: 'NetworkChaos/delay',
      params: { latencyMs: 500 },
      targets: [{ pod: 'payment-0' }, { pod: 'payment-1' }],
      removal: { ok: true, verifiedBy: 'the action "delete_network_fault" succeeded' },
      uncounted: true,
    },
  ])
  const [one] = watch.injections()
  const times = [one?.startPossibleNs, one?.startCertainNs, one?.endCertainNs, one?.endPossibleNs].map(Number)
  expect(times).toEqual([...times].sort((a, b) => a - b))
  expect(new Set(times).size).toBe(4)
  expect(events()).toEqual(['fault-applying', 'fault-applied', 'fault-removing', 'fault-removed'])
})

test('an action that failed has injected nothing', () => {
  const { watch, play, method, events } = watched()
  play('add_latency', { name: 'x', latency: '500ms' }, boom)
  method.end({ kind: 'method', error: undefined })
  expect(watch.injections().map((one) => one.kind)).toEqual(['Method'])
  expect(events()).toEqual(['fault-applying', 'fault-failed'])
})

test('a fault that nothing undid, or whose undo failed, may still be active', () => {
  const { watch, play, events } = watched()
  play('add_latency', { name: 'x' })
  play('add_latency', { name: 'y' })
  play('delete_network_fault', { name: 'y' }, boom)
  expect(watch.injections().map((one) => one.removal)).toEqual([
    { ok: false, problem: 'no action of the experiment undid it' },
    { ok: false, problem: 'the action "delete_network_fault" that undoes it failed: boom' },
  ])
  expect(events().at(-1)).toBe('fault-stuck')
  play('delete_network_fault', { name: 'y' })
  expect(watch.injections()[1]?.removal.ok).toBe(true)
})

test('a fault that says how long it lasts ends by itself', () => {
  const { watch, play } = watched()
  play(
    'stress_cpu',
    { name: 's', workers: 1, load: 80, duration: '10s' },
    ok,
    'chaosk8s.chaosmesh.stress.actions',
  )
  const [one] = watch.injections()
  expect(one?.removal).toEqual({ ok: true, verifiedBy: 'its own duration of 10 s' })
  expect(Number((one?.endPossibleNs ?? 0n) - (one?.startCertainNs ?? 0n))).toBe(10e9)
})

test('without a known fault the window is the method, and it says so', () => {
  const { watch, play, method } = watched()
  play('set_up_something', {})
  play('set_up_something_else', {}, boom)
  method.end({ kind: 'method', error: undefined })
  const [one] = watch.injections()
  expect(one).toMatchObject({ kind: 'Method', label: 'the method of slow', targets: [] })
  expect(one?.effect).toMatchObject({ confirmed: true, seen: 1, eligible: 2, unit: 'actions' })
  expect(one?.effect.why).toContain('the window is the method from start to end')
})

test('an experiment whose method never began has injected nothing', () => {
  const inner: RunObserver = { start: () => ({ carrier: NO_CARRIER, note: () => {}, end: () => {} }) }
  const watch = watchFaults({
    inner,
    nowNs: () => 0n,
    recorder: { record: () => {} },
    services: [],
    file: 'experiment.json',
    onChange: () => {},
  })
  expect(watch.injections()).toEqual([])
})

test('the observer within is given its own steps as parents', () => {
  const { play, parents } = watched()
  play('add_latency', { name: 'x' })
  expect(parents[0]).toBeUndefined()
  expect(parents.slice(1).every((one) => one !== undefined)).toBe(true)
})
