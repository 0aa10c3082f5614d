import type { Mechanism } from '../model/result.ts'
import { breakerOf, rejectionOccurrences } from './breakers.ts'
import {
  hedgeOccurrences,
  hedgeOf,
  queueingOccurrences,
  queueOf,
  sheddingOccurrences,
  shedOf,
} from './capacity.ts'
import { abandonedOccurrences, duplicateOf } from './duplicate-work.ts'
import type { Facts } from './facts.ts'
import { absentFallbacks, fallbackOccurrences, fallbackOf } from './fallbacks.ts'
import { isFinding, type Occurrences } from './occurrences.ts'
import { retryOccurrences, retryOf } from './retries.ts'
import type { MechanismHits } from './steps.ts'
import { timeoutOccurrences, timeoutOf } from './timeouts.ts'

type Kind = {
  readonly find: (facts: Facts) => readonly Occurrences[]
  readonly tell: (facts: Facts, found: Occurrences) => Mechanism
}

const KINDS: readonly Kind[] = [
  { find: timeoutOccurrences, tell: timeoutOf },
  { find: retryOccurrences, tell: retryOf },
  { find: rejectionOccurrences, tell: breakerOf },
  { find: fallbackOccurrences, tell: fallbackOf },
  { find: abandonedOccurrences, tell: duplicateOf },
  { find: sheddingOccurrences, tell: shedOf },
  { find: queueingOccurrences, tell: queueOf },
  { find: hedgeOccurrences, tell: hedgeOf },
]

/** Every reaction that the fault brought about, with where it was seen. */
export function mechanismsOf(facts: Facts): readonly MechanismHits[] {
  return KINDS.flatMap(({ find, tell }) =>
    find(facts)
      .filter((found) => isFinding(facts, found))
      .map((found) => ({ mechanism: tell(facts, found), found })),
  )
}

/** Defences that would have helped and were not there. */
export function absentDefences(facts: Facts, present: readonly MechanismHits[]): readonly Mechanism[] {
  const fallbacks = present.filter((hit) => hit.mechanism.kind === 'fallback')
  return absentFallbacks(
    facts,
    fallbacks.map((hit) => hit.found),
  )
}
