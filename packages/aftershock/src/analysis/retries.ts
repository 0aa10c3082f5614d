import type { Mechanism, TraceRef } from '../model/result.ts'
import { quantileOf } from './compare.ts'
import { type Facts, nameOf, touchesTarget } from './facts.ts'
import { Fail } from './failure.ts'
import { answersTo } from './hidden-attempts.ts'
import type { LogicalCalls } from './logical-calls.ts'
import {
  evidenceOf,
  groupedNumber,
  type Occurrences,
  occurrencesOf,
  percent,
  perMinute,
  plural,
  refOf,
} from './occurrences.ts'
import { Phase } from './phases.ts'
import { formatMs } from './timeouts.ts'

/** Logical calls that took more than one attempt, by edge. Occurrences are the last attempts. */
export function retryOccurrences(facts: Facts): readonly Occurrences[] {
  const { forest, logical, attribution } = facts
  return occurrencesOf(facts, (p) => {
    if (logical.next[p] !== -1 || triesAgain(logical, p) === 0) return undefined
    const first = firstAttempt(facts, p)
    const isMine = attribution.failed[first] === 1 || (logical.inner.extra[first] > 0 && wasHit(facts, first))
    return { caller: forest.service[p], callee: forest.callee[p], attributed: isMine ? 1 : 0 }
  })
}

/** Of attempts within one span only the answers tell: one failed because of the fault, or the edge is the fault's own. */
function wasHit(facts: Facts, call: number): boolean {
  const failed = answersTo(facts.forest, call).some((answer) => facts.attribution.failed[answer] === 1)
  return failed || touchesTarget(facts, call)
}

/**
 * Attempts after the first that a span stands for, sent because the former had failed; one sent beside the former
 * is a hedge. Told by this one rule wherever extra attempts are counted: mechanism, edges, trace list.
 */
export function extraAttemptsAt({ attempt, hedged, inner }: LogicalCalls, p: number): number {
  const own = attempt[p] > 1 && hedged[p] === 0 ? 1 : 0
  return own + (inner.beside[p] === 1 ? 0 : inner.extra[p])
}

/** Extra attempts of the logical call that ended with this attempt. */
function triesAgain(logical: LogicalCalls, last: number): number {
  let count = 0
  for (let p = last; p !== -1; p = logical.previous[p]) count += extraAttemptsAt(logical, p)
  return count
}

/** Attempts of the logical call that ended with this one, hedges included. */
function attemptsOf(logical: LogicalCalls, last: number): number {
  let count = logical.attempt[last]
  for (let p = last; p !== -1; p = logical.previous[p]) count += logical.inner.extra[p]
  return count
}

function firstAttempt(facts: Facts, p: number): number {
  let first = p
  while (facts.logical.previous[first] !== -1) first = facts.logical.previous[first]
  return first
}

export function retryOf(facts: Facts, found: Occurrences): Mechanism {
  const { logical, fail } = facts
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const count = found.hits.length
  const extraAttempts = found.hits.reduce((sum, p) => sum + triesAgain(logical, p), 0)
  const backgroundAttempts = extraAttemptsOf(facts, found) - extraAttempts
  const maxAttempts = found.hits.reduce((most, p) => Math.max(most, attemptsOf(logical, p)), 0)
  const rescued = found.hits.filter((p) => fail[p] === Fail.ok).length
  const loadX = loadOf(facts, found)
  const backoffMs = backoffs(facts, found.hits)
  const share = rescued / count
  return {
    id: `retry:${caller}>${callee}`,
    kind: 'retry',
    caller,
    callee,
    count,
    background: { subtracted: found.others, perMinute: perMinute(facts, found.before) },
    grade: 'observed',
    verdict: share >= 0.5 ? 'helped' : share < 0.1 ? 'hurt' : 'mixed',
    rule: {
      id: 'retry.sibling-after-failure',
      text: 'The same owner called the same operation again after the former attempt had failed.',
    },
    sentence: `${caller} tried ${callee} again, up to ${plural(maxAttempts, 'time')}: ${plural(extraAttempts, 'extra attempt')} (load ×${loadX}) rescued ${groupedNumber(rescued)} of ${plural(count, 'call')}.`,
    facts: [
      { label: 'retried calls', value: groupedNumber(count), raw: count },
      { label: 'extra attempts', value: groupedNumber(extraAttempts), raw: extraAttempts },
      ...(backgroundAttempts === 0
        ? []
        : [
            {
              label: 'extra attempts not because of the fault',
              value: groupedNumber(backgroundAttempts),
              raw: backgroundAttempts,
            },
          ]),
      { label: 'rescued', value: `${groupedNumber(rescued)} (${percent(share)})`, raw: rescued },
      { label: 'load', value: `×${loadX}`, raw: loadX },
      ...(backoffMs.length === 0
        ? []
        : [{ label: 'pause before each try', value: backoffMs.map(formatMs).join(', ') }]),
    ],
    evidence: [...evidenceOf(facts, found.hits), ...rescuedRefs(facts, found.hits)],
    maxAttempts,
    extraAttempts,
    backgroundAttempts,
    rescued,
    backoffMs,
    loadX,
  }
}

/** All extra attempts of the edge in chaos and recovery, whatever their cause: the sum of `edges[].phases.*.retries`. */
function extraAttemptsOf(facts: Facts, found: Occurrences): number {
  const { forest, logical, phases } = facts
  let count = 0
  for (let p = 0; p < forest.length; p++) {
    if (forest.service[p] !== found.caller || forest.callee[p] !== found.callee) continue
    if (phases.ofTrace[forest.trace[p]] >= Phase.chaos) count += extraAttemptsAt(logical, p)
  }
  return count
}

/** One that a later attempt saved, in the middle of them by time. */
function rescuedRefs(facts: Facts, hits: readonly number[]): readonly TraceRef[] {
  const rescued = hits.filter((p) => facts.fail[p] === Fail.ok)
  return rescued.length === 0 ? [] : [refOf(facts, rescued[rescued.length >> 1], 'rescued')]
}

/** Median pause before the second, third, … attempt, ms. */
function backoffs(facts: Facts, hits: readonly number[]): readonly number[] {
  const { forest, logical } = facts
  const pauses: number[][] = []
  for (const last of hits) {
    for (let p = last; logical.previous[p] !== -1; p = logical.previous[p]) {
      const at = logical.attempt[p] - 2
      pauses[at] ??= []
      pauses[at].push((forest.start[p] - forest.end[logical.previous[p]]) / 1e6)
    }
  }
  return pauses.map(
    (list) =>
      Math.round(
        quantileOf(
          list.sort((a, b) => a - b),
          0.5,
        ) * 10,
      ) / 10,
  )
}

/** Attempts per logical call of the edge during chaos, over the same in the baseline. */
function loadOf(facts: Facts, found: Occurrences): number {
  const { forest, logical, phases } = facts
  const attempts = [0, 0, 0, 0]
  const calls = [0, 0, 0, 0]
  for (let p = 0; p < forest.length; p++) {
    if (forest.service[p] !== found.caller || forest.callee[p] !== found.callee) continue
    const phase = phases.ofTrace[forest.trace[p]]
    attempts[phase] += 1 + logical.inner.extra[p]
    if (logical.attempt[p] === 1) calls[phase] += 1
  }
  const per = (phase: number): number => (calls[phase] === 0 ? 1 : attempts[phase] / calls[phase])
  return Math.round((per(Phase.chaos) / per(Phase.baseline)) * 10) / 10
}
