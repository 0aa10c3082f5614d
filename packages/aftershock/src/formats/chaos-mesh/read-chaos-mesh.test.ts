import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Experiment } from '../../model/fault.ts'
import type { Problem } from '../../model/problem.ts'
import { readChaosMesh } from './read-chaos-mesh.ts'

const head = (kind: string, name = 'x') =>
  `apiVersion: chaos-mesh.org/v1alpha1\nkind: ${kind}\nmetadata: { name: ${name}, namespace: shop }\n`
const target = '  mode: all\n  selector: { labelSelectors: { app: payment } }\n'

function accepted(text: string): { value: Experiment; warnings: readonly Problem[] } {
  const read = readChaosMesh(text, 'a.yaml')
  if (!read.ok) throw new Error(read.problems.map((problem) => problem.why).join('\n'))
  return read
}

function refused(text: string): readonly string[] {
  const read = readChaosMesh(text, 'a.yaml')
  return read.ok ? [] : read.problems.map(({ where, why }) => `${where?.line}:${where?.column} ${why}`)
}

test('readChaosMesh() reads a delay with the defaults of the webhook', () => {
  const { value } = accepted(
    `${head('NetworkChaos', 'slow')}spec:\n  action: delay\n${target}  delay: { latency: 1.5s }\n  duration: 1m\n`,
  )
  expect(value).toMatchObject({ name: 'slow', format: 'chaos-mesh', file: 'a.yaml' })
  expect(value.faults).toHaveLength(1)
  expect(value.faults[0]).toMatchObject({
    id: 'NetworkChaos/shop/slow',
    durationMs: 60_000,
    schedule: undefined,
    where: { file: 'a.yaml', line: 1, column: 1 },
    targeting: {
      mode: { kind: 'all' },
      selector: { namespaces: ['shop'], labelSelectors: { app: 'payment' } },
    },
    spec: {
      action: 'delay',
      direction: 'to',
      peers: undefined,
      netem: { delay: { latencyMs: 1500, jitterMs: 0, correlationPercent: 0 } },
    },
  })
})

test('readChaosMesh() merges all that a netem names, and gives rates in bytes', () => {
  const body =
    '  action: netem\n  delay: { latency: 10ms, jitter: 2ms, correlation: "25", reorder: { reorder: "5", gap: 3 } }\n  loss: { loss: "10" }\n  corrupt: { corrupt: "1" }\n  duplicate: { duplicate: "2", correlation: "50" }\n  rate: { rate: 1mbit }\n'
  expect(accepted(`${head('NetworkChaos')}spec:\n${target}${body}`).value.faults[0].spec).toMatchObject({
    netem: {
      delay: {
        latencyMs: 10,
        jitterMs: 2,
        correlationPercent: 25,
        reorder: { reorderPercent: 5, correlationPercent: 0, gap: 3 },
      },
      loss: { lossPercent: 10, correlationPercent: 0 },
      corrupt: { corruptPercent: 1 },
      duplicate: { duplicatePercent: 2, correlationPercent: 50 },
      rate: { bytesPerSecond: 125_000 },
    },
  })
  const bandwidth = '  action: bandwidth\n  bandwidth: { rate: 1mbps, limit: 20971520, buffer: 10000 }\n'
  expect(accepted(`${head('NetworkChaos')}spec:\n${target}${bandwidth}`).value.faults[0].spec).toMatchObject({
    netem: {},
    bandwidth: { bytesPerSecond: 1_000_000, limitBytes: 20_971_520, bufferBytes: 10_000 },
  })
})

test('readChaosMesh() reads peers with a mode and a namespace of their own', () => {
  const peers =
    '  action: partition\n  direction: both\n  target: { mode: fixed, value: "2", selector: { pods: { other: [a, b] } } }\n'
  expect(accepted(`${head('NetworkChaos')}spec:\n${target}${peers}`).value.faults[0].spec).toMatchObject({
    direction: 'both',
    peers: {
      mode: { kind: 'fixed', count: 2 },
      selector: { namespaces: ['shop'], pods: { other: ['a', 'b'] } },
    },
  })
})

