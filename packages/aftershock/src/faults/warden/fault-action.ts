import type { InjectionEvidence } from '../injector.ts'
import type { BurnerSpec } from '../process/burner.ts'
import type { LinkFault } from '../proxy/proxy.ts'

/** One thing the warden does for a fault, and undoes. What a fault is made of is decided in `local/`. */
export type FaultAction =
  /** A stage in the proxy of `service`. Stages of one `group` meet the same calls: those are counted once. */
  | { readonly kind: 'link'; readonly service: string; readonly group: string; readonly fault: LinkFault }
  /** End the replica's process; the supervisor starts it again. `graceMs` 0 = SIGKILL at once. */
  | {
      readonly kind: 'kill'
      readonly pod: string
      readonly graceMs: number
      readonly meanwhile: 'skip' | 'refuse'
    }
  /** The replica is down and its address refuses until the fault is removed. */
  | { readonly kind: 'down'; readonly pod: string }
  /** Workers that use CPU or memory beside (or in the cgroup of) the replica. */
  | { readonly kind: 'stress'; readonly pod: string; readonly burners: readonly BurnerSpec[] }

export type ApplyRequest = {
  readonly faultId: string
  readonly label: string
  readonly actions: readonly FaultAction[]
  /** The fault ends then at the latest, whoever lives. */
  readonly untilNs: bigint
}

/** Bounds of the moment at which a fault came into force or went (ns since epoch). */
export type Bounds = { readonly possibleNs: bigint; readonly certainNs: bigint }

export type Applied = Bounds & {
  /** What is good to know, for example where a burner burns. */
  readonly notes: readonly string[]
}

/** An action in force. */
export type HeldAction = {
  readonly notes: readonly string[]
  evidence(): InjectionEvidence
  /**
   * Undoes and verifies.
   *
   * @param then - `ends`: all is about to be stopped, so nothing is started again
   * @throws ProblemError when it may still be in force
   */
  remove(then: 'goes-on' | 'ends'): Promise<Proof>
}

/** How it is known that an action is undone. */
export type Proof =
  | { readonly kind: 'told'; readonly text: string }
  /** A connection through the proxy of `service`. */
  | {
      readonly kind: 'probed'
      readonly service: string
      readonly verb: 'answered' | 'connected'
      readonly tookMs: number
    }
  /** Left to the last stage removed from the same proxy. */
  | { readonly kind: 'shared'; readonly service: string }
