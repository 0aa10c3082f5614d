import type { Counterfactual } from './counterfactual.ts'
import type { Onset } from './onset.ts'
import type { ToldOfLeaving } from './told-of-leaving.ts'

/** Why a site is laid to the fault. `state`: what the fault left behind (a breaker, a full queue). */
export type Reason = 'none' | 'near' | 'state' | 'sideways'

/** What is laid to the fault. */
export type Blame = {
  /** By site. */
  readonly reasons: readonly Reason[]
  /** Site → spells at the fault's instants in which its failures are the fault's, where the whole window's are not. */
  readonly onsets: ReadonlyMap<number, readonly Onset[]>
  /** Site → spells after the fault in which its failures are the fault's yet; later ones happen anyway (`calmAgain`). */
  readonly afterwards: ReadonlyMap<number, readonly Onset[]>
}

export type Attribution = Counterfactual &
  Blame & {
    /** 1 where time in excess is laid to the fault. */
    readonly over: Uint8Array
    /** `edgeKey` → failed calls in chaos and recovery, and how many of them are the fault's. */
    readonly edges: ReadonlyMap<number, EdgeFailures>
    /** The same of those that may have opened a breaker. */
    readonly openers: ReadonlyMap<number, EdgeFailures>
    readonly toldOfLeaving: ToldOfLeaving
  }

export type EdgeFailures = { all: number; attributed: number }
