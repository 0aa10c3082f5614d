import {
  besidePick,
  cutShortPick,
  measureCutShort,
  measureRejection,
  rejectedNs,
  rejectionPick,
} from './breakers.ts'
import {
  hedgePick,
  measureHedge,
  measureQueueing,
  measureShedding,
  queueingPick,
  sheddingPick,
} from './capacity.ts'
import { abandonedPick, measureAbandoned, perhapsAbandonedPick } from './duplicate-work.ts'
import { errorPick } from './errors-begun.ts'
import { Fail } from './failure.ts'
import { fallbackPick, lostPick, measureFallback } from './fallbacks.ts'
import type { Tally } from './found.ts'
import type { Told } from './judge-steps.ts'
import type { Pick } from './occurrences.ts'
import { measureRetry, retryPick, triedAgainNs } from './retries.ts'
import { measureTimeout, timeoutPick } from './timeouts.ts'
import { lateSinceNs, measureMessageWait, messageWaitPick } from './waiting-messages.ts'
import { workEndNs } from './work-end.ts'

/** How to tell, at a span that stands out, whether this happened there and on which edge. */
export type Kind = {
  readonly kind: string
  /** `Fail` of the spans that are asked; all without. */
  readonly fails?: readonly number[]
  readonly pick: (told: Told, targets: ReadonlySet<number>) => (p: number) => Pick | undefined
  /** Adds to its tally what is counted and measured of such alone. */
  readonly measure: (told: Told, tally: Tally, p: number) => void
  /** When it happened, ns. */
  readonly when: (told: Told, p: number) => number
}

const nothing = (): void => undefined
const atStart: Kind['when'] = ({ forest }, p) => forest.start[p]
const atEnd: Kind['when'] = ({ forest }, p) => forest.end[p]

export const KINDS: readonly Kind[] = [
  { kind: 'timeout', fails: [Fail.timeout], pick: timeoutPick, measure: measureTimeout, when: atEnd },
  { kind: 'retry', pick: retryPick, measure: measureRetry, when: triedAgainNs },
  { kind: 'circuit-breaker', pick: rejectionPick, measure: measureRejection, when: rejectedNs },
  { kind: 'circuit-breaker', pick: besidePick, measure: measureRejection, when: rejectedNs },
  { kind: 'circuit-breaker', pick: cutShortPick, measure: measureCutShort, when: atEnd },
  { kind: 'fallback', pick: fallbackPick, measure: measureFallback, when: atEnd },
  {
    kind: 'duplicate-work',
    fails: [Fail.ok],
    pick: abandonedPick,
    measure: measureAbandoned,
    when: ({ forest }, p) => workEndNs(forest, p),
  },
  {
    kind: 'perhaps-duplicate-work',
    fails: [Fail.ok],
    pick: perhapsAbandonedPick,
    measure: nothing,
    when: atEnd,
  },
  { kind: 'load-shed', fails: [Fail.shed], pick: sheddingPick, measure: measureShedding, when: atStart },
  { kind: 'queueing', pick: queueingPick, measure: measureQueueing, when: atStart },
  { kind: 'queueing', pick: messageWaitPick, measure: measureMessageWait, when: lateSinceNs },
  { kind: 'hedge', pick: hedgePick, measure: measureHedge, when: atStart },
  {
    kind: 'error',
    fails: [Fail.error, Fail.network, Fail.dns],
    pick: errorPick,
    measure: nothing,
    when: atEnd,
  },
  { kind: 'lost', pick: lostPick, measure: nothing, when: atStart },
]
