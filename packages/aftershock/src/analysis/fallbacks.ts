import type { Mechanism } from '../model/result.ts'
import { isOpenedByFault } from './breakers.ts'
import { type Facts, nameOf } from './facts.ts'
import { Fail } from './failure.ts'
import {
  evidenceOf,
  failedShare,
  groupedNumber,
  type Occurrences,
  occurrencesOf,
  percent,
  perMinute,
  plural,
} from './occurrences.ts'
import { Outcome } from './outcomes.ts'

/** Calls that failed for good while their owner went on without error, by edge; and edges that had none. */
export function fallbackOccurrences(facts: Facts): readonly Occurrences[] {
  const { forest, fail, logical, hidden, attribution } = facts
  return occurrencesOf(facts, (p) => {
    const quiet = forest.callee[p] === -1 ? hidden.quiet[p] : -1
    if (quiet !== -1) {
      const attributed = isOpenedByFault(facts, forest.service[p], quiet) ? 1 : 0
      return { caller: forest.service[p], callee: quiet, attributed }
    }
    if (forest.callee[p] === -1 || fail[p] === Fail.ok || fail[p] === Fail.cancelled) return undefined
    const owner = forest.owner[p]
    if (logical.next[p] !== -1 || fail[owner] !== Fail.ok || owner === p) return undefined
    return {
      caller: forest.service[p],
      callee: forest.callee[p],
      attributed: attribution.failed[p] === 1 ? 1 : 0,
    }
  })
}

export function fallbackOf(facts: Facts, found: Occurrences): Mechanism {
  const [caller, callee] = [nameOf(facts, found.caller), nameOf(facts, found.callee)]
  const count = found.hits.length
  const cost = failedShare(facts, found.hits)
  return {
    id: `fallback:${caller}>${callee}`,
    kind: 'fallback',
    caller,
    callee,
    count,
    background: { subtracted: found.others, perMinute: perMinute(facts, found.before) },
    grade: 'observed',
    verdict: cost < 0.2 ? 'helped' : 'mixed',
    rule: {
      id: 'fallback.owner-went-on',
      text: 'The call failed for good, and the request it belonged to went on without error.',
    },
    sentence: `${caller} went on without ${callee} for ${plural(count, 'call')}; ${percent(1 - cost)} of those requests succeeded.`,
    facts: [
      { label: 'absorbed', value: groupedNumber(count), raw: count },
      { label: 'requests that failed anyway', value: percent(cost), raw: cost },
    ],
    evidence: evidenceOf(facts, found.hits),
  }
}

/** Where users' requests failed at the edge nearest to them, and nothing stood in for that call. */
export function absentFallbacks(facts: Facts, present: readonly Occurrences[]): readonly Mechanism[] {
  const { forest, outcomes, origins } = facts
  const edges = new Map<number, number[]>()
  for (let t = 0; t < forest.traces; t++) {
    if (outcomes.outcome[t] !== Outcome.failed || outcomes.attributed[t] === 0) continue
    const entry = forest.entry[t]
    if (entry === -1) continue
    const call = forest.callee[entry] === -1 ? origins.cause[entry] : -1
    if (call === -1 || forest.callee[call] === -1) continue
    const key = forest.service[call] * 65536 + forest.callee[call]
    const calls = edges.get(key)
    if (calls === undefined) edges.set(key, [call])
    else calls.push(call)
  }
  const found: Mechanism[] = []
  for (const [key, calls] of [...edges].sort((a, b) => b[1].length - a[1].length || a[0] - b[0])) {
    const [caller, callee] = [Math.floor(key / 65536), key % 65536]
    if (calls.length < 3 || present.some((f) => f.caller === caller && f.callee === callee)) continue
    found.push(absent(facts, caller, callee, calls))
  }
  return found.slice(0, 3)
}

function absent(facts: Facts, callerId: number, calleeId: number, calls: readonly number[]): Mechanism {
  const [caller, callee] = [nameOf(facts, callerId), nameOf(facts, calleeId)]
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
    sentence: `${caller} had nothing to fall back on when ${callee} failed: ${plural(calls.length, 'request')} failed with it.`,
    facts: [
      { label: 'requests that failed with the call', value: groupedNumber(calls.length), raw: calls.length },
    ],
    evidence: evidenceOf(facts, calls),
  }
}
