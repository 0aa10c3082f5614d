import type { AttributeValue, SpanDetails, SpanEvent } from '../model/span-table.ts'
import type { NativeRows, NativeValues } from './native-reader.ts'

const decoder = new TextDecoder()

/**
 * Attributes and events out of the bytes of a result, made into objects when asked for.
 *
 * @param rows - the row of the block that each row of the table is
 */
export function resultDetails(bytes: Uint8Array, block: NativeRows, rows: Uint32Array): SpanDetails {
  const text = (start = 0, end = 0): string => decoder.decode(bytes.subarray(start, end))
  const attributesIn = (column: NativeValues | undefined, at: number): Record<string, AttributeValue> => {
    const found: Record<string, AttributeValue> = {}
    if (column?.kind !== 'range-maps') return found
    const { ends, keys, indexes, values } = column
    for (let i = at === 0 ? 0 : (ends[at - 1] ?? 0); i < (ends[at] ?? 0); i++) {
      const key = indexes[i] ?? 0
      const name = text(keys.starts[key], keys.ends[key])
      const value = text(values.starts[i], values.ends[i])
      // `__proto__` as a name must become a property like any other.
      Object.defineProperty(found, name, { value, enumerable: true, configurable: true, writable: true })
    }
    return found
  }
  return {
    attributesOf: (index) => attributesIn(block.columns.get('SpanAttributes'), rows[index] ?? 0),
    eventsOf: (index) => {
      const times = block.columns.get('EventNs')
      const names = block.columns.get('EventNames')
      const attributes = block.columns.get('EventAttributes')
      if (times?.kind !== 'lists' || names?.kind !== 'lists' || attributes?.kind !== 'lists') return []
      if (times.items.kind !== 'bigints' || names.items.kind !== 'dictionary') return []
      const { keys, indexes } = names.items
      const row = rows[index] ?? 0
      const events: SpanEvent[] = []
      for (let i = row === 0 ? 0 : (times.ends[row - 1] ?? 0); i < (times.ends[row] ?? 0); i++) {
        const key = indexes[i] ?? 0
        events.push({
          timeNs: times.items.values[i] ?? 0n,
          name: text(keys.starts[key], keys.ends[key]),
          attributes: attributesIn(attributes.items, i),
        })
      }
      return events
    },
  }
}
