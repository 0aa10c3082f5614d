import { expect, test } from 'vitest'
import type { RunOutcome } from '../model/run.ts'
import { chaosToolkitJournal, type JournalProbe } from './chaos-toolkit-journal.ts'

const second = 1_000_000_000n
const t0 = 1_773_061_200n * second
const outcome: RunOutcome = {
  startedNs: t0,
  endedNs: t0 + 90n * second,
  phases: [
    { name: 'baseline', startNs: t0, endNs: t0 + 30n * second },
    { name: 'chaos', startNs: t0 + 30n * second, endNs: t0 + 60n * second },
    { name: 'recovery', startNs: t0 + 60n * second, endNs: t0 + 90n * second },
  ],
  injections: [
    {
      fault: 'NetworkChaos/default/slow',
      label: 'payment +500 ms',
      kind: 'NetworkChaos/delay',
      params: { latencyMs: 500 },
      source: { file: 'slow.yaml', line: 1, format: 'chaos-mesh' },
      targets: [{ service: 'payment', namespace: 'default', pod: 'payment-0', role: 'target' }],
      startPossibleNs: t0 + 30n * second + 1_500n,
      startCertainNs: t0 + 30n * second + 2_500n,
      endCertainNs: t0 + 60n * second,
      endPossibleNs: t0 + 61n * second,
      effect: { confirmed: true, seen: 12, eligible: 14, unit: 'calls', why: 'median +502 ms' },
      removal: { ok: true, verifiedBy: 'the proxy has no stage left' },
    },
  ],
  stoppedBy: undefined,
  recoveredAfterMs: 1200,
  events: [],
}
const probe = (phase: JournalProbe['phase'], ok: boolean): JournalProbe => ({
  text: 'errors < 1%',
  phase,
  ok,
  expected: 'errors < 1 %',
  actual: ok ? '0 %' : '41 %',
})
const input = {
  version: '0.1.0',
  platform: 'Linux',
  node: 'host',
  title: 'slow',
  experiment: undefined,
  outcome,
  probes: [probe('chaos', false), probe('recovery', true)],
}

test("chaosToolkitJournal() has the journal's keys, in order", () => {
  const journal = chaosToolkitJournal({ ...input, traceId: 'ab'.repeat(16) })
  expect(Object.keys(journal)).toEqual([
    'chaoslib-version',
    'platform',
    'node',
    'experiment',
    'start',
    'status',
    'deviated',
    'steady_states',
    'run',
    'rollbacks',
    'end',
    'duration',
    'trace_id',
    'aftershock',
  ])
  expect(journal).toMatchObject({
    start: '2026-03-09T13:00:00+00:00',
    end: '2026-03-09T13:01:30+00:00',
    duration: 90,
    status: 'completed',
    deviated: true,
  })
})

test('chaosToolkitJournal() tells injections as actions, removals as rollbacks, hypotheses as probes', () => {
  expect(chaosToolkitJournal(input)).toMatchObject({
    experiment: {
      title: 'slow',
      method: [{ name: 'payment +500 ms' }],
      rollbacks: [{ name: 'remove payment +500 ms' }],
    },
    run: [
      {
        activity: { type: 'action', name: 'payment +500 ms' },
        status: 'succeeded',
        start: '2026-03-09T13:00:30.000001+00:00',
        output: { seen: 12, eligible: 14 },
      },
    ],
    rollbacks: [{ status: 'succeeded', duration: 1, output: 'the proxy has no stage left' }],
    steady_states: {
      before: null,
      during: [{ steady_state_met: false, probes: [{ tolerance_met: false, output: '41 %' }] }],
      after: { steady_state_met: true },
    },
  })
})

test('chaosToolkitJournal() tells a stopped run and a fault that stayed', () => {
  const stuck = {
    ...outcome.injections[0],
    endCertainNs: undefined,
    endPossibleNs: undefined,
    removal: { ok: false as const, problem: 'still there' },
  }
  const broken = chaosToolkitJournal({ ...input, outcome: { ...outcome, injections: [stuck] } })
  expect(broken).toMatchObject({
    status: 'failed',
    rollbacks: [{ status: 'failed', exception: ['still there\n'] }],
  })
  const stopped = chaosToolkitJournal({
    ...input,
    probes: [],
    outcome: { ...outcome, stoppedBy: { kind: 'signal', signal: 'SIGINT' } },
  })
  expect(stopped).toMatchObject({
    status: 'interrupted',
    deviated: false,
    steady_states: { before: null, after: null, during: [] },
  })
})
