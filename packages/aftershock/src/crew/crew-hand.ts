import { type Hand, handOf } from '../analysis/crew.ts'
import { shareOf } from '../analysis/share-out.ts'
import type { SpanTable } from '../model/span-table.ts'
import { shelvedHand } from './shelved-hand.ts'
import { partitionsOf, type SpooledSpans, spooledPartition } from './spooled-spans.ts'

/** In memory that threads share, or in a file. */
export type CrewSpans =
  | { readonly kind: 'table'; readonly table: SpanTable }
  | { readonly kind: 'spooled'; readonly spooled: SpooledSpans }

/** A hand, and what it takes with it when it goes. */
export type CrewHand = Hand & { letGo(): void }

/** What one thread of so many holds. Of spans in a file, several partitions, one in memory at a time. */
export function crewHand(spans: CrewSpans | undefined, share: number, shares: number): CrewHand {
  if (spans === undefined) return { ...handOf([]), letGo: () => undefined }
  if (spans.kind === 'table')
    return { ...handOf([shareOf(spans.table, share, shares)]), letGo: () => undefined }
  const partitions = Math.max(partitionsOf(spans.spooled), shares)
  const own = Array.from({ length: partitions }, (_, i) => i).filter((i) => i % shares === share)
  const hand = shelvedHand(own.map((i) => spooledPartition(spans.spooled, i, partitions)))
  return { take: (ask) => hand.take(ask), letGo: () => hand.close() }
}
