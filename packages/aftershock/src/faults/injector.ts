import type { Fault } from '../model/fault.ts'
import type { Decoded, Problem } from '../model/problem.ts'

/** What a fault would do, before anything is changed. */
export type FaultPlan = {
  readonly fault: Fault
  /** `payment +500 ms`. */
  readonly label: string
  readonly targets: readonly TargetPlan[]
  /** How it is done, a line each: `delay 500 ms on answers of payment-service-0 (127.0.0.1:7003)`. */
  readonly how: readonly string[]
  /** Nominal against effective rates and the like, where they differ. */
  readonly effective: readonly string[]
  readonly warnings: readonly Problem[]
  /** For result.json: units in the names (`latencyMs`). */
  readonly parameters: Readonly<Record<string, number | string>>
}

export type TargetPlan = {
  readonly service: string
  readonly namespace: string
  readonly pod: string
  readonly role: 'target' | 'peer'
}

/** Faults by some means: proxies and processes here, Chaos Mesh in a cluster. */
export type Injector = {
  /** Resolves selector and mode; no side effect. Problems when it matches nothing or cannot be honest here. */
  plan(fault: Fault): Promise<Decoded<FaultPlan>>
  /** @returns when the fault is in force on every target */
  apply(plan: FaultPlan, lease: Lease): Promise<AppliedFault>
}

/** The fault ends by itself when its owner stops renewing, at the latest at `untilNs`. */
export type Lease = {
  readonly runId: string
  readonly untilNs: bigint
  /** Aborted: the fault is no longer wanted, so nobody waits until it is in force; it is removed next. */
  readonly stop?: AbortSignal | undefined
}

export type AppliedFault = {
  readonly plan: FaultPlan
  /** Started between `possible` and `certain` (ns since epoch). */
  readonly started: { readonly possibleNs: bigint; readonly certainNs: bigint }
  /** What met the fault so far; undefined where nobody can count it: the traces decide then. */
  evidence(): Promise<InjectionEvidence | undefined>
  /** Idempotent. Removal is verified, not assumed. */
  remove(): Promise<Removal>
}

/** `seen` of `eligible` calls met the fault: counted where the fault is, not in the traces. */
export type InjectionEvidence = {
  readonly seen: number
  readonly eligible: number
  /** `calls`, `connections`, `restarts`, `samples`. */
  readonly unit: string
  /** Added milliseconds of the calls that were delayed, a sample of at most 10,000. */
  readonly addedMs: readonly number[]
  readonly note: string | undefined
}

export type Removal =
  | {
      readonly removed: true
      readonly certainNs: bigint
      readonly possibleNs: bigint
      readonly verifiedBy: string
      /** When it was in force on which targets, where that is not "all the time on all of them". */
      readonly inForce?: readonly InForce[] | undefined
      /** What should be known of it: a target that restarted and lost its fault, a window that is not known. */
      readonly notes?: readonly string[] | undefined
    }
  | { readonly removed: false; readonly problem: Problem }

/** One time in which a fault was in force on some targets: it began and ended within these bounds. */
export type InForce = {
  readonly targets: readonly TargetPlan[]
  readonly startPossibleNs: bigint
  readonly startCertainNs: bigint
  readonly endCertainNs: bigint
  readonly endPossibleNs: bigint
}
