import { columnsOf, type SpanRows } from '../model/span-columns.ts'
import type { SpanTable } from '../model/span-table.ts'
import type { SpanTableBuilder } from '../model/span-table-builder.ts'
import { traceHash } from '../model/trace-hash.ts'
import { closeFile, openNamelessFile, readColumn, writeColumns } from './column-file.ts'
import { LINK_BYTES, PIECE_COLUMNS, type Piece, type SpooledSpans } from './spooled-spans.ts'

/** Traces are put in shares by the first bits of the hash of their ids; a partition is made of some of these. */
const SHARE_BITS = 8
const SHARES = 2 ** SHARE_BITS
/** With all that is found out about them, so many take about as much memory as more do in a file. */
const IN_MEMORY_MAX = 500_000

/**
 * Takes in more spans than memory is to hold: rows go to a file, by share, whenever there are some. Above `spansMax`
 * whole shares are left out, so that what is kept is a sample of whole traces that depends on their ids alone.
 */
export class SpanSpool {
  /** Fewer are left in memory. */
  readonly tableSpansMax: number
  readonly #spansMax: number
  readonly #isLeftOut: (service: string) => boolean
  #file: number | undefined
  readonly #pieces: readonly Piece[][] = Array.from({ length: SHARES }, () => [])
  readonly #rows = new Float64Array(SHARES)
  #shares = SHARES
  #end = 0
  #startNs = Number.POSITIVE_INFINITY
  #endNs = Number.NEGATIVE_INFINITY

  /**
   * @param spansMax - of more, traces are left out
   * @param isLeftOut - services whose spans are none of the system's
   * @param inMemoryMax - fewer spans are not set aside
   */
  constructor(
    spansMax: number,
    isLeftOut: (service: string) => boolean,
    inMemoryMax: number = IN_MEMORY_MAX,
  ) {
    this.#spansMax = spansMax
    this.tableSpansMax = Math.min(spansMax, inMemoryMax)
    this.#isLeftOut = isLeftOut
  }

