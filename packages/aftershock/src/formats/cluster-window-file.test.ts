import { describe, expect, test } from 'vitest'
import type { ClusterExperimentJson, ClusterWindowJson } from '../model/cluster-experiment.ts'
import { windowFileOf } from './cluster-window-file.ts'
import { parseRfc3339 } from './rfc3339.ts'
import { readWindowFile } from './window-file.ts'

const at = (second: number): string => new Date(Date.UTC(2026, 4, 28, 20, 0, second)).toISOString()
const bound = (second: number) => ({ at: at(second), by: 'event' })

const window = (
  pod: string,
  from: number,
  until: number,
  role: 'target' | 'peer' = 'target',
): ClusterWindowJson => ({
  recordId: `shop/${pod}`,
  role,
  round: 1,
  instant: false,
  target: { service: pod.split('-')[0] ?? '', namespace: 'shop', pod },
  start: { earliest: bound(from - 1), latest: bound(from) },
  end: { earliest: bound(until), latest: bound(until + 1) },
  certain: { start: at(from), end: at(until) },
  possible: { start: at(from - 1), end: at(until + 1) },
  holes: [],
})

const experiment = (windows: readonly ClusterWindowJson[]): ClusterExperimentJson => ({
  id: 'u-1',
  kind: 'NetworkChaos',
  action: 'delay',
  mode: 'all',
  namespace: 'shop',
  name: 'slow',
  state: 'archived',
  parameters: { 'delay.latency': '0.5s', 'delay.correlation': '0' },
  labels: {},
  windows,
  unknown: [],
})

describe('the window file of an experiment in a cluster', () => {
  test('has the certain time as chaos, and baseline and recovery outside everything possible', () => {
    const file = windowFileOf([experiment([window('pay-0', 100, 160), window('pay-1', 101, 159)])])
    expect(file?.windows).toEqual({
      baseline: { start: at(99 - 62), end: at(99) },
      chaos: { start: at(100), end: at(160) },
      recovery: { start: at(161), end: at(161 + 62) },
    })
  })

  test('names service, pods and parameters as window files do', () => {
    const file = windowFileOf([
      experiment([window('pay-0', 100, 160), window('pay-1', 100, 160), window('cart-0', 90, 170, 'peer')]),
    ])
    expect(file?.experiments).toEqual([
      {
        name: 'slow',
        kind: 'NetworkChaos',
        action: 'delay',
        mode: 'all',
        targets: [{ service: 'pay', namespace: 'shop', pods: ['pay-0', 'pay-1'] }],
        parameters: { latencyMs: 500, delayCorrelation: '0' },
      },
    ])
  })

  test('can be read by analyze', () => {
    const file = windowFileOf([experiment([window('pay-0', 100, 160)])])
    expect(readWindowFile(JSON.stringify(file), 'w.json')).toMatchObject({ ok: true })
  })

  test('what is in force ends now, and has no recovery', () => {
    const { end: _, ...open } = window('pay-0', 100, 160)
    const running = { ...open, certain: { start: at(100) }, possible: { start: at(99) } }
    const file = windowFileOf([experiment([running])], parseRfc3339(at(130)))
    expect(file?.windows).toMatchObject({ chaos: { start: at(100), end: at(130) } })
    expect(file?.windows.recovery).toBeUndefined()
  })

  test('there is none where nothing was injected for sure', () => {
    const { certain: _, ...unsure } = window('pay-0', 100, 160)
    expect(windowFileOf([experiment([unsure])])).toBeUndefined()
    expect(windowFileOf([experiment([])])).toBeUndefined()
  })
})