test('readChaosMesh() reads HTTPChaos, PodChaos and StressChaos', () => {
  const http =
    '  target: Response\n  port: 80\n  path: /a*\n  code: 200\n  delay: 250ms\n  replace: { code: 503, headers: { A: b } }\n  patch: { body: { type: JSON, value: "{}" }, headers: [[X, "y"]] }\n'
  const stress = '  stressors: { cpu: { workers: 2, load: 80 }, memory: { workers: 1, size: 25% } }\n'
  const texts = [
    `${head('HTTPChaos', 'a')}spec:\n${target}${http}`,
    `${head('PodChaos', 'b')}spec:\n${target}  action: pod-kill\n  gracePeriod: 3\n`,
    `${head('StressChaos', 'c')}spec:\n${target}${stress}`,
  ]
  const { value, warnings } = accepted(texts.join('---\n'))
  expect(warnings).toEqual([])
  expect(value).toMatchObject({ name: 'a', faults: [{}, {}, {}] })
  expect(value.faults.map((fault) => fault.spec)).toMatchObject([
    {
      kind: 'HTTPChaos',
      target: 'Response',
      port: 80,
      path: '/a*',
      code: 200,
      delayMs: 250,
      replace: { code: 503, headers: { A: 'b' } },
      patch: { bodyJson: '{}', headers: [['X', 'y']], queries: [] },
    },
    { kind: 'PodChaos', action: 'pod-kill', gracePeriodMs: 3000 },
    {
      kind: 'StressChaos',
      cpu: { workers: 2, loadPercent: 80 },
      memory: { workers: 1, size: { share: 0.25 } },
    },
  ])
})

test('readChaosMesh() gives a Schedule as its fault, with the schedule', () => {
  const text = `${head('Schedule', 'nightly')}spec:\n  schedule: "0 3 * * *"\n  type: PodChaos\n  historyLimit: 2\n  concurrencyPolicy: Allow\n  podChaos:\n    action: pod-failure\n    mode: one\n    selector: {}\n    duration: 30s\n`
  const { value, warnings } = accepted(text)
  expect(warnings).toEqual([])
  expect(value.faults[0]).toMatchObject({
    id: 'PodChaos/shop/nightly',
    durationMs: 30_000,
    schedule: { cron: '0 3 * * *', concurrencyPolicy: 'Allow', legacy: false },
    spec: { kind: 'PodChaos', action: 'pod-failure' },
    manifest: { kind: 'Schedule' },
  })
})

test('readChaosMesh() reads the scheduler of Chaos Mesh 1.x as its author meant it, and says so', () => {
  const text = `${head('NetworkChaos')}spec:\n  action: delay\n${target}  delay: { latency: 90ms }\n  duration: 30s\n  scheduler: { cron: "@every 60s" }\n`
  const { value, warnings } = accepted(text)
  expect(warnings.map(({ code, where }) => `${code} ${where?.line}:${where?.column}`)).toEqual([
    'legacy-scheduler 10:14',
  ])
  expect(warnings[0].why).toMatch(
    'drops it silently and runs the fault once: read as a Schedule (@every 60s)',
  )
  expect(value.faults[0]).toMatchObject({
    kind: 'NetworkChaos',
    schedule: { cron: '@every 60s', concurrencyPolicy: 'Forbid', legacy: true },
    manifest: {
      kind: 'Schedule',
      metadata: { name: 'x', namespace: 'shop' },
      spec: {
        schedule: '@every 60s',
        type: 'NetworkChaos',
        historyLimit: 5,
        concurrencyPolicy: 'Forbid',
        networkChaos: { action: 'delay', duration: '30s' },
      },
    },
  })
  expect(JSON.stringify(value.faults[0].manifest)).not.toMatch('scheduler')
  const unread = accepted(text.replace('@every 60s', 'often'))
  expect(unread.warnings[0]).toMatchObject({ code: 'legacy-scheduler', where: { line: 10, column: 22 } })
  expect(unread.value.faults[0].schedule).toBeUndefined()
})

test('readChaosMesh() knows the old names of kinds and fields', () => {
  const text = `${head('IoChaos')}spec:\n${target}  action: latency\n  delay: 10ms\n  volumePath: /var\n  containerName: db\n`
  const { value, warnings } = accepted(text)
  expect(warnings.map((warning) => warning.code)).toEqual(['legacy-kind', 'legacy-field'])
  expect(value.faults[0]).toMatchObject({
    spec: { kind: 'IOChaos', clusterOnly: true },
    targeting: { containerNames: ['db'] },
    manifest: { kind: 'IOChaos' },
  })
})

test('readChaosMesh() names every problem with its place', () => {
  expect(
    refused(`${head('NetworkChaos')}spec:\n  action: dealy\n${target}  delay: { latancy: 10ms }\n`),
  ).toEqual([
    '5:11 spec.action must be one of netem, delay, loss, duplicate, corrupt, partition, bandwidth (Unsupported value): current value is "dealy"',
    '8:10 Required value: spec.delay.latency must be set: it is missing',
    expect.stringMatching('8:12 unknown field "spec.delay.latancy"'),
  ])
  expect(refused('a: [1')).toEqual([expect.stringMatching(/YAML or JSON/)])
  expect(refused('')).toEqual([expect.stringMatching(/it is empty/)])
  expect(refused('just text')).toEqual([expect.stringMatching(/must be a mapping/)])
  expect(refused('title: x\nmethod: []')).toEqual([expect.stringMatching(/apiVersion or kind is missing/)])
  expect(refused(head('NetworkChoas'))[0]).toMatch('no matches for kind')
})