  /** Of all spans that came, also those left out since. */
  get spansRead(): number {
    return sumOf(this.#rows)
  }

  /** Takes all rows; the builder has none afterwards, and goes on with the same dictionary and epoch, without attributes. */
  take(builder: SpanTableBuilder): void {
    this.#file ??= openNamelessFile()
    const file = this.#file
    const { order, starts } = this.#byShare(builder)
    const { columns } = builder
    const ats = PIECE_COLUMNS.map(({ name, each }) => {
      const column = gathered(columns[name], order, each)
      const at = this.#end
      this.#end += writeColumns(file, [column], at)
      return at
    })
    const { linkIds } = builder.finish()
    for (let share = 0; share < SHARES; share++) {
      const [from, to] = [starts[share], starts[share + 1]]
      if (from === to) continue
      const links = linksOf(columns.linkStart, linkIds, order.subarray(from, to))
      const linksAt = this.#end
      this.#end += writeColumns(file, [links.counts, links.ids], linksAt)
      this.#pieces[share].push({ ats, from, rows: to - from, linksAt, links: links.ids.length / LINK_BYTES })
      this.#rows[share] += to - from
    }
    builder.dropAttributes()
    builder.keepRows(new Uint32Array(0))
    while (this.#kept() > this.#spansMax && this.#shares > 1) this.#shares -= 1
  }

  /** Visits rows that were taken, to fill in what came too late for them: type and message of their error. */
  revisit(builder: SpanTableBuilder, visit: (rows: SpanRows) => void): void {
    const file = this.#file
    if (file === undefined) return
    for (const { ats, from, rows } of this.#pieces.flat()) {
      const columns = columnsOf(rows)
      const eachOf = (name: string): number => PIECE_COLUMNS.findIndex((column) => column.name === name)
      for (const name of ['traceIds', 'spanIds', 'errorType', 'errorMessage'] as const) {
        const i = eachOf(name)
        const bytes = columns[name].byteLength / rows
        readColumn(file, columns[name], ats[i] + from * bytes)
      }
      visit({ columns, length: rows, stringId: (text) => builder.stringId(text) })
      for (const name of ['errorType', 'errorMessage'] as const)
        writeColumns(file, [columns[name].subarray(0, rows)], ats[eachOf(name)] + from * 4)
    }
  }

  /** @param table - tells what all rows have in common: epoch, dictionary, resources, what was dropped */
  finish({ epochNs, strings, resources, sampling, dropped }: SpanTable): SpooledSpans {
    this.#file ??= openNamelessFile()
    return {
      file: this.#file,
      length: this.#kept(),
      shares: this.#pieces.slice(0, this.#shares),
      common: { epochNs, strings, resources, sampling, dropped },
      extent: { fromNs: this.#startNs, toNs: this.#endNs },
      sampled:
        this.#shares === SHARES ? undefined : { share: this.#shares / SHARES, spansRead: this.spansRead },
    }
  }

  close(): void {
    if (this.#file !== undefined) closeFile(this.#file)
  }

  #kept(): number {
    return sumOf(this.#rows.subarray(0, this.#shares))
  }

  /** Rows in order of their shares, without those of shares and services that are left out; these are counted. */
  #byShare({ columns, length, resources }: SpanTableBuilder): { order: Uint32Array; starts: Uint32Array } {
    const words = new Uint32Array(columns.traceIds.buffer, 0, length * 4)
    const isOut = Uint8Array.from(resources, ({ service }) => (this.#isLeftOut(service) ? 1 : 0))
    const shares = new Uint16Array(length)
    const starts = new Uint32Array(SHARES + 1)
    for (let row = 0; row < length; row++) {
      shares[row] = traceHash(words, row * 4) >>> (32 - SHARE_BITS)
      if (isOut[columns.resource[row]] === 1) shares[row] = NOWHERE
      else if (shares[row] >= this.#shares) this.#rows[shares[row]] += 1
      else starts[shares[row] + 1] += 1
      const startNs = columns.startNs[row]
      this.#startNs = Math.min(this.#startNs, startNs)
      this.#endNs = Math.max(this.#endNs, startNs + columns.durationNs[row])
    }
    for (let share = 0; share < SHARES; share++) starts[share + 1] += starts[share]
    const next = starts.slice()
    const order = new Uint32Array(starts[SHARES])
    for (let row = 0; row < length; row++) {
      if (shares[row] < this.#shares) order[next[shares[row]]++] = row
    }
    return { order, starts }
  }
}

/** Above all shares. */
const NOWHERE = SHARES

function sumOf(numbers: Float64Array): number {
  return numbers.reduce((sum, n) => sum + n, 0)
}

type Typed = Uint8Array | Uint16Array | Uint32Array | Float64Array

function gathered(column: Typed, order: Uint32Array, each: number): Typed {
  if (each > 1) return gatheredWords(new Uint32Array(column.buffer), order, each / 4)
  const to = new (column.constructor as new (n: number) => Typed)(order.length)
  for (let i = 0; i < order.length; i++) to[i] = column[order[i]]
  return to
}

/** Ids, of some words each. */
function gatheredWords(column: Uint32Array, order: Uint32Array, each: number): Uint32Array {
  const to = new Uint32Array(order.length * each)
  let at = 0
  for (let i = 0; i < order.length; i++) {
    const from = order[i] * each
    for (let k = 0; k < each; k++) to[at++] = column[from + k]
  }
  return to
}

/** How many links each row has, and their ids. */
function linksOf(linkStart: Uint32Array, linkIds: Uint8Array, rows: Uint32Array) {
  const counts = rows.map((row) => linkStart[row + 1] - linkStart[row])
  const ids = new Uint8Array(counts.reduce((sum, n) => sum + n, 0) * LINK_BYTES)
  let at = 0
  for (const [i, row] of rows.entries()) {
    if (counts[i] === 0) continue
    ids.set(linkIds.subarray(linkStart[row] * LINK_BYTES, linkStart[row + 1] * LINK_BYTES), at)
    at += counts[i] * LINK_BYTES
  }
  return { counts, ids }
}
