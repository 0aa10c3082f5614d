import type { AttributeValue } from '../model/span-table.ts'
import type { MapColumn } from './native-block.ts'

/** The attributes as text, as the collector's exporter writes them: JSON for lists and objects. */
export function attributeText(value: AttributeValue): string {
  if (typeof value === 'string') return value
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** A row of a map column: attributes as text, then more of them. */
export function addMap(
  column: MapColumn,
  attributes: Readonly<Record<string, AttributeValue>>,
  extra?: Readonly<Record<string, AttributeValue>>,
): void {
  column.endRow(addPairs(column, attributes) + (extra === undefined ? 0 : addPairs(column, extra)))
}

/** @returns how many were added; the row is not ended */
export function addPairs(column: MapColumn, attributes: Readonly<Record<string, AttributeValue>>): number {
  let added = 0
  for (const key in attributes) {
    column.keys.add(key)
    column.values.string(attributeText(attributes[key] as AttributeValue))
    added += 1
  }
  return added
}
