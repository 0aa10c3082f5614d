import type { Partition } from '../analysis/assemble/partition.ts'
import { type Ask, type Hand, joinSeen, takeStep } from '../analysis/crew.ts'
import { withMemory } from '../analysis/numbers/columns.ts'
import { closeFile, openNamelessFile } from './column-file.ts'
import { ColumnPool } from './column-pool.ts'
import { SHELVED_BYTES_MIN, Shelf, type Shelved } from './shelf.ts'
import { columnsRead } from './step-columns.ts'

/** Answers are joined, where they can be, when there are so many: else they would all be in memory twice at the end. */
const SEEN_MAX = 12

/**
 * A hand that holds one partition in memory at a time; what the others know is on a shelf.
 *
 * @param bytesMin - smaller columns stay in memory
 * @param onUnlisted - told of columns that a step reads although `step-columns.ts` does not say so
 * @param pool - has memory for columns
 */
export function shelvedHand(
  partitions: readonly Partition[],
  bytesMin = SHELVED_BYTES_MIN,
  onUnlisted: (step: string, column: string) => void = () => undefined,
  pool = new ColumnPool(),
): Hand {
  const file = openNamelessFile()
  const shelf = new Shelf(file, bytesMin)
  let held: Shelved[] = partitions.map((partition) => ({ tree: partition, mine: new Set() }))
  const read = new Map<string, Set<string>>()
  const take = (ask: Ask): readonly unknown[] => {
    const listed = read.get(ask.step) ?? columnsRead(ask.step)
    read.set(ask.step, listed)
    let seen: readonly unknown[] = []
    held = held.map((shelved) => {
      const before = shelf.take(
        shelved,
        (name) => listed.has(name),
        (name) => {
          listed.add(name)
          onUnlisted(ask.step, name)
        },
        pool.lend,
      )
      const taken = withMemory(pool.lend, () => takeStep(before, ask))
      seen = seen.length < SEEN_MAX ? [...seen, taken.seen] : [...joinSeen(ask, seen), taken.seen]
      const after = shelf.put(taken.after, shelved)
      pool.takeBack(after.tree, taken.seen)
      return after
    })
    return joinSeen(ask, seen)
  }
  return { take, letGo: () => closeFile(file) }
}
