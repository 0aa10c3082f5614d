import { availableParallelism } from 'node:os'
import { describe, expect, test } from 'vitest'
import { planLocally } from './local-injector.ts'
import type { LocalWorld } from './local-plan.ts'
import { described, faultOf, select } from './test-support/manifest.ts'

const WORLD: LocalWorld = {
  services: [
    described('order-service', 7001),
    described('payment-service', 7002),
    described('payment-db', 7003, { protocol: 'tcp', command: undefined }),
    described('inventory', 7004, { protocol: 'grpc', replicas: 2 }),
  ],
  seed: 1,
  callersKnown: true,
}

function planned(kind: string, spec: string, world = WORLD) {
  const plan = planLocally(faultOf(kind, spec), world)
  if (!plan.ok) throw new Error(plan.problems[0].why)
  return plan.value
}

function refused(kind: string, spec: string, world = WORLD): string {
  const plan = planLocally(faultOf(kind, spec), world)
  return plan.ok ? `planned: ${plan.value.label}` : `${plan.problems[0].code}: ${plan.problems[0].why}`
}

const payment = select('payment-service')
const all = 'mode: all'

describe('planLocally() names the fault', () => {
  test.for<[string, string, string]>([
    ['payment +500 ms', 'NetworkChaos', `action: delay\n${all}\n${payment}\ndelay: { latency: 500ms }`],
    [
      'payment +500 ±100 ms',
      'NetworkChaos',
      `action: delay\n${all}\n${payment}\ndelay: { latency: 500ms, jitter: 100ms }`,
    ],
    [
      'payment loses 25 %',
      'NetworkChaos',
      `action: loss\n${all}\n${payment}\nloss: { loss: "25", correlation: "25" }`,
    ],
    [
      'payment loses 5 %, +100 ms',
      'NetworkChaos',
      `action: netem\n${all}\n${payment}\nloss: { loss: "5" }\ndelay: { latency: 100ms }`,
    ],
    [
      'payment limited to 1 MB/s',
      'NetworkChaos',
      `action: bandwidth\n${all}\n${payment}\nbandwidth: { rate: 1mbps, limit: 20000, buffer: 10000 }`,
    ],
    [
      'order cut off from payment',
      'NetworkChaos',
      `action: partition\n${all}\n${select('order-service')}\ndirection: both\ntarget: { mode: all, selector: { labelSelectors: { app: payment-service } } }`,
    ],
    ['payment cut off', 'NetworkChaos', `action: partition\n${all}\n${payment}`],
    [
      'inventory (1 of 2) +10 ms',
      'NetworkChaos',
      `action: delay\nmode: one\n${select('inventory')}\ndelay: { latency: 10ms }`,
    ],
    [
      'payment answers 500',
      'HTTPChaos',
      `target: Response\nport: 80\npath: "*"\n${all}\n${payment}\nreplace: { code: 500 }`,
    ],
    [
      'payment hangs up on requests on POST /charge',
      'HTTPChaos',
      `target: Request\nport: 80\nmethod: POST\npath: /charge\n${all}\n${payment}\nabort: true`,
    ],
    ['payment killed', 'PodChaos', `action: pod-kill\n${all}\n${payment}`],
    ['payment-db down', 'PodChaos', `action: pod-failure\n${all}\n${select('payment-db')}`],
    ['payment CPU 100 %', 'StressChaos', `${all}\n${payment}\nstressors: { cpu: { workers: 1, load: 100 } }`],
    [
      'payment memory 256 MB',
      'StressChaos',
      `${all}\n${payment}\nstressors: { memory: { workers: 2, size: 256MB } }`,
    ],
  ])('%s', ([label, kind, spec]) => {
    expect(planned(kind, spec).label).toBe(label)
  })
})

test('planLocally() delays what the target sends: its answers, and its calls to others', () => {
  const plan = planned('NetworkChaos', `action: delay\n${all}\n${payment}\ndelay: { latency: 500ms }`)
  expect(plan.how).toEqual([
    'delay 500 ms on calls of payment-service to 3 services',
    'delay 500 ms on answers of payment-service (127.0.0.1:7002)',
  ])
  expect(plan.parameters).toEqual({ latencyMs: 500 })
  expect(plan.targets).toEqual([
    { service: 'payment-service', namespace: 'default', pod: 'payment-service-0', role: 'target' },
  ])
})

test('planLocally() keeps to the peers, in the direction asked for', () => {
  const spec = (direction: string) =>
    `action: delay\n${all}\n${payment}\ndirection: ${direction}\ntarget: { mode: all, ${select('payment-db')} }\ndelay: { latency: 20ms }`
  expect(planned('NetworkChaos', spec('to')).how).toEqual([
    'delay 20 ms on calls of payment-service to payment-db (127.0.0.1:7003)',
    'delay 20 ms on answers of payment-service to payment-db (127.0.0.1:7002)',
  ])
  expect(planned('NetworkChaos', spec('from')).how).toEqual([
    'delay 20 ms on calls of payment-db to payment-service (127.0.0.1:7002)',
    'delay 20 ms on answers of payment-db to payment-service (127.0.0.1:7003)',
  ])
  expect(planned('NetworkChaos', spec('both')).how).toEqual([
    'delay 20 ms on calls of payment-service to payment-db and their answers (127.0.0.1:7003)',
    'delay 20 ms on calls of payment-db to payment-service and their answers (127.0.0.1:7002)',
  ])
})

