import type { Agent } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Address } from '../../../model/system.ts'
import type { ActiveFault } from '../active-fault.ts'
import type { Clock } from '../clock.ts'

export type HttpLayerOptions = {
  readonly target: Address
  /** HTTP rules in force on this connection, in the order they were added. */
  readonly faults: () => readonly ActiveFault[]
  /** Ports that stand for the service in a rule. */
  readonly ports: ReadonlySet<number>
  readonly bodyBytesMax: number
  readonly clock: Clock
  /** Whether the caller has closed the connection, and not only its sending side. */
  readonly isAbandoned: () => Promise<boolean>
  /** The service could not be reached, or its answer could not be changed. */
  readonly onFailed: () => void
}

/** One connection's HTTP layer. */
export type HttpLayer = HttpLayerOptions & {
  readonly agent: Agent
  /** Aborted when the connection is over: nobody waits for a delay any more. */
  readonly over: AbortSignal
  /** Drops the connection as an aborting service does: nothing more is answered. */
  drop(): void
  /** Marks exchanges under way; an idle connection ends with the service's. */
  begin(): () => void
  watch(upstream: Duplex): void
}

export const HEADER_BYTES_MAX = 256 * 1024
