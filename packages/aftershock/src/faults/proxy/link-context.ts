import type { Duplex } from 'node:stream'
import type { Address } from '../../model/system.ts'
import type { ActiveFault } from './active-fault.ts'
import type { Clock } from './clock.ts'
import type { HttpLayerOptions } from './http/layer.ts'
import type { HeldBudget } from './lane.ts'

export type Replica = { readonly pod: string; readonly address: Address }

export type Counters = { opened: number; failed: number; calls: number; up: number; down: number }

/** What the links of one proxy share. */
export type LinkContext = {
  readonly clock: Clock
  readonly budget: HeldBudget
  readonly counters: Counters
  readonly faults: () => Iterable<ActiveFault>
  /** Whether a fault in force can only be matched when the caller is known. */
  readonly needsCaller: () => boolean
  readonly identify: ((remotePort: number) => Promise<string | undefined>) | undefined
  readonly onIdentified: (caller: string) => void
  /** Whether the process behind the socket has closed it (not only its sending side). */
  readonly isAbandoned: (remotePort: number) => Promise<boolean>
  /** Whether HTTP rules can apply: not on a service declared as plain TCP. */
  readonly mayBeHttp: boolean
  /** The HTTP layer's end that stands for the service. */
  readonly openHttp: (link: Pick<HttpLayerOptions, 'target' | 'faults' | 'isAbandoned'>) => Duplex
}
