import { measureRejection, rejectionPick } from './breakers.ts'
import {
  hedgePick,
  measureHedge,
  measureQueueing,
  measureShedding,
  queueingPick,
  sheddingPick,
} from './capacity.ts'
import { abandonedPick, measureAbandoned } from './duplicate-work.ts'
import { errorPick } from './errors-begun.ts'
import { Fail } from './failure.ts'
import { fallbackPick, lostPick } from './fallbacks.ts'
import type { Tally } from './found.ts'
import type { Told } from './judge-steps.ts'
import type { Pick } from './occurrences.ts'
import { measureRetry, retryPick } from './retries.ts'
import { measureTimeout, timeoutPick } from './timeouts.ts'

/** How to tell, at a span that stands out, whether this happened there and on which edge. */
export type Kind = {
  readonly kind: string
  /** `Fail` of the spans that are asked; all without. */
  readonly fails?: readonly number[]
  readonly pick: (told: Told, targets: ReadonlySet<number>) => (p: number) => Pick | undefined
  /** Adds to its tally what is counted and measured of such alone. */
  readonly measure: (told: Told, tally: Tally, p: number) => void
}

const nothing = (): void => undefined

export const KINDS: readonly Kind[] = [
  { kind: 'timeout', fails: [Fail.timeout], pick: timeoutPick, measure: measureTimeout },
  { kind: 'retry', pick: retryPick, measure: measureRetry },
  { kind: 'circuit-breaker', pick: rejectionPick, measure: measureRejection },
  { kind: 'fallback', pick: fallbackPick, measure: nothing },
  { kind: 'duplicate-work', fails: [Fail.ok], pick: abandonedPick, measure: measureAbandoned },
  { kind: 'load-shed', fails: [Fail.shed], pick: sheddingPick, measure: measureShedding },
  { kind: 'queueing', pick: queueingPick, measure: measureQueueing },
  { kind: 'hedge', pick: hedgePick, measure: measureHedge },
  { kind: 'error', fails: [Fail.error, Fail.network, Fail.dns], pick: errorPick, measure: nothing },
  { kind: 'lost', pick: lostPick, measure: nothing },
]
