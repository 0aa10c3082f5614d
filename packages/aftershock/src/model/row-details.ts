import type { AttributeValue, SpanDetails, SpanEvent, SpanMessage } from './span-table.ts'

/** Details of consecutive rows, asked for by the row's number within them. */
export type DetailsChunk = SpanDetails

/** Details of a whole table, chunk by chunk: byte ranges of a request, or objects as they were given. */
export class RowDetails implements SpanDetails {
  #firstRows: number[] = []
  #chunks: DetailsChunk[] = []
  /** The chunk that single objects are appended to; undefined after a chunk of another kind. */
  #objects: ObjectDetails | undefined

  /** Rows from `firstRow` on, until the next chunk begins, are told by `chunk`. */
  addChunk(firstRow: number, chunk: DetailsChunk): void {
    this.#firstRows.push(firstRow)
    this.#chunks.push(chunk)
    this.#objects = undefined
  }

  addObject(
    row: number,
    attributes: Readonly<Record<string, AttributeValue>>,
    events: readonly SpanEvent[],
  ): void {
    if (this.#objects === undefined) {
      const objects = new ObjectDetails()
      this.addChunk(row, objects)
      this.#objects = objects
    }
    this.#objects.attributes.push(attributes)
    this.#objects.events.push(events)
  }

  /** Forgets rows from `rows` on. */
  rollBack(rows: number): void {
    while ((this.#firstRows.at(-1) ?? -1) >= rows) {
      this.#firstRows.pop()
      this.#chunks.pop()
      this.#objects = undefined
    }
    if (this.#objects !== undefined) {
      const kept = rows - (this.#firstRows.at(-1) ?? 0)
      this.#objects.attributes.length = kept
      this.#objects.events.length = kept
    }
  }

  /** Details of the chosen rows, as objects: nothing is held of what the others came with. */
  picked(rows: Uint32Array): RowDetails {
    const picked = new RowDetails()
    for (const [i, row] of rows.entries()) picked.addObject(i, this.attributesOf(row), this.eventsOf(row))
    return picked
  }

  attributesOf(row: number): Readonly<Record<string, AttributeValue>> {
    const at = this.#chunkOf(row)
    return this.#chunks[at]?.attributesOf(row - (this.#firstRows[at] ?? 0)) ?? {}
  }

  eventsOf(row: number): readonly SpanEvent[] {
    const at = this.#chunkOf(row)
    return this.#chunks[at]?.eventsOf(row - (this.#firstRows[at] ?? 0)) ?? []
  }

  messageOf(row: number): SpanMessage | undefined {
    const at = this.#chunkOf(row)
    return this.#chunks[at]?.messageOf?.(row - (this.#firstRows[at] ?? 0))
  }

  #chunkOf(row: number): number {
    let low = 0
    let high = this.#firstRows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#firstRows[middle] ?? 0) <= row) low = middle + 1
      else high = middle
    }
    return low - 1
  }
}

class ObjectDetails implements DetailsChunk {
  readonly attributes: Readonly<Record<string, AttributeValue>>[] = []
  readonly events: (readonly SpanEvent[])[] = []

  attributesOf(index: number): Readonly<Record<string, AttributeValue>> {
    return this.attributes[index] ?? {}
  }

  eventsOf(index: number): readonly SpanEvent[] {
    return this.events[index] ?? []
  }
}
