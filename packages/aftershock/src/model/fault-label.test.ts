import { expect, test } from 'vitest'
import { faultLabel } from './fault-label.ts'
import type { ExperimentFacts } from './window.ts'

type Parameters = ExperimentFacts['parameters']

test.each<[string, string, string, Parameters]>([
  ['payment +500 ms', 'NetworkChaos', 'delay', { latencyMs: 500 }],
  ['payment +500 ms to order', 'NetworkChaos', 'delay', { latencyMs: 500, direction: 'to', peers: 'order' }],
  [
    'order +500 ms to payment',
    'NetworkChaos',
    'delay',
    { latencyMs: 500, direction: 'from', peers: 'order' },
  ],
  [
    'payment losing 5 % of packets with order',
    'NetworkChaos',
    'loss',
    { lossPercent: 5, direction: 'both', peers: 'order' },
  ],
  ['payment +500 ms ±50 ms', 'NetworkChaos', 'delay', { latencyMs: 500, jitterMs: 50 }],
  ['payment with disk +20 ms', 'IOChaos', 'latency', { delayMs: 20 }],
  ['payment unable to resolve names', 'DNSChaos', 'error', {}],
  ['payment losing packets', 'NetworkChaos', 'loss', {}],
  ['payment with its clock shifted', 'TimeChaos', 'TimeChaos', {}],
  ['payment +2,000 ms', 'HTTPChaos', 'delay', { delayMs: 2000 }],
  ['payment cut off', 'NetworkChaos', 'partition', { direction: 'both' }],
  ['payment cut off from order', 'NetworkChaos', 'partition', { direction: 'both', peers: 'order' }],
  ['payment killed', 'PodChaos', 'pod-kill', {}],
  ['payment down', 'PodChaos', 'pod-failure', {}],
  ['payment hanging up', 'HTTPChaos', 'abort', { abort: 'true' }],
  ['payment answering 503', 'HTTPChaos', 'replace', { replaceCode: 503 }],
  ['payment losing 30 % of packets', 'NetworkChaos', 'loss', { lossPercent: 30 }],
  ['payment corrupting 5 % of packets', 'NetworkChaos', 'corrupt', { corruptPercent: 5 }],
  ['payment under CPU stress', 'StressChaos', 'stress', { cpuWorkers: 2, cpuLoadPercent: 80 }],
  ['payment under memory stress', 'StressChaos', 'stress', { memoryBytes: 1024 }],
  ['payment limited to 1,000 bytes a second', 'NetworkChaos', 'bandwidth', { bytesPerSecond: 1000 }],
])('%s', (label, kind, action, parameters) => {
  const targets = [{ service: 'payment', namespace: 'default', pods: [] }]
  expect(faultLabel({ name: 'x', kind, action, mode: 'all', targets, parameters })).toBe(label)
})
