import { describe, expect, test } from 'vitest'
import type { VerdictReason } from '../model/result.ts'
import { findingsOf, injectionOf, outcomeOf } from './finished-run.fixture.ts'
import { judge } from './judge.ts'

const held: VerdictReason = { ok: true, text: 'checkout errors < 1%: was 0 %' }
const failed: VerdictReason = { ok: false, text: 'checkout errors < 1%: was 41 %' }
const unconfirmed = injectionOf({
  effect: { confirmed: false, seen: 0, eligible: 64, unit: 'calls', why: '0 of 64 calls met the fault' },
})
const stuck = injectionOf({ removal: { ok: false, problem: 'the warden does not answer' } })
const unproven = { ...findingsOf().proof, tookEffect: false, why: 'no change' }

describe('judge()', () => {
  test('holds when the fault is proven and every hypothesis holds', () => {
    expect(judge(outcomeOf(), findingsOf(), [held])).toMatchObject({ verdict: 'held', exitCode: 0 })
  })

  test('breaks when one hypothesis fails', () => {
    expect(judge(outcomeOf(), findingsOf(), [held, failed])).toMatchObject({ verdict: 'broke', exitCode: 1 })
  })

  test('is inconclusive, never held, when nothing proves the fault', () => {
    const outcome = outcomeOf({ injections: [unconfirmed] })
    const judged = judge(outcome, findingsOf({ proof: unproven }), [held])
    expect(judged).toMatchObject({ verdict: 'inconclusive', exitCode: 3 })
    expect(judged.reasons[0]?.text).toMatch(/no proof that it did: .*0 of 64 calls/)
  })

  test('does not take a change in the traces for proof where the injector saw that nothing met the fault', () => {
    const outcome = outcomeOf({ injections: [unconfirmed] })
    expect(judge(outcome, findingsOf(), [held])).toMatchObject({ verdict: 'inconclusive', exitCode: 3 })
  })

  test('takes the traces for proof where nobody counted', () => {
    const outcome = outcomeOf({ injections: [{ ...unconfirmed, uncounted: true }] })
    expect(judge(outcome, findingsOf(), [failed])).toMatchObject({ verdict: 'broke', exitCode: 1 })
  })

  test('is inconclusive with too few requests', () => {
    const judged = judge(outcomeOf(), findingsOf({}, 19), [held])
    expect(judged).toMatchObject({ verdict: 'inconclusive', exitCode: 3 })
    expect(judged.reasons[0]?.text).toMatch(/too little traffic: 19 requests .* 20 are needed/)
  })

  test('is inconclusive when the fault was never applied', () => {
    expect(judge(outcomeOf({ injections: [] }), findingsOf(), [held]).exitCode).toBe(3)
  })

  test('is stopped by a guard with exit 5, by signals with 130 and 143', () => {
    const code = (stoppedBy: NonNullable<ReturnType<typeof outcomeOf>['stoppedBy']>): number => {
      const judged = judge(outcomeOf({ stoppedBy }), findingsOf(), [held])
      expect(judged.verdict).toBe('stopped')
      return judged.exitCode
    }
    expect(code({ kind: 'guard', text: 'errors > 50% (was 71 %)' })).toBe(5)
    expect(code({ kind: 'signal', signal: 'SIGINT' })).toBe(130)
    expect(code({ kind: 'signal', signal: 'SIGTERM' })).toBe(143)
    expect(code({ kind: 'signal', signal: 'SIGHUP' })).toBe(129)
    expect(code({ kind: 'request' })).toBe(143)
  })

  test('exits 6 whatever else is so when a fault may still be active', () => {
    const outcomes = [
      outcomeOf({ injections: [stuck] }),
      outcomeOf({ injections: [injectionOf(), stuck], stoppedBy: { kind: 'signal', signal: 'SIGINT' } }),
      outcomeOf({ injections: [stuck], stoppedBy: { kind: 'guard', text: '' } }),
    ]
    for (const outcome of outcomes) {
      const judged = judge(outcome, findingsOf(), [held])
      expect(judged.exitCode).toBe(6)
      expect(judged.reasons.map((one) => one.text).join()).toMatch(/may still be active: the warden does not/)
    }
  })
})
