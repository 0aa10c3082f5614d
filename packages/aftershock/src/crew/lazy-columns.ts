import type { Column, Memory } from '../analysis/numbers/columns.ts'

/** A column that is elsewhere until it is read. */
export type Stored<C extends Column = Column> = {
  readonly name: string
  readonly length: number
  load(memory?: Memory): C
  /** The same from `start` to `end`. */
  part(start: number, end: number): Stored<C>
}

/** What columns came from that `lazy` or `loaded` made, of the partition that is in memory. */
export type Sources = Map<object, Stored>

/** Loads it now. It must not be written to: nobody would write it back. */
export function loaded(stored: Stored, sources: Sources, memory?: Memory): Column {
  const column = stored.load(memory)
  sources.set(column, stored)
  return column
}

/**
 * Stands in for a column that nobody is expected to read: it loads when somebody does, and then is right but slow.
 *
 * @param onRead - called once, with what was loaded
 */
export function lazy(stored: Stored, sources: Sources, onRead: (column: Column) => void): Column {
  let column: Column | undefined
  const read = (): Column => {
    if (column === undefined) {
      column = loaded(stored, sources)
      onRead(column)
    }
    return column
  }
  const standIn = new Proxy<object>(
    {},
    {
      get: (_, key) => {
        if (key === 'length') return stored.length
        if (key === 'subarray') {
          return (start = 0, end = stored.length) => lazy(stored.part(start, end), sources, () => read())
        }
        const value: unknown = Reflect.get(read(), key, read())
        return typeof value === 'function' ? value.bind(read()) : value
      },
      set: () => {
        throw new Error(`a step writes into ${stored.name}, which it was given`)
      },
    },
  )
  sources.set(standIn, stored)
  return standIn as Column
}
