import { Fail } from '../calls/failure.ts'
import { workEndNs } from '../calls/work-end.ts'
import type { Told } from '../judge/told.ts'
import {
  besidePick,
  cutShortPick,
  hiddenRejectionPick,
  measureCutShort,
  measureRejection,
  rejectedNs,
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
import { fallbackPick, lostPick, measureFallback, quietFallbackPick } from './fallbacks.ts'
import type { Tally } from './found.ts'
import { callPick, type Pick } from './occurrences.ts'
import { measureRetry, retryPick, triedAgainNs } from './retries.ts'
import { measureTimeout } from './timeouts.ts'
import { lateSinceNs, measureMessageWait, messageWaitPick } from './waiting-messages.ts'

/** How to tell, at a span that stands out, whether this happened there and on which edge. */
export type Kind = {
  readonly kind: string
  /** `Fail` of the spans that are asked; all without. */
  readonly fails?: readonly number[]
  /** Only calls are asked, or only what answers, and works for itself; all without. */
  readonly spans?: 'calls' | 'owners'
  readonly pick: (told: Told, targets: ReadonlySet<number>) => (p: number) => Pick | undefined
  /** Adds to its tally what is counted and measured of such alone. */
  readonly measure: (told: Told, tally: Tally, p: number) => void
  /** When it happened, ns. */
  readonly when: (told: Told, p: number) => number
}

const nothing = (): void => undefined
const atStart: Kind['when'] = ({ forest }, p) => forest.start[p]
const atEnd: Kind['when'] = ({ forest }, p) => forest.end[p]

/** What fails, and whose caller did not cancel it. */
const FAILED = Object.values(Fail).filter((fail) => fail !== Fail.ok && fail !== Fail.cancelled)

const rejection = { kind: 'circuit-breaker', measure: measureRejection, when: rejectedNs }
const fallback = { kind: 'fallback', measure: measureFallback, when: atEnd }

export const KINDS: readonly Kind[] = [
  {
    kind: 'timeout',
    spans: 'calls',
    fails: [Fail.timeout],
    pick: callPick,
    measure: measureTimeout,
    when: atEnd,
  },
  { kind: 'retry', spans: 'calls', pick: retryPick, measure: measureRetry, when: triedAgainNs },
  { ...rejection, spans: 'calls', fails: [Fail.rejected], pick: callPick },
  { ...rejection, spans: 'owners', pick: hiddenRejectionPick },
  { ...rejection, spans: 'owners', pick: besidePick },
  { kind: 'circuit-breaker', spans: 'calls', pick: cutShortPick, measure: measureCutShort, when: atEnd },
  { ...fallback, spans: 'calls', fails: FAILED, pick: fallbackPick },
  { ...fallback, spans: 'owners', pick: quietFallbackPick },
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
  { kind: 'hedge', spans: 'calls', pick: hedgePick, measure: measureHedge, when: atStart },
  {
    kind: 'error',
    spans: 'calls',
    fails: [Fail.error, Fail.network, Fail.dns],
    pick: errorPick,
    measure: nothing,
    when: atEnd,
  },
  { kind: 'lost', spans: 'calls', pick: lostPick, measure: nothing, when: atStart },
]
