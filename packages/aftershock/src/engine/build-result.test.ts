import { describe, expect, test } from 'vitest'
import { readWindowFile } from '../formats/window-file.ts'
import type { RunOutcome } from '../model/run.ts'
import { buildResult, type RunIdentity } from './build-result.ts'
import { findingsOf, injectionOf, outcomeOf, STARTED_NS } from './finished-run.fixture.ts'
import { judge } from './judge.ts'
import { windowsOfOutcome } from './outcome-windows.ts'

const IDENTITY: RunIdentity = {
  id: 'r-1',
  name: 'payment-latency',
  target: 'local',
  seed: 42,
  command: 'aftershock run x.yaml',
  version: '0.1.0',
  node: '24.0.0',
  timezone: 'UTC',
  git: undefined,
}

function resultOf(outcome: RunOutcome, findings = findingsOf()) {
  const judgement = judge(outcome, findings, [{ ok: false, text: 'checkout errors < 1%: was 41 %' }])
  return buildResult(IDENTITY, outcome, windowsOfOutcome(IDENTITY.name, outcome), findings, judgement)
}

describe('buildResult()', () => {
  test('counts times in ms from the start of the run', () => {
    const result = resultOf(outcomeOf())
    expect(result.run.durationMs).toBe(180_000)
    expect(result.phases).toEqual([
      { name: 'baseline', from: 0, to: 60_000, requests: 1_200 },
      { name: 'chaos', from: 60_000, to: 120_000, requests: 1_200 },
      { name: 'recovery', from: 120_000, to: 180_000, requests: 1_200 },
    ])
    expect(result.faults[0]).toMatchObject({ from: 60_002, to: 120_000, removed: { at: 120_001 } })
  })

  test('is accepted as a window file, to the nanosecond', () => {
    const outcome = outcomeOf({
      injections: [injectionOf({ startPossibleNs: STARTED_NS + 60_000_000_123n })],
    })
    const read = readWindowFile(JSON.stringify(resultOf(outcome)), 'result.json')
    if (!read.ok) throw new Error(JSON.stringify(read.problems))
    const windows = windowsOfOutcome(IDENTITY.name, outcome)
    expect(read.value.chaos).toEqual(windows.chaos)
    expect(read.value.baseline).toEqual(windows.baseline)
    expect(read.value.experiments[0]?.targets).toEqual(windows.experiments[0]?.targets)
  })

  test('proves with what the injector counted rather than with the traces', () => {
    expect(resultOf(outcomeOf()).proof).toMatchObject({ seen: 40, eligible: 64, deltaMs: 502, gone: true })
  })

  test('does not prove with the traces what the injector saw nothing meet', () => {
    const effect = { confirmed: false, seen: 0, eligible: 64, unit: 'calls', why: '' }
    const result = resultOf(outcomeOf({ injections: [injectionOf({ effect })] }))
    expect(result.proof).toMatchObject({ tookEffect: false, seen: 0, eligible: 64 })
  })

  test('proves with the traces where nobody counted', () => {
    const effect = { confirmed: false, seen: 0, eligible: 0, unit: 'calls', why: '' }
    const result = resultOf(outcomeOf({ injections: [injectionOf({ effect, uncounted: true })] }))
    expect(result.proof).toMatchObject({ seen: 30, eligible: 60, deltaMs: 499 })
  })

  test('says that a fault may still be there', () => {
    const removal = { ok: false, problem: 'the warden does not answer' } as const
    const result = resultOf(outcomeOf({ injections: [injectionOf({ removal, endPossibleNs: undefined })] }))
    expect(result.run.exitCode).toBe(6)
    expect(result.proof).toMatchObject({ gone: false, goneWhy: 'the warden does not answer' })
    expect(result.faults[0]?.removed).toEqual({ at: null, problem: 'the warden does not answer' })
  })

  test('gives the reason for its sentence when it is inconclusive', () => {
    const effect = { confirmed: false, seen: 0, eligible: 0, unit: 'calls', why: 'nobody called payment' }
    const proof = { ...findingsOf().proof, tookEffect: false }
    const result = resultOf(outcomeOf({ injections: [injectionOf({ effect })] }), findingsOf({ proof }))
    expect(result.run.headline).toBe('payment +500 ms: nobody called payment')
  })

  test('keeps the sentence and names the guard when it was stopped', () => {
    const stoppedBy = { kind: 'guard', text: 'errors > 50% (was 71 %)' } as const
    expect(resultOf(outcomeOf({ stoppedBy })).run.headline).toBe(
      'guard: errors > 50% (was 71 %). payment +500 ms became checkout 503 for 41 % of requests.',
    )
  })

  test('says that it was stopped before the fault began', () => {
    const stoppedBy = { kind: 'signal', signal: 'SIGINT' } as const
    const result = resultOf(outcomeOf({ stoppedBy, injections: [] }))
    expect(result.run.headline).toBe('Stopped by SIGINT before the fault began.')
    expect(result.proof).toMatchObject({ tookEffect: false, why: 'It was never applied.', gone: null })
  })

  test('counts how long it went on from when it was asked for, where it never came to its baseline', () => {
    const stoppedBy = { kind: 'signal', signal: 'SIGINT' } as const
    const asked = {
      type: 'interrupted',
      signal: 'SIGINT',
      at: new Date(Number(STARTED_NS / 1_000_000n) - 1_500),
    }
    const events = [{ ...asked, at: asked.at.toISOString() }] as RunOutcome['events']
    const result = resultOf(outcomeOf({ stoppedBy, injections: [], phases: [], endedNs: STARTED_NS, events }))
    expect(result.run.durationMs).toBe(1_500)
  })

  test('tells of a fault that was injected twice once, with both windows', () => {
    const again = injectionOf({
      startPossibleNs: STARTED_NS + 130_000_000_000n,
      endPossibleNs: STARTED_NS + 140_000_000_000n,
    })
    const result = resultOf(outcomeOf({ injections: [injectionOf(), again] }))
    expect(result.run.faults).toEqual(['payment +500 ms'])
    expect(result.experiments).toHaveLength(1)
    expect(result.windows.chaos).toHaveLength(2)
    expect(result.proof).toMatchObject({ seen: 80, eligible: 128 })
  })

  test('can be written as JSON without loss', () => {
    const result = resultOf(outcomeOf())
    expect(JSON.parse(JSON.stringify(result))).toEqual(result)
  })
})
