import type { FaultEffect, Iso, Ms } from './result.ts'
import type { PhaseName } from './window.ts'

/**
 * What happened, in order; each event is written to `events.ndjson` before the step it names acts, so that
 * a killed run can be undone and explained.
 */
export type RunEvent =
  | {
      readonly type: 'run-started'
      readonly id: string
      readonly name: string
      readonly seed: number
      readonly pid: number
      readonly command: string
      readonly files: readonly string[]
    }
  | { readonly type: 'warden-started'; readonly pid: number }
  | { readonly type: 'phase'; readonly phase: PhaseName | 'warm-up' }
  | {
      readonly type: 'fault-applying'
      readonly fault: string
      readonly label: string
      readonly targets: readonly string[]
      /** An action of a Chaos Toolkit experiment, not of ours: when the run dies, no lease ends it. */
      readonly undoneBy?: 'experiment'
      readonly how: readonly string[]
    }
  | { readonly type: 'fault-applied'; readonly fault: string; readonly label: string }
  | { readonly type: 'fault-failed'; readonly fault: string; readonly why: string }
  | { readonly type: 'fault-removing'; readonly fault: string }
  | { readonly type: 'fault-removed'; readonly fault: string; readonly verifiedBy: string }
  | { readonly type: 'fault-stuck'; readonly fault: string; readonly why: string }
  | {
      readonly type: 'effect'
      readonly fault: string
      readonly seen: number
      readonly eligible: number
      readonly unit: string
    }
  | { readonly type: 'guard'; readonly text: string; readonly value: string; readonly tripped: boolean }
  | { readonly type: 'interrupted'; readonly signal: string }
  | { readonly type: 'log'; readonly level: 'info' | 'warn' | 'error'; readonly text: string }
  | {
      readonly type: 'run-ended'
      readonly verdict: string
      readonly exitCode: number
      /** Of one without a result: what went wrong. */
      readonly why?: string
    }

export type TimedRunEvent = RunEvent & { readonly at: Iso }

/** One continuous time in which one fault was in force. */
export type Injection = {
  readonly fault: string
  readonly label: string
  readonly kind: string
  readonly params: Readonly<Record<string, number | string>>
  readonly source: { readonly file: string; readonly line: number; readonly format: string }
  readonly targets: readonly {
    readonly service: string
    readonly namespace: string
    readonly pod: string
    readonly role: 'target' | 'peer'
  }[]
  /** The fault began in [possible, certain] and ended in [certain, possible]. */
  readonly startPossibleNs: bigint
  readonly startCertainNs: bigint
  readonly endCertainNs: bigint | undefined
  readonly endPossibleNs: bigint | undefined
  readonly effect: FaultEffect
  /** Nobody stood where the fault was to count what met it: only the traces can tell. */
  readonly uncounted?: true
  /** Empty `verifiedBy`: somebody else's fault, of which only the window tells when it ended. */
  readonly removal:
    | { readonly ok: true; readonly verifiedBy: string }
    | { readonly ok: false; readonly problem: string }
}

export type PhaseTimes = { readonly name: PhaseName; readonly startNs: bigint; readonly endNs: bigint }

/** All that the engine knows when a run is over; analysis adds what the traces say. */
export type RunOutcome = {
  readonly startedNs: bigint
  readonly endedNs: bigint
  readonly phases: readonly PhaseTimes[]
  readonly injections: readonly Injection[]
  readonly stoppedBy:
    | { readonly kind: 'guard'; readonly text: string }
    | { readonly kind: 'signal'; readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP' }
    | { readonly kind: 'request' }
    | undefined
  /** Users were back this long after the last fault ended, as the load saw it. */
  readonly recoveredAfterMs: Ms | undefined
  readonly events: readonly TimedRunEvent[]
}
