import { rejectionPick } from './breakers.ts'
import { hedgePick, queueingPick, sheddingPick } from './capacity.ts'
import { abandonedPick } from './duplicate-work.ts'
import { errorPick } from './errors-begun.ts'
import { fallbackPick, lostPick } from './fallbacks.ts'
import type { Told } from './judge-steps.ts'
import type { Pick } from './occurrences.ts'
import { retryPick } from './retries.ts'
import { timeoutPick } from './timeouts.ts'

/** How to tell, at a span that stands out, whether this happened there and on which edge. */
export type Kind = {
  readonly kind: string
  readonly pick: (told: Told, targets: ReadonlySet<number>) => (p: number) => Pick | undefined
}

export const KINDS: readonly Kind[] = [
  { kind: 'timeout', pick: timeoutPick },
  { kind: 'retry', pick: retryPick },
  { kind: 'circuit-breaker', pick: rejectionPick },
  { kind: 'fallback', pick: fallbackPick },
  { kind: 'duplicate-work', pick: abandonedPick },
  { kind: 'load-shed', pick: sheddingPick },
  { kind: 'queueing', pick: queueingPick },
  { kind: 'hedge', pick: hedgePick },
  { kind: 'error', pick: errorPick },
  { kind: 'lost', pick: lostPick },
]
