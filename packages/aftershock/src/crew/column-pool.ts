import { buffersIn } from './buffers-in.ts'
import type { Column, ColumnType } from './column-file.ts'

/** Gives the column that something is read into. */
export type Memory = (type: ColumnType, length: number) => Column

export const ownMemory: Memory = (type, length) => new type(length)

/**
 * Memory for columns that are known for one step: the next step has it again. Fresh memory for each would cost more
 * than reading does, and the collector would run for it all the time.
 */
export class ColumnPool {
  readonly #free = new Map<number, ArrayBuffer[]>()
  #lent: ArrayBuffer[] = []

  readonly lend: Memory = (type, length) => {
    const room = roomFor(length * type.BYTES_PER_ELEMENT)
    const buffer = this.#free.get(room)?.pop() ?? new ArrayBuffer(room)
    this.#lent.push(buffer)
    return new type(buffer, 0, length)
  }

  /**
   * Takes back what was lent.
   *
   * @param given - columns in there are somebody else's now, and stay as they are
   */
  takeBack(given: unknown): void {
    const kept = buffersIn(given, 0)
    for (const buffer of this.#lent) {
      if (kept.has(buffer)) continue
      const free = this.#free.get(buffer.byteLength)
      if (free === undefined) this.#free.set(buffer.byteLength, [buffer])
      else free.push(buffer)
    }
    this.#lent = []
  }
}

/** Powers of two: partitions are about alike, and so are their columns. */
function roomFor(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(8, bytes)))
}
