import { percentText } from '../../model/numbers.ts'
import type { Mechanism } from '../../model/result.ts'
import { TOLERANCE_NS } from '../assemble/clock-skew.ts'
import type { Forest } from '../assemble/forest.ts'
import { wasReachedUnseen } from '../assemble/reached.ts'
import { Fail } from '../calls/failure.ts'
import { isGivenUp } from '../calls/given-up.ts'
import type { LogicalCalls } from '../calls/logical-calls.ts'
import { isSpared } from '../judge/counterfactual.ts'
import { Outcome } from '../judge/outcomes.ts'
import type { Told } from '../judge/told.ts'
import { endedAsCallerLeft } from '../judge/told-of-leaving.ts'
import { quietPick } from './breakers.ts'
import { evidenceOf } from './examples.ts'
import { type Facts, nameOf } from './facts.ts'
import type { Found, Tally } from './found.ts'
import {
  failedShare,
  groupedNumber,
  occurrencesOf,
  type Pick,
  perMinute,
  pickOfCall,
  plural,
} from './occurrences.ts'

/** Calls that failed for good while their owner went on without error, by edge. */
export function fallbackPick(told: Told): (p: number) => Pick | undefined {
  const { forest, fail, logical, hidden, origins, attribution } = told
  const goesOn = (owner: number, p: number): boolean =>
    fail[owner] === Fail.ok ||
    failsLater(forest, logical, origins.cause[owner], p) ||
    // A breaker kept it from a later call: another's, since one to the same callee may be this one tried again.
    (hidden.callee[owner] !== -1 && hidden.callee[owner] !== forest.callee[p])
  return (p) => {
    const owner = forest.owner[p]
    if (logical.next[p] !== -1 || owner === p || !goesOn(owner, p)) return undefined
    if (endedAsCallerLeft(told, owner) || (forest.end[p] > forest.end[owner] && wasLeft(told, owner)))
      return undefined
    if (forest.untold[p] === 1 && wasAnsweredElsewhere(told, p)) return undefined
    // It was tried again, and the next attempt's span is lost.
    if (wasReachedUnseen(forest, p, forest.callee[p], forest.end[p], forest.end[owner])) return undefined
    return { ...pickOfCall(told, p), attributed: isSpared(attribution.failed[p]) ? 1 : 0 }
  }
}

/** Requests that went on without a call that a breaker kept back. */
export function quietFallbackPick(told: Told): (p: number) => Pick | undefined {
  return (p) => (told.hidden.quiet[p] === -1 ? undefined : quietPick(told, p))
}

/** Its own caller gave it up before it ended: an end without error is then no answer. */
function wasLeft({ forest: { parent, server, end, untold }, fail }: Told, owner: number): boolean {
  const call = parent[owner]
  if (call === -1 || server[call] !== owner || untold[call] === 1) return false
  return isGivenUp(fail, call) && end[call] <= end[owner] + TOLERANCE_NS
}

/** Of calls that nobody tells of an answer that hung may be followed by another try's: when it was begun nobody knows. */
function wasAnsweredElsewhere({ forest, fail, logical }: Told, p: number): boolean {
  const owner = forest.owner[p]
  for (let i = logical.callStart[owner]; i < logical.callStart[owner + 1]; i++) {
    const call = logical.calls[i]
    if (call !== p && forest.op[call] === forest.op[p] && fail[call] === Fail.ok) return true
  }
  return false
}

/** A call that failed is seen; one that a breaker kept back is missed, and one that nobody tells of is put in. */
export function measureFallback({ forest }: Told, tally: Tally, p: number): void {
  if (forest.callee[p] !== -1 && forest.untold[p] !== 1) tally.told += 1
}

/** The owner went on to another call, and failed with that: the next item of a loop is one, another try is none. */
function failsLater({ start, end }: Forest, { previous }: LogicalCalls, cause: number, p: number): boolean {
  let first = cause
  while (first !== -1 && previous[first] !== -1) first = previous[first]
  return first !== -1 && first !== p && start[first] >= end[p]
}

/** Calls with which users' requests failed at the edge nearest to them. */
export function lostPick({ forest, origins, outcomes }: Told): (p: number) => Pick | undefined {
  return (p) => {
    const t = forest.trace[p]
    const entry = forest.entry[t]
    if (entry === -1 || forest.callee[entry] !== -1 || origins.cause[entry] !== p) return undefined
    if (outcomes.outcome[t] !== Outcome.failed) return undefined
    return {
      caller: forest.service[p],
      callee: forest.callee[p],
      attributed: outcomes.attributed[t] === 1 ? 1 : 0,
    }
  }
}

export function fallbackOf(facts: Facts, found: Found): Mechanism {
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const { count } = found
  const cost = failedShare(found)
  return {
    id: `fallback:${caller}>${callee}`,
    kind: 'fallback',
    caller,
    callee,
    count,
    background: { subtracted: found.others, perMinute: perMinute(facts, found.before) },
    grade: found.told >= count / 2 ? 'observed' : 'inferred',
    verdict: cost < 0.2 ? 'helped' : 'mixed',
    rule: {
      id: 'fallback.owner-went-on',
      text: 'The call failed for good, or a breaker kept it back, and the request it belonged to went on without error.',
    },
    sentence: `${caller} went on without ${callee} for ${plural(count, 'call')}; ${percentText(1 - cost)} of those requests succeeded.`,
    facts: [
      { label: 'absorbed', value: groupedNumber(count), raw: count },
      { label: 'requests that failed anyway', value: percentText(cost), raw: cost },
    ],
    evidence: evidenceOf(found.examples),
  }
}

/** Edges on which users' requests failed, and nothing stood in for the call. */
export function absentFallbacks(facts: Facts, present: readonly Found[]): readonly Mechanism[] {
  return occurrencesOf(facts, 'lost')
    .filter(({ count }) => count >= 3)
    .filter((lost) => !present.some((f) => f.caller === lost.caller && f.callee === lost.callee))
    .slice(0, 3)
    .map((lost) => absent(facts, lost))
}

function absent(facts: Facts, lost: Found): Mechanism {
  const [caller, callee] = [nameOf(facts, lost.caller), nameOf(facts, lost.callee)]
  return {
    id: `fallback:${caller}>${callee}`,
    kind: 'fallback',
    caller,
    callee,
    count: 0,
    background: { subtracted: 0, perMinute: 0 },
    grade: 'observed',
    verdict: 'absent',
    rule: {
      id: 'fallback.absent',
      text: 'Requests failed with this call, and not one went on without it.',
    },
    sentence: `${caller} had nothing to fall back on when ${callee} failed: ${plural(lost.count, 'request')} failed with it.`,
    facts: [
      { label: 'requests that failed with the call', value: groupedNumber(lost.count), raw: lost.count },
    ],
    evidence: evidenceOf(lost.examples),
  }
}
