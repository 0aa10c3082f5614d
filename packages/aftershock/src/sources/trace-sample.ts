import type { SpanTableBuilder } from '../model/span-table-builder.ts'
import { traceHash } from '../model/trace-hash.ts'

/** Of how many spans the table holds a sample: whole traces, chosen by the hash of their ids. */
export type SampleTaken = {
  /** Share of the traces that were kept, 0 to 1. */
  readonly share: number
  readonly spansRead: number
}

/** From this much of the limit on there is no room for what may come before the next look. */
const FULL_SHARE = 0.75

/**
 * Keeps a growing table within a number of spans: whenever it is full, every second trace goes, whole, and with it
 * what still comes of it. Which ones depends on their ids alone, so it is the same sample in any order.
 */
export class TraceSample {
  readonly #builder: SpanTableBuilder
  readonly #spansMax: number
  #share = 1
  #left = 0

  constructor(builder: SpanTableBuilder, spansMax: number) {
    this.#builder = builder
    this.#spansMax = spansMax
  }

  get spansRead(): number {
    return this.#left + this.#builder.length
  }

  /** Makes room when there is too little. */
  makeRoom(): void {
    if (this.#builder.length <= this.#spansMax) return
    this.#leaveOut()
    while (this.#builder.length > FULL_SHARE * this.#spansMax) {
      this.#share /= 2
      this.#leaveOut()
    }
  }

  /** Undefined when every trace was kept. */
  finish(): SampleTaken | undefined {
    this.makeRoom()
    if (this.#share === 1) return undefined
    this.#leaveOut()
    return { share: this.#share, spansRead: this.spansRead }
  }

  /** Rows of traces that are not of the sample. */
  #leaveOut(): void {
    if (this.#share === 1) return
    const { length, columns } = this.#builder
    const words = new Uint32Array(columns.traceIds.buffer, 0, length * 4)
    const below = this.#share * 2 ** 32
    const rows = new Uint32Array(length)
    let kept = 0
    for (let row = 0; row < length; row++) if (traceHash(words, row * 4) < below) rows[kept++] = row
    this.#left += length - kept
    this.#builder.keepRows(rows.subarray(0, kept))
  }
}
