import { Fail } from '../calls/failure.ts'
import { Because } from '../judge/counterfactual.ts'
import type { Told } from '../judge/told.ts'
import type { Pick } from './occurrences.ts'

/**
 * Failed calls by edge whose failure begins there, away from the targets: refused, reset, or answered with an
 * error of the callee's own (a full pool, say). A call that only hands up what failed below is told with the
 * users' step; one into a target or out of it is the fault itself, told by the first step.
 */
export function errorPick(
  { forest, attribution, origins }: Told,
  targets: ReadonlySet<number>,
): (p: number) => Pick | undefined {
  return (p) => {
    if (forest.services[forest.service[p]].kind === 'user') return undefined
    if (targets.has(forest.service[p]) || targets.has(forest.callee[p])) return undefined
    const source = origins.begins[p] === 1 ? p : origins.cause[p]
    if (source === -1 || origins.begins[source] === 0 || origins.as[source] === Fail.rejected)
      return undefined
    return {
      caller: forest.service[p],
      callee: forest.callee[p],
      attributed: attribution.failed[p] === Because.hit ? 1 : 0,
    }
  }
}