test('readChaosMesh() passes over other objects, and refuses a file of nothing else', () => {
  const other = 'apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: web }\n'
  const chaos = `${head('PodChaos')}spec:\n${target}  action: pod-kill\n`
  expect(accepted(`${other}---\n${chaos}`).warnings.map((warning) => warning.code)).toEqual(['other-object'])
  expect(refused(other)).toEqual([expect.stringMatching(/holds other objects only/)])
  const list = JSON.stringify({
    apiVersion: 'v1',
    kind: 'List',
    items: [
      {
        apiVersion: 'chaos-mesh.org/v1alpha1',
        kind: 'StatusCheck',
        metadata: { name: 's' },
        spec: { http: { url: 'http://a', criteria: { statusCode: '200' } } },
      },
    ],
  })
  expect(accepted(list)).toMatchObject({ value: { faults: [] }, warnings: [{ code: 'no-fault' }] })
})

test.each([
  ['delay: { latency: 0.5ms }', 'leading-zero', 'Write "500us"'],
  ['delay: { latency: 05ms }', 'leading-zero', 'Write "5ms"'],
  ['loss: { loss: "10" }', 'action-body', 'Add delay: …'],
  ['delay: { latency: 10ms, correlation: "100", jitter: 0ms }', 'correlation-without-jitter', undefined],
  ['delay: { latency: 10ms }\n  scale: 3', 'unknown-field', undefined],
  ['delay: { latency: 10ms }\n  remoteCluster: other', 'remote-cluster', undefined],
])('readChaosMesh() warns where Chaos Mesh accepts and does not do: %s', (body, code, fix) => {
  const { warnings } = accepted(`${head('NetworkChaos')}spec:\n  action: delay\n${target}  ${body}\n`)
  const warning = warnings.find((one) => one.code === code)
  expect(warning).toMatchObject({ level: 'warning' })
  expect(warning?.where?.line).toBeGreaterThan(4)
  if (fix !== undefined) expect(warning?.fix).toBe(fix)
})

const specimens: readonly unknown[] = [
  {
    action: 'delay',
    mode: 'all',
    selector: { labelSelectors: { app: 'a' } },
    delay: { latency: '10ms', jitter: '1ms', correlation: '5' },
    target: { mode: 'one', selector: {} },
    direction: 'both',
    duration: '5s',
    scheduler: { cron: '@every 1m' },
  },
  {
    schedule: '@hourly',
    type: 'StressChaos',
    stressChaos: {
      mode: 'fixed',
      value: '1',
      selector: {},
      stressors: { memory: { workers: 1, size: '10MB' } },
    },
  },
  {
    entry: 'a',
    templates: [
      { name: 'a', templateType: 'Serial', children: ['b'] },
      {
        name: 'b',
        templateType: 'HTTPChaos',
        deadline: '5s',
        httpChaos: { mode: 'all', selector: {}, target: 'Request', port: 80, abort: true },
      },
    ],
  },
]
const junk = fc.constantFrom<unknown>(
  null,
  '',
  'abc',
  -1,
  0,
  1.5,
  1e12,
  true,
  [],
  {},
  [null],
  ['x'],
  { a: 1 },
  '1d',
  '__proto__',
)

test('readChaosMesh() gives a result or reasons with places, whatever is changed in a manifest', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('NetworkChaos', 'Schedule', 'Workflow', 'PodChaos', 'IOChaos'),
      fc.constantFrom(...specimens),
      fc.nat(),
      junk,
      (kind, spec, seed, value) => {
        const manifest = {
          apiVersion: 'chaos-mesh.org/v1alpha1',
          kind,
          metadata: { name: 'x' },
          spec: structuredClone(spec),
        }
        const slots = slotsOf(manifest)
        const slot = slots[seed % slots.length]
        slot.holder[slot.key] = value
        const read = readChaosMesh(JSON.stringify(manifest, undefined, 1), 'm.json')
        for (const problem of read.ok ? read.warnings : read.problems) {
          expect(problem.where?.line).toBeGreaterThan(0)
          expect(problem.what).toMatch(/^Cannot /)
        }
        if (!read.ok) expect(read.problems.length).toBeGreaterThan(0)
      },
    ),
    { numRuns: 400 },
  )
})

test('readChaosMesh() never throws, whatever the text', () => {
  const line = fc.constantFrom(
    'apiVersion: chaos-mesh.org/v1alpha1',
    'kind: PodChaos',
    'kind: Schedule',
    'spec:',
    '  mode: one',
    '  selector:',
    '---',
    '- a',
    'items: [',
    '  scheduler: {}',
    'kind: List',
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(line).map((lines) => lines.join('\n')),
      ),
      (text) => typeof readChaosMesh(text, 'f').ok === 'boolean',
    ),
  )
})

type Slot = { readonly holder: Record<string, unknown>; readonly key: string }

function slotsOf(value: unknown): Slot[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...slotsOf(holder[key])])
}
