import type { ColumnLender, LentMemory, Memory } from '../analysis/numbers/columns.ts'
import { buffersIn } from './buffers-in.ts'
import { isPlainObject } from './plain-object.ts'

type Make = (bytes: number) => ArrayBufferLike

/**
 * Memory for columns: what nobody holds any more is lent again. Fresh memory for each would cost more than reading
 * columns from a file does, and the collector would run for it all the time.
 */
export class ColumnPool implements ColumnLender {
  /** By their bytes. */
  readonly #free = new Map<number, ArrayBufferLike[]>()
  /** Since memory was last taken back. */
  #lent: ArrayBufferLike[] = []
  readonly #make: Make
  readonly #onFree: (buffer: ArrayBufferLike) => void

  /**
   * @param make - memory that threads share is no business of the collector's: it stays until the pool is gone
   * @param onFree - told of memory that nobody holds any more
   */
  constructor(
    make: Make = (bytes) => new ArrayBuffer(bytes),
    onFree: (buffer: ArrayBufferLike) => void = () => undefined,
  ) {
    this.#make = make
    this.#onFree = onFree
  }

  readonly lend: Memory = (type, length) => {
    const bytes = length * type.BYTES_PER_ELEMENT
    const buffer = this.#takeOut(bytes) ?? this.#make(roomFor(bytes))
    this.#lent.push(buffer)
    return new type(buffer, 0, length)
  }

  takeBack(known: unknown, seen: unknown, before: LentMemory = NONE): LentMemory {
    const given = buffersIn(seen, 0)
    const kept = keptIn(known)
    const held = new Set<ArrayBufferLike>()
    for (const buffer of [...before, ...this.#lent]) {
      if (given.has(buffer)) continue
      if (kept.has(buffer)) held.add(buffer)
      else this.#putBack(buffer)
    }
    this.#lent = []
    return held
  }

  #putBack(buffer: ArrayBufferLike): void {
    this.#onFree(buffer)
    const alike = this.#free.get(buffer.byteLength)
    if (alike === undefined) this.#free.set(buffer.byteLength, [buffer])
    else alike.push(buffer)
  }

  /** The smallest that is large enough; undefined when that would be far too large. */
  #takeOut(bytes: number): ArrayBufferLike | undefined {
    let room = roomFor(bytes)
    for (const most = room * FAR; room <= most; room = roomFor(room + 1)) {
      const buffer = this.#free.get(room)?.pop()
      if (buffer !== undefined) return buffer
    }
    return undefined
  }
}

/** So many times as large is as far as it goes. */
const FAR = 2

/** In whole pages, an eighth more at most: partitions are about alike, and so are their columns. */
function roomFor(bytes: number): number {
  const pages = Math.ceil(bytes / PAGE_BYTES)
  const step = 2 ** Math.max(0, 28 - Math.clz32(pages))
  return Math.ceil(pages / step) * step * PAGE_BYTES
}

const PAGE_BYTES = 4096

const NONE: LentMemory = new Set()

/** Memory of columns in plain objects all the way down. */
function keptIn(value: unknown, found = new Set<unknown>()): ReadonlySet<unknown> {
  if (ArrayBuffer.isView(value)) found.add(value.buffer)
  else if (isPlainObject(value)) for (const one of Object.values(value)) keptIn(one, found)
  return found
}
