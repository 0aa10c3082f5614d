/** A number for each of what it is about: spans, traces, calls. */
export type Column = Uint8Array | Uint16Array | Uint32Array | Int32Array | Float64Array

export type ColumnType<C extends Column = Column> = {
  new (length: number): C
  new (memory: ArrayBufferLike, atByte: number, length: number): C
  readonly BYTES_PER_ELEMENT: number
}

/** Gives memory for a column; what was there before may still be. */
export type Memory = <C extends Column>(type: ColumnType<C>, length: number) => C

/** Of nobody's but the column's; zeros. */
export const ownMemory: Memory = (type, length) => new type(length)

let memory = ownMemory

/** Smaller ones are not worth keeping account of. */
const LENT_BYTES_MIN = 2048

/**
 * A column of a step: for its own use, or for what the partition knows after it, in plain objects only. Who takes the
 * steps may have its memory again when neither holds it any more. What a step answers has memory of its own.
 */
export function columnOf<C extends Column>(type: ColumnType<C>, length: number, value = 0): C {
  const isOwn = memory === ownMemory || length * type.BYTES_PER_ELEMENT < LENT_BYTES_MIN
  const column = isOwn ? ownMemory(type, length) : memory(type, length)
  return isOwn && value === 0 ? column : (column.fill(value) as C)
}

/** As `columnOf`, with what `column` holds. */
export function copyOf<C extends Column>(column: C): C {
  // What stands in for a column is none.
  if (!(column.byteLength >= LENT_BYTES_MIN) || !ArrayBuffer.isView(column)) return column.slice() as C
  const copy = memory(column.constructor as ColumnType<C>, column.length)
  copy.set(column)
  return copy
}

/** Memory that steps have one after another. */
export type ColumnLender = {
  readonly lend: Memory
  /**
   * After a step: what was lent for it is lent again, but for what is still held.
   *
   * @param known - what the partition knows now: plain objects
   * @param seen - what the step has answered: somebody else's now
   * @param before - what was held of what had been lent, as it was returned after the step before
   * @returns what is held by what the partition knows
   */
  takeBack(known: unknown, seen: unknown, before?: LentMemory): LentMemory
}
export type LentMemory = ReadonlySet<ArrayBufferLike>

/** What is done has its columns in there. */
export function withMemory<Done>(lent: Memory, does: () => Done): Done {
  const before = memory
  memory = lent
  try {
    return does()
  } finally {
    memory = before
  }
}
