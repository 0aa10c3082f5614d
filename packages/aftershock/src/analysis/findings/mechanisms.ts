import type { Mechanism, MechanismKind } from '../../model/result.ts'
import { breakerOf, type Passed } from './breakers.ts'
import { hedgeOf, queueOf, shedOf } from './capacity.ts'
import { duplicateOf } from './duplicate-work.ts'
import type { Facts } from './facts.ts'
import { absentFallbacks, fallbackOf } from './fallbacks.ts'
import type { Found } from './found.ts'
import { isFinding, occurrencesOf } from './occurrences.ts'
import { otherReadings } from './other-readings.ts'
import { retryOf } from './retries.ts'
import { timeoutOf } from './timeouts.ts'
import { backlogOf, isOfWaitingMessages } from './waiting-messages.ts'

export type MechanismHits = { readonly mechanism: Mechanism; readonly found: Found }

type Tell = (facts: Facts, found: Found, passed: Passed) => Mechanism

const TELL: readonly (readonly [MechanismKind, Tell])[] = [
  ['timeout', timeoutOf],
  ['retry', retryOf],
  ['circuit-breaker', breakerOf],
  ['fallback', fallbackOf],
  ['duplicate-work', duplicateOf],
  ['load-shed', shedOf],
  [
    'queueing',
    (facts, found) => (isOfWaitingMessages(found) ? backlogOf(facts, found) : queueOf(facts, found)),
  ],
  ['hedge', hedgeOf],
]

/** Every reaction that the fault brought about, with where it was seen. */
export function mechanismsOf(facts: Facts, passed: Passed): readonly MechanismHits[] {
  return TELL.flatMap(([kind, tell]) =>
    findingsOf(facts, kind).map((found) => {
      const mechanism = tell(facts, found, passed)
      const alternatives = [...(mechanism.alternatives ?? []), ...otherReadings(mechanism, found)]
      return { mechanism: alternatives.length === 0 ? mechanism : { ...mechanism, alternatives }, found }
    }),
  )
}

/** What was found of a kind, chance left out. */
export function findingsOf(facts: Facts, kind: string): readonly Found[] {
  return occurrencesOf(facts, kind).filter((found) => isFinding(facts, found))
}

/** Defences that would have helped and were not there. */
export function absentDefences(facts: Facts, present: readonly MechanismHits[]): readonly Mechanism[] {
  const fallbacks = present.filter((hit) => hit.mechanism.kind === 'fallback')
  return absentFallbacks(
    facts,
    fallbacks.map((hit) => hit.found),
  )
}
