import type { HttpFault } from '../../model/fault.ts'
import type { Address } from '../../model/system.ts'

/** A listening proxy in front of one service (all its replicas); transparent while it has no fault. */
export type Proxy = {
  readonly service: string
  readonly address: Address
  /** Adds a fault to the links it matches, old connections included. */
  add(fault: LinkFault): AppliedLinkFault
  /**
   * Replicas that are down are refused with RST (`refuse`) or skipped by the round robin (`skip`); when
   * none is up, connects are refused (ECONNREFUSED), as those to a service without endpoints are.
   */
  setReplica(pod: string, state: 'up' | 'skip' | 'refuse'): void
  stats(): ProxyStats
  close(): Promise<void>
}

/** Bytes towards the service are `up`, its answers `down`. */
export type Direction = 'up' | 'down'

/** One stage on the links between `callers` and `pods`. */
export type LinkFault = {
  readonly id: string
  /** Replicas of the proxied service; undefined = all. */
  readonly pods: ReadonlySet<string> | undefined
  /** Calling services; undefined = all callers. Needs the proxy's `identify`. */
  readonly callers: ReadonlySet<string> | undefined
  readonly directions: readonly Direction[]
  readonly stage: StageSpec
}

/** One fault = one stage = one file in this folder. Percent 0–100; correlation as netem's AR(1). */
export type StageSpec =
  | {
      readonly kind: 'latency'
      readonly latencyMs: number
      readonly jitterMs: number
      readonly correlationPercent: number
      /** Whether a new connection pays the delay of the SYN-ACK as well (chaosmesh.md 3.3). */
      readonly handshake: boolean
      readonly reorder:
        | { readonly reorderPercent: number; readonly correlationPercent: number; readonly gap: number }
        | undefined
    }
  /** Loss and corruption: a segment is late by modelled retransmissions; at connect, SYN retries. */
  | {
      readonly kind: 'loss'
      readonly lossPercent: number
      readonly correlationPercent: number
      readonly cause: 'loss' | 'corrupt'
    }
  /** Invisible on TCP; counted. */
  | { readonly kind: 'duplicate'; readonly duplicatePercent: number; readonly correlationPercent: number }
  /** netem rate: serialisation delay. */
  | { readonly kind: 'rate'; readonly bytesPerSecond: number }
  /** tbf: token bucket; what would be dropped at `limitBytes` becomes back-pressure. */
  | {
      readonly kind: 'bandwidth'
      readonly bytesPerSecond: number
      readonly bufferBytes: number
      readonly limitBytes: number
    }
  /** A true black hole: nothing passes, nothing is reset, connects hang; sockets go on when it heals. */
  | { readonly kind: 'partition' }
  | { readonly kind: 'http'; readonly rule: HttpFault }

export type AppliedLinkFault = {
  /** Resolves when the fault is in force on every link: at once, but for callers to look up and listeners to swap. */
  readonly ready: Promise<void>
  effect(): LinkEffect
  /** Held bytes are passed on at once; resolves when the stage is out of every link. */
  remove(): Promise<void>
}

/** A call is one turn: bytes towards the service after an answer (HTTP/1.1: a request). */
export type LinkEffect = {
  readonly seen: number
  readonly eligible: number
  readonly unit: 'proxied calls'
  /** Added ms a call, reservoir sample of at most 10,000. */
  readonly addedMs: readonly number[]
}

export type ProxyStats = {
  readonly connections: { readonly opened: number; readonly open: number; readonly failed: number }
  readonly calls: number
  readonly bytes: { readonly up: number; readonly down: number }
  /** Connections by calling service, where callers are identified. */
  readonly callers: Readonly<Record<string, number>>
}
