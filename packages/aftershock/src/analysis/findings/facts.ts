import type { ExperimentFacts } from '../../model/window.ts'
import type { System } from '../assemble/forest.ts'
import type { Phases } from '../assemble/phases.ts'
import type { Blame } from '../judge/blame.ts'
import type { NeverTaken } from '../judge/never-taken.ts'
import type { Digest } from './digest.ts'
import type { Tallies } from './tallies.ts'

/** Everything found out that is told as findings. */
export type Facts = {
  readonly system: System
  readonly digest: Digest
  readonly phases: Omit<Phases, 'ofTrace'>
  /** What is counted over all spans. */
  readonly tallies: Tallies
  /** Services taken for the origin, as indices: the injected ones, or the first suspect. */
  readonly targets: ReadonlySet<number>
  /** See `Blame`. */
  readonly onsets: Blame['onsets']
  readonly neverTaken: readonly NeverTaken[]
  /** What was told of the faults; empty: blind. */
  readonly experiments: readonly ExperimentFacts[]
  /** ns from the table's epoch to the run's start; result times count from there. */
  readonly originNs: number
}

/** Milliseconds since the run's start. */
export function offsetMs(facts: Pick<Facts, 'originNs'>, ns: number): number {
  return Math.round((ns - facts.originNs) / 1e3) / 1e3
}

export function nameOf(facts: { readonly system: Pick<System, 'services'> }, service: number): string {
  return facts.system.services[service]?.name ?? ''
}
