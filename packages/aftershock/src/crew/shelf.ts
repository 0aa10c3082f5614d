import { type Column, type ColumnType, type Memory, ownMemory } from '../analysis/numbers/columns.ts'
import { readColumn, writeColumns } from './column-file.ts'
import { constantOf } from './constant-column.ts'
import { lazy, loaded, type Sources, type Stored } from './lazy-columns.ts'
import { isPlainObject } from './plain-object.ts'

/** What a partition knows, its columns in a file. */
export type Shelved = { readonly tree: unknown; readonly mine: ReadonlySet<Stored> }

/** Smaller columns are not worth a trip. */
export const SHELVED_BYTES_MIN = 1024
/** Room is given out in such pieces, so that what one column leaves fits another. */
const ROOM_BYTES = 16_384

/**
 * Keeps what partitions know between steps in a file: their columns are written once, and read again by the steps
 * that use them. Columns that nobody knows any more leave their room to others.
 */
export class Shelf {
  readonly #file: number
  readonly #free = new Map<number, number[]>()
  #end = 0
  /** Of what was taken last: a WeakMap of them would be work at each column for the collector. */
  readonly #sources: Sources = new Map()

  readonly #bytesMin: number

  /**
   * @param file - a descriptor; nobody else writes there
   * @param bytesMin - smaller columns stay in memory
   */
  constructor(file: number, bytesMin: number) {
    this.#file = file
    this.#bytesMin = bytesMin
  }

  /** @param before - what was taken last, and where it came from: what is not known any more makes room */
  put(known: unknown, before: Shelved): Shelved {
    const mine = new Set<Stored>()
    const fresh = new Map<Column, OnFile>()
    const tree = mapped(known, this.#sources, (column, name) => {
      const stored = this.#kept(column) ?? fresh.get(column) ?? this.#stored(column, name, fresh)
      if (!ArrayBuffer.isView(stored)) mine.add(stored)
      return stored
    })
    for (const stored of before.mine) if (!mine.has(stored)) this.#makeFree(stored)
    for (const [column, stored] of fresh) stored.atByte = this.#write(column, stored)
    return { tree, mine }
  }

  /**
   * @param isRead - whether a column of this name is going to be read; others load when they are
   * @param onRead - told of columns that were read nevertheless
   * @param memory - for those that are going to be read
   */
  take(
    { tree }: Shelved,
    isRead: (name: string) => boolean,
    onRead: (name: string) => void,
    memory: Memory,
  ): unknown {
    this.#sources.clear()
    return restored(tree, { isRead, onRead, memory, sources: this.#sources })
  }

  /** Where it is already; a part of a column is kept by itself, since the whole may be forgotten. */
  #kept(column: Column): Stored | undefined {
    const source = this.#sources.get(column)
    return source instanceof OnFile && source.isPart ? undefined : source
  }

  #stored(given: Column, name: string, fresh: Map<Column, OnFile>): OnFile | Column {
    const column = this.#sources.get(given)?.load() ?? given
    // Not a part of memory that others may have next.
    if (column.byteLength < this.#bytesMin) return column.slice()
    const type = column.constructor as ColumnType
    const stored = new OnFile(this.#file, name, type, column.length, constantOf(column))
    fresh.set(column, stored)
    return stored
  }

  #write(column: Column, { bytes }: OnFile): number {
    const room = roomFor(bytes)
    if (room === 0) return 0
    const atByte = this.#free.get(room)?.pop() ?? this.#end
    if (atByte === this.#end) this.#end += room
    writeColumns(this.#file, [column], atByte)
    return atByte
  }

  #makeFree(stored: Stored): void {
    if (!(stored instanceof OnFile) || stored.isPart) return
    const room = roomFor(stored.bytes)
    if (room === 0) return
    const places = this.#free.get(room)
    if (places === undefined) this.#free.set(room, [stored.atByte])
    else places.push(stored.atByte)
  }
}

function roomFor(bytes: number): number {
  return Math.ceil(bytes / ROOM_BYTES) * ROOM_BYTES
}

class OnFile implements Stored {
  atByte = -1
  readonly isPart: boolean
  readonly name: string
  readonly type: ColumnType
  readonly length: number
  /** The number that it has everywhere: then nothing of it is in the file. */
  readonly constant: number | undefined
  readonly #file: number

  constructor(
    file: number,
    name: string,
    type: ColumnType,
    length: number,
    constant: number | undefined,
    isPart = false,
  ) {
    this.#file = file
    this.name = name
    this.type = type
    this.length = length
    this.constant = constant
    this.isPart = isPart
  }

  /** In the file. */
  get bytes(): number {
    return this.constant === undefined ? this.length * this.type.BYTES_PER_ELEMENT : 0
  }

  load(memory = ownMemory): Column {
    const column = memory(this.type, this.length)
    if (this.constant !== undefined) column.fill(this.constant)
    else readColumn(this.#file, column, this.atByte)
    return column
  }

  part(start: number, end: number): OnFile {
    const { type, constant } = this
    const part = new OnFile(this.#file, this.name, type, Math.max(0, end - start), constant, true)
    part.atByte = this.atByte + start * type.BYTES_PER_ELEMENT
    return part
  }
}

/** Plain objects all the way down, with each column as `of` says. */
function mapped(
  value: unknown,
  sources: Sources,
  of: (column: Column, name: string) => unknown,
  name = '',
): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (ArrayBuffer.isView(value) || sources.has(value)) return of(value as Column, name)
  if (!isPlainObject(value)) return value
  // A copy has the same shape to the compiler as the original.
  const copy = { ...value }
  for (const key of Object.keys(copy)) copy[key] = mapped(copy[key], sources, of, key)
  return copy
}

type Restoring = {
  readonly isRead: (name: string) => boolean
  readonly onRead: (name: string) => void
  readonly memory: Memory
  readonly sources: Sources
}

/** A tree of plain objects with its columns. */
export function restored(value: unknown, how: Restoring): unknown {
  if (!isPlainObject(value)) return value
  const copy = { ...value }
  for (const key of Object.keys(copy)) {
    const child = copy[key]
    if (!isStored(child)) copy[key] = restored(child, how)
    else if (how.isRead(child.name)) copy[key] = loaded(child, how.sources, how.memory)
    else {
      copy[key] = lazy(child, how.sources, (column) => {
        copy[key] = column
        how.onRead(child.name)
      })
    }
  }
  return copy
}

function isStored(value: unknown): value is Stored {
  return typeof value === 'object' && value !== null && 'load' in value && 'part' in value
}
