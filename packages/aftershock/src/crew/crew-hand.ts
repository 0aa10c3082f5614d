import { shareOf } from '../analysis/assemble/share-out.ts'
import { type Hand, handOf } from '../analysis/crew.ts'
import type { ColumnLender } from '../analysis/numbers/columns.ts'
import type { SpanTable } from '../model/span-table.ts'
import { ColumnPool } from './column-pool.ts'
import { shelvedHand } from './shelved-hand.ts'
import { partitionsOf, type SpooledSpans, spooledPartition } from './spooled-spans.ts'

/** In memory that threads share, or in a file. */
export type CrewSpans =
  | { readonly kind: 'table'; readonly table: SpanTable }
  | { readonly kind: 'spooled'; readonly spooled: SpooledSpans }

export type CrewHand = Hand & {
  /** Whether columns of its answers are nobody else's: what its partitions know is in a file. */
  readonly givesAway: boolean
}

/**
 * What one thread of so many holds. Of spans in a file, several partitions, one in memory at a time.
 *
 * @param lender - has memory for the columns of those that are all in memory
 */
export function crewHand(
  spans: CrewSpans | undefined,
  share: number,
  shares: number,
  lender: ColumnLender,
): CrewHand {
  if (spans?.kind !== 'spooled') {
    let hand: Hand | undefined
    const take: Hand['take'] = (ask) => {
      hand ??= handOf(spans === undefined ? [] : shareOf(spans.table, share, shares), lender)
      return hand.take(ask)
    }
    return { take, givesAway: false, letGo: () => hand?.letGo() }
  }
  const partitions = Math.max(partitionsOf(spans.spooled), shares)
  const own = Array.from({ length: partitions }, (_, i) => i).filter((i) => i % shares === share)
  const hand = shelvedHand(own.map((i) => spooledPartition(spans.spooled, i, partitions)))
  return { ...hand, givesAway: true }
}

/** Of a thread that holds one table after another: memory that threads share does not make V8 look for garbage. */
export function threadsColumns(): ColumnLender {
  return new ColumnPool((bytes) => new SharedArrayBuffer(bytes))
}
