import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isUndoneBy } from './known-fault.ts'
import { knownStep } from './known-step.ts'

type Arguments = Readonly<Record<string, unknown>>

/** `module.func(arguments)` in words. */
function told(name: string, given: Arguments): string {
  const step = knownStep({
    module: name.slice(0, name.lastIndexOf('.')),
    func: name.slice(name.lastIndexOf('.') + 1),
    arguments: given,
  })
  if (step === undefined) return 'nothing'
  if (step.does === 'undo') return `undo ${step.keyStart}`
  const { kind, action, label, parameters, key, lasts } = step.fault
  return `${kind}/${action}: ${label} ${JSON.stringify(parameters)} [${key}]${lasts === 'moment' ? ' at once' : ''}`
}

const mesh = 'chaosk8s.chaosmesh'
const selected = { name: 'slow', label_selectors: 'app=payment' }

test.each<[string, Arguments, string]>([
  [
    `${mesh}.network.actions.add_latency`,
    { ...selected, latency: '500ms', jitter: '10ms' },
    'NetworkChaos/delay: delay 500 ms on app=payment {"latencyMs":500,"jitterMs":10} [networkchaos default/slow]',
  ],
  [
    `${mesh}.network.actions.set_loss`,
    { ...selected, label_selectors: { app: 'payment' }, loss: '25', ns: 'shop' },
    'NetworkChaos/loss: loss 25 % on app=payment {"lossPercent":25} [networkchaos shop/slow]',
  ],
  [`${mesh}.network.actions.delete_network_fault`, { name: 'slow' }, 'undo networkchaos default/slow'],
  [
    `${mesh}.stress.actions.stress_cpu`,
    { ...selected, workers: 2n, load: 80n },
    'StressChaos/cpu: cpu 2 on app=payment {"workers":2,"loadPercent":80} [stresschaos default/slow]',
  ],
  [`${mesh}.stress.actions.delete_stressor`, { name: 'slow', ns: 'a' }, 'undo stresschaos a/slow'],
  [
    'chaosk8s.pod.actions.terminate_pods',
    { label_selector: 'app=payment', qty: 1n },
    'PodChaos/pod-kill: pod-kill on app=payment {"pods":1} [pods default/app=payment] at once',
  ],
  [
    'chaosk8s.crd.actions.create_custom_object',
    {
      group: 'chaos-mesh.org',
      plural: 'networkchaos',
      resource: {
        kind: 'NetworkChaos',
        metadata: { name: 'x' },
        spec: { action: 'delay', selector: { namespaces: ['shop'], labelSelectors: { app: 'payment' } } },
      },
    },
    'NetworkChaos/delay: delay on app=payment {} [networkchaos default/x]',
  ],
  [
    'chaosk8s.crd.actions.create_custom_object',
    { group: 'example.org', plural: 'x', resource: {} },
    'nothing',
  ],
  [
    'chaosk8s.deployment.actions.scale_deployment',
    { name: 'payment', replicas: 0n },
    'PodChaos/pod-failure: scaled to 0 on payment {} [deployment default/payment]',
  ],
  [
    'chaosk8s.deployment.actions.scale_deployment',
    { name: 'payment', replicas: 2n },
    'undo deployment default/payment',
  ],
  [
    'chaostoxi.toxic.actions.create_latency_toxic',
    { for_proxy: 'payment', toxic_name: 'slow', latency: 500n, jitter: 5n },
    'NetworkChaos/delay: latency 500 ms on payment {"latencyMs":500,"jitterMs":5} [toxiproxy payment/slow]',
  ],
  [
    'chaostoxi.toxic.actions.create_toxic',
    {
      for_proxy: 'payment',
      toxic_name: 't',
      toxic_type: 'latency',
      attributes: { latency: 9 },
      toxicity: 0.5,
    },
    'NetworkChaos/delay: latency 9 ms on payment {"latencyMs":9,"toxicity":0.5} [toxiproxy payment/t]',
  ],
  [
    'chaostoxi.toxic.actions.delete_toxic',
    { for_proxy: 'payment', toxic_name: 'slow' },
    'undo toxiproxy payment/slow',
  ],
  [
    'chaostoxi.proxy.actions.disable_proxy',
    { proxy_name: 'payment' },
    'NetworkChaos/partition: down on payment {} [toxiproxy payment/down]',
  ],
  [
    'chaostoxi.proxy.actions.modify_proxy',
    { proxy_name: 'payment', enabled: true },
    'undo toxiproxy payment/down',
  ],
  ['chaostoxi.proxy.actions.reset', {}, 'undo *'],
  [
    'chaosistio.fault.actions.add_delay_fault',
    { virtual_service_name: 'payment', fixed_delay: '5s', percentage: 50, routes: [] },
    'HTTPChaos/delay: delay on payment {"delayMs":5000,"percent":50} [virtualservice default/payment]',
  ],
  [
    'chaosistio.fault.actions.remove_delay_fault',
    { virtual_service_name: 'payment', routes: [] },
    'undo virtualservice default/payment',
  ],
  ['mypackage.actions.break_it', { name: 'payment' }, 'nothing'],
])('%s: case %#', (name, given, expected) => {
  expect(told(name, given)).toBe(expected)
})

test('deleting a proxy, or resetting all, undoes its toxics; another one does not', () => {
  const step = knownStep({
    module: 'chaostoxi.toxic.actions',
    func: 'create_latency_toxic',
    arguments: { for_proxy: 'payment', toxic_name: 'slow', latency: 1 },
  })
  if (step?.does !== 'inject') throw new Error('not recognised')
  const ends = (keyStart: string): boolean => isUndoneBy(step.fault, keyStart)
  expect(['toxiproxy payment', 'toxiproxy payment/slow', '*'].map(ends)).toEqual([true, true, true])
  expect(['toxiproxy pay', 'toxiproxy payment/other'].map(ends)).toEqual([false, false])
})

test('any arguments give a step or nothing', () => {
  const functions = fc.constantFrom(
    `${mesh}.network.actions.add_latency`,
    `${mesh}.stress.actions.stress_memory`,
    'chaosk8s.crd.actions.create_custom_object',
    'chaosk8s.pod.actions.terminate_pods',
    'chaostoxi.toxic.actions.create_toxic',
    'chaosistio.fault.actions.set_fault',
  )
  const names = fc.constantFrom('name', 'ns', 'label_selectors', 'latency', 'resource', 'group', 'toxic_type')
  fc.assert(
    fc.property(functions, fc.dictionary(names, fc.anything()), (name, given) => {
      expect(typeof told(name, { group: 'chaos-mesh.org', for_proxy: 'p', ...given })).toBe('string')
    }),
  )
})
