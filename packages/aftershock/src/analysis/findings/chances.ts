import type { MechanismKind } from '../../model/result.ts'
import { chaosStartOf, Phase } from '../assemble/phases.ts'
import type { Told } from '../judge/told.ts'

/** A step's edge, and the start of the last span at which it was seen, ns. */
export type Met = {
  readonly kind: MechanismKind | 'error'
  readonly caller: number
  readonly callee: number
  readonly untilNs: number
}

/**
 * Of how many a step's count is: what could have met the same while it went on, that is in chaos (not what was over
 * when the fault began), and in the recovery up to the last one that did. Calls of the edge, each attempt for itself; logical calls for retries,
 * fallbacks and breakers (for these with those rejected without a span); requests of the service where there is no caller.
 *
 * @returns in the order of `met`
 */
export function chancesSeen(told: Told, met: readonly Met[]): Float64Array {
  const { forest, phases } = told
  const counts = new Float64Array(met.length)
  const beganNs = chaosStartOf(phases)
  const places: Places = {
    byCaller: forest.services.map((_, s) => indicesOf(met, (one) => one.caller === s)),
    byService: forest.services.map((_, s) => indicesOf(met, (one) => one.caller === -1 && one.callee === s)),
  }
  for (let t = 0; t < forest.traces; t++) {
    if (phases.ofTrace[t] >= Phase.chaos) countIn(told, t, beganNs, met, places, counts)
  }
  return counts
}

/** Service → indices into what was met. */
type Places = Readonly<Record<'byCaller' | 'byService', readonly (readonly number[])[]>>

function countIn(
  { forest, phases, logical, hidden }: Told,
  t: number,
  beganNs: number,
  met: readonly Met[],
  { byCaller, byService }: Places,
  counts: Float64Array,
): void {
  const isInChaos = phases.ofTrace[t] === Phase.chaos
  for (let p = forest.traceStart[t]; p < forest.traceStart[t + 1]; p++) {
    if (isInChaos && forest.end[p] < beganNs) continue
    const at = isInChaos ? Number.NEGATIVE_INFINITY : forest.start[p]
    const own = byService[forest.service[p]]
    if (forest.owner[p] === p)
      for (let k = 0; k < own.length; k++) if (at <= met[own[k]].untilNs) counts[own[k]] += 1
    const made = byCaller[forest.service[p]]
    for (let k = 0; k < made.length; k++) {
      const { kind, callee, untilNs } = met[made[k]]
      if (at > untilNs) continue
      if (forest.callee[p] === callee) counts[made[k]] += LOGICAL.has(kind) && logical.attempt[p] > 1 ? 0 : 1
      else if (kind === 'circuit-breaker' && isKeptBack(hidden, p, callee)) counts[made[k]] += 1
    }
  }
}

function isKeptBack({ callee, quiet, beside }: Told['hidden'], p: number, service: number): boolean {
  return callee[p] === service || quiet[p] === service || beside.get(p) === service
}

const LOGICAL: ReadonlySet<string> = new Set(['retry', 'circuit-breaker', 'fallback'])

function indicesOf(met: readonly Met[], isWanted: (one: Met) => boolean): readonly number[] {
  return met.flatMap((one, i) => (isWanted(one) ? [i] : []))
}
