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
  /** The smallest first. */
  readonly #free: ArrayBuffer[] = []
  #lent: ArrayBuffer[] = []

  readonly lend: Memory = (type, length) => {
    const bytes = length * type.BYTES_PER_ELEMENT
    const buffer = this.#takeOut(bytes) ?? new ArrayBuffer(roomFor(bytes))
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
    for (const buffer of this.#lent) if (!kept.has(buffer)) this.#free.push(buffer)
    this.#free.sort((a, b) => a.byteLength - b.byteLength)
    this.#lent = []
  }

  /** The smallest that is large enough; undefined when that would be far too large. */
  #takeOut(bytes: number): ArrayBuffer | undefined {
    const i = this.#free.findIndex(({ byteLength }) => byteLength >= bytes)
    if (i === -1 || this.#free[i].byteLength > roomFor(bytes) * FAR) return undefined
    return this.#free.splice(i, 1)[0]
  }
}

const FAR = 2

/** An eighth more, in whole pages: partitions are about alike, and so are their columns. */
function roomFor(bytes: number): number {
  return Math.ceil((bytes * 1.125 + 1) / PAGE_BYTES) * PAGE_BYTES
}

const PAGE_BYTES = 4096