test('planLocally() where callers cannot be told apart warns, or refuses when nothing is left', () => {
  const world = { ...WORLD, callersKnown: false }
  const plan = planned('NetworkChaos', `action: delay\n${all}\n${payment}\ndelay: { latency: 500ms }`, world)
  expect(plan.how).toEqual(['delay 500 ms on answers of payment-service (127.0.0.1:7002)'])
  expect(plan.warnings.map((warning) => warning.why)).toEqual([
    'faults act where calls pass a proxy: calls of payment-service: who calls a proxy can be told on Linux only',
  ])
  const peers = `action: delay\n${all}\n${payment}\ntarget: { mode: all, ${select('payment-db')} }\ndelay: { latency: 20ms }`
  expect(refused('NetworkChaos', peers, world)).toContain('no-link: ')
})

test('planLocally() shows nominal and effective rates', () => {
  const plan = planned(
    'NetworkChaos',
    `action: loss\n${all}\n${payment}\nloss: { loss: "25", correlation: "25" }`,
  )
  expect(plan.effective[0]).toBe('loss: nominal 25 %, effective 16.7 % because of correlation 25 %')
  expect(plan.parameters).toMatchObject({ lossPercent: 25, correlationPercent: 25 })
  expect(plan.parameters.effectiveLossPercent).toBeCloseTo(16.7, 1)
})

test('planLocally() takes the one port a service has, and says so', () => {
  const plan = planned('HTTPChaos', `target: Request\nport: 80\n${all}\n${payment}\nabort: true`)
  expect(plan.warnings.map((warning) => warning.code)).toEqual(['port-differs'])
  expect(plan.actions).toMatchObject([{ fault: { stage: { rule: { port: 17002 } } } }])
  const exact = planned('HTTPChaos', `target: Request\nport: 7002\n${all}\n${payment}\nabort: true`)
  expect(exact.warnings).toEqual([])
})

test('planLocally() catches what the target sends to the same port elsewhere, as the cluster does', () => {
  const plan = planned('HTTPChaos', `target: Request\nport: 7001\n${all}\n${payment}\nabort: true`)
  expect(plan.how).toEqual([
    'hangs up on requests: Requests of payment-service (127.0.0.1:7002)',
    'hangs up on requests: Requests that go out to port 7001 (order-service)',
  ])
  expect(plan.actions).toMatchObject([
    { service: 'payment-service', fault: { callers: undefined } },
    { service: 'order-service', fault: { callers: new Set(['payment-service']), pods: undefined } },
  ])
})

test('planLocally() refuses what cannot be honest here, each with its reason', () => {
  expect(refused('HTTPChaos', `target: Request\nport: 80\n${all}\n${select('inventory')}\nabort: true`)).toBe(
    'not-http: HTTPChaos acts on HTTP/1.1 only, in the cluster as well: inventory speaks grpc',
  )
  expect(refused('PodChaos', `action: pod-kill\n${all}\n${select('payment-db')}`)).toBe(
    'process-not-ours: a killed process must come back, and only what we started can be started again: payment-db runs by itself',
  )
  expect(
    refused(
      'NetworkChaos',
      `action: delay\n${all}\n${payment}\nexternalTargets: [example.com]\ndelay: { latency: 1s }`,
    ),
  ).toContain('external-targets: ')
  expect(refused('NetworkChaos', `action: loss\n${all}\n${payment}\nloss: { loss: "150" }`)).toContain(
    'loss must be at most 100 %: current value is 150',
  )
  expect(refused('NetworkChaos', `action: delay\n${all}\n${payment}`)).toContain(
    'at least one of delay, loss',
  )
  expect(
    refused('StressChaos', `${all}\n${payment}\nstressors: { memory: { workers: 1, size: 900GB } }`),
  ).toContain('stress-memory: ')
  expect(refused('IOChaos', `action: latency\n${all}\n${payment}\nvolumePath: /data\ndelay: 10ms`)).toContain(
    'needs FUSE',
  )
  expect(refused('TimeChaos', `${all}\n${payment}\ntimeOffset: -10m`)).toContain('the clock')
})

test('planLocally() asks no more of CPU workers than the cores there are can give them', () => {
  const workers = availableParallelism() * 4
  const plan = planned(
    'StressChaos',
    `${all}\n${payment}\nstressors: { cpu: { workers: ${workers}, load: 100 } }`,
  )
  const [stress] = plan.actions
  expect(stress).toMatchObject({ kind: 'stress', burners: { 0: { loadPercent: 100, reachablePercent: 25 } } })
})

test('planLocally() chooses the same pod again under the same seed', () => {
  const pods = (seed: number) =>
    planned('PodChaos', `action: pod-kill\nmode: one\n${select('inventory')}`, { ...WORLD, seed }).targets[0]
      .pod
  const drawn = Array.from({ length: 20 }, (_, seed) => pods(seed))
  expect(drawn).toEqual(Array.from({ length: 20 }, (_, seed) => pods(seed)))
  expect(new Set(drawn).size).toBe(2)
})
