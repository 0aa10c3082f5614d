import type { MechanismKind } from '../model/result.ts'
import type { Facts } from './facts.ts'
import type { Occurrences } from './occurrences.ts'
import { Phase } from './phases.ts'

/**
 * Of how many a step's count is: what could have met the same while it went on, that is in chaos, and in the
 * recovery up to the last one that did. Calls of the edge, each attempt for itself; logical calls for retries,
 * fallbacks and breakers (for these with those rejected without a span); requests of the service where there is no caller.
 */
export function chancesFor(facts: Facts, kind: MechanismKind | 'error', found: Occurrences): number {
  const { forest, phases, logical, hidden } = facts
  const until = found.hits.length === 0 ? 0 : forest.start[found.hits[found.hits.length - 1]]
  const isLogical = kind === 'retry' || kind === 'circuit-breaker' || kind === 'fallback'
  let count = 0
  for (let p = 0; p < forest.length; p++) {
    const phase = phases.ofTrace[forest.trace[p]]
    if (phase < Phase.chaos || (phase === Phase.recovery && forest.start[p] > until)) continue
    if (found.caller === -1) {
      if (forest.owner[p] === p && forest.service[p] === found.callee) count += 1
    } else if (forest.service[p] === found.caller) {
      if (forest.callee[p] === found.callee) count += isLogical && logical.attempt[p] > 1 ? 0 : 1
      else if (
        kind === 'circuit-breaker' &&
        (hidden.callee[p] === found.callee || hidden.quiet[p] === found.callee)
      )
        count += 1
    }
  }
  return count
}
