import { expect, test } from 'vitest'
import type { Injection, RunOutcome } from '../model/run.ts'
import { windowsOfOutcome } from './outcome-windows.ts'

const injection = (fault: string, from: bigint, to: bigint | undefined): Injection => ({
  fault,
  label: fault,
  kind: 'NetworkChaos/delay',
  params: { latencyMs: 500 },
  source: { file: 'x.yaml', line: 1, format: 'chaos-mesh' },
  targets: [
    { service: 'payment', namespace: 'default', pod: 'payment-0', role: 'target' },
    { service: 'payment', namespace: 'default', pod: 'payment-1', role: 'target' },
    { service: 'order', namespace: 'default', pod: 'order-0', role: 'peer' },
  ],
  startPossibleNs: from,
  startCertainNs: from + 1n,
  endCertainNs: to === undefined ? undefined : to - 1n,
  endPossibleNs: to,
  effect: { confirmed: true, seen: 1, eligible: 1, unit: 'calls', why: '' },
  removal: { ok: true, verifiedBy: 'the proxy' },
})

const outcome = (...injections: readonly Injection[]): RunOutcome => ({
  startedNs: 0n,
  endedNs: 1_000n,
  phases: [
    { name: 'baseline', startNs: 0n, endNs: 100n },
    { name: 'chaos', startNs: 100n, endNs: 500n },
    { name: 'recovery', startNs: 500n, endNs: 1_000n },
  ],
  injections,
  stoppedBy: undefined,
  recoveredAfterMs: undefined,
  events: [],
})

test('windowsOfOutcome() takes for chaos the time in which a fault may have been in force', () => {
  const windows = windowsOfOutcome('x', outcome(injection('a', 110n, 480n)))
  expect(windows.chaos).toEqual([{ startNs: 110n, endNs: 480n }])
  expect(windows.recovery).toEqual([{ startNs: 500n, endNs: 1_000n }])
})

test('windowsOfOutcome() joins faults that overlap and keeps apart those that do not', () => {
  const faults = [injection('a', 300n, 400n), injection('b', 110n, 200n), injection('a', 150n, 250n)]
  const windows = windowsOfOutcome('x', outcome(...faults))
  expect(windows.chaos).toEqual([
    { startNs: 110n, endNs: 250n },
    { startNs: 300n, endNs: 400n },
  ])
  expect(windows.experiments).toHaveLength(2)
})

test('windowsOfOutcome() begins the recovery when the fault surely is gone', () => {
  const windows = windowsOfOutcome('x', outcome(injection('a', 110n, 520n)))
  expect(windows.recovery).toEqual([{ startNs: 520n, endNs: 1_000n }])
})

test('windowsOfOutcome() names targets, not the peers they were cut off from', () => {
  const [experiment] = windowsOfOutcome('x', outcome(injection('a', 110n, 480n))).experiments
  expect(experiment).toMatchObject({
    kind: 'NetworkChaos',
    action: 'delay',
    targets: [{ service: 'payment', namespace: 'default', pods: ['payment-0', 'payment-1'] }],
  })
})

test('windowsOfOutcome() falls back to the phase where nothing was injected', () => {
  expect(windowsOfOutcome('x', outcome()).chaos).toEqual([{ startNs: 100n, endNs: 500n }])
})
