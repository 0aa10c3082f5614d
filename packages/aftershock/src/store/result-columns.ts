import { ByteRoleValues } from '../model/byte-role-values.ts'
import { tellsOfSampler } from '../model/sampler-attributes.ts'
import { fillMeaning } from '../model/span-meaning.ts'
import { roleIndex } from '../model/span-roles.ts'
import type { SpanTableBuilder } from '../model/span-table-builder.ts'
import { isZero, writeHexBytes } from '../model/trace-ids.ts'
import { type ByteRanges, lists, type NativeRows, type NativeValues } from './native-reader.ts'
import { resultDetails } from './result-details.ts'
import { spanKindOf, statusOf } from './schema.ts'

type Dictionary = Extract<NativeValues, { readonly kind: 'dictionary' }>
type RangeMaps = Extract<NativeValues, { readonly kind: 'range-maps' }>

const EXCEPTION_TYPE = roleIndex('exception-type')
const EXCEPTION_MESSAGE = roleIndex('exception-message')
const decoder = new TextDecoder()

/**
 * Writes blocks of a result into columns: no object, and no string that the dictionary knows. A row whose
 * ids are no ids is counted in `dropped.invalid` and left out.
 */
export class ResultColumns {
  readonly #bytes: Uint8Array
  readonly #builder: SpanTableBuilder
  readonly #values: ByteRoleValues
  readonly #eventValues: ByteRoleValues

  constructor(bytes: Uint8Array, builder: SpanTableBuilder) {
    // A plain Uint8Array: Node's Buffer is another shape to the compiler.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    this.#builder = builder
    this.#values = new ByteRoleValues(builder.dictionary)
    this.#eventValues = new ByteRoleValues(builder.dictionary)
  }

  /** @param resourceOf - the builder's id of a resource key */
  addBlock(block: NativeRows, startsNs: BigInt64Array, resourceOf: (key: number) => number): void {
    const builder = this.#builder
    const { dictionary } = builder
    const resourceKeys = numbersIn(block, 'ResourceKey')
    const durations = numbersIn(block, 'DurationNs')
    const marks = block.columns.get('Marks')
    const names = dictionaryIn(block, 'SpanName')
    const nameIds = this.#each(names.keys, (start, end) => dictionary.idOfBytes(this.#bytes, start, end))
    const kinds = dictionaryIn(block, 'SpanKind')
    const kindIds = this.#each(kinds.keys, (start, end) => spanKindOf(this.#text(start, end)))
    const statuses = dictionaryIn(block, 'StatusCode')
    const statusIds = this.#each(statuses.keys, (start, end) => statusOf(this.#text(start, end)))
    const messages = rangesIn(block, 'StatusMessage')
    const writeIds = this.#idWriter(block)
    const readRoles = this.#roleReader(mapsIn(block.columns.get('SpanAttributes')), this.#values)
    const exceptionOf = this.#exceptionReader(block)
    const addLinks = this.#linkAdder(block)
    const firstRow = builder.length
    const taken = new Uint32Array(block.rows)
    const startOf = nsSince(startsNs, builder.settleEpochNs(startsNs[0] ?? 0n))
    for (let i = 0; i < block.rows; i++) {
      const row = builder.nextRow()
      if (!writeIds(i, row)) {
        builder.dropped.invalid += 1
        continue
      }
      const c = builder.columns
      c.startNs[row] = startOf(i)
      c.durationNs[row] = durations[i] as number
      c.kind[row] = kindIds[kinds.indexes[i] as number] as number
      c.status[row] = statusIds[statuses.indexes[i] as number] as number
      c.resource[row] = resourceOf(resourceKeys[i] as number)
      c.name[row] = nameIds[names.indexes[i] as number] as number
      c.statusMessage[row] = dictionary.idOfBytes(
        this.#bytes,
        messages.starts[i] as number,
        messages.ends[i] as number,
      )
      readRoles(i)
      const [typeId, messageId] = exceptionOf(i)
      fillMeaning(c, row, this.#values, builder.strings, typeId, messageId)
      if (tellsOfSampler(this.#values)) builder.addSampler(this.#values)
      addLinks(i)
      builder.commitRow()
      if (marks?.kind === 'numbers') c.marks[row] = marks.values[i] as number
      taken[row - firstRow] = i
    }
    if (builder.length > firstRow) builder.addDetails(firstRow, resultDetails(this.#bytes, block, taken))
  }

  #each(keys: ByteRanges, read: (start: number, end: number) => number): Uint32Array {
    const found = new Uint32Array(keys.starts.length)
    for (let i = 0; i < found.length; i++) found[i] = read(keys.starts[i] as number, keys.ends[i] as number)
    return found
  }

  #text(start: number, end: number): string {
    return decoder.decode(this.#bytes.subarray(start, end))
  }

  #idWriter(block: NativeRows): (i: number, row: number) => boolean {
    const traces = rangesIn(block, 'TraceId')
    const spans = rangesIn(block, 'SpanId')
    const parents = rangesIn(block, 'ParentSpanId')
    const write = (ids: ByteRanges, i: number, to: Uint8Array, at: number, length: number): boolean =>
      writeHexBytes(this.#bytes, ids.starts[i] as number, ids.ends[i] as number, to, at, length)
    return (i, row) => {
      const { traceIds, spanIds, parentIds } = this.#builder.columns
      return (
        write(traces, i, traceIds, row * 16, 16) &&
        write(spans, i, spanIds, row * 8, 8) &&
        write(parents, i, parentIds, row * 8, 8) &&
        !isZero(traceIds, row * 16, 16) &&
        !isZero(spanIds, row * 8, 8)
      )
    }
  }

  /** Which names have a role is found out once a block, not once a span. */
  #roleReader(maps: RangeMaps, values: ByteRoleValues): (i: number) => void {
    const { ends, keys, indexes } = maps
    const { starts: valueStarts, ends: valueEnds } = maps.values
    const bytes = this.#bytes
    // One more than the ranked role; 0: none.
    const ranks = this.#each(keys, (start, end) => Math.max(0, values.rankOfName(bytes, start, end) + 1))
    return (i) => {
      values.clear(bytes)
      const to = ends[i] as number
      for (let item = i === 0 ? 0 : (ends[i - 1] as number); item < to; item++) {
        const ranked = (ranks[indexes[item] as number] as number) - 1
        if (ranked >= 0 && values.isWanted(ranked))
          values.setBytes(ranked, valueStarts[item] as number, valueEnds[item] as number)
      }
    }
  }

  /** String ids of type and message of a row's last exception event. */
  #exceptionReader(block: NativeRows): (i: number) => readonly [number, number] {
    const names = lists(block, 'EventNames')
    const attributes = lists(block, 'EventAttributes')
    if (names.items?.kind !== 'dictionary' || attributes.items?.kind !== 'range-maps')
      return () => NO_EXCEPTION
    const { keys, indexes } = names.items
    const isException = this.#each(keys, (start, end) =>
      end - start === 9 && this.#text(start, end) === 'exception' ? 1 : 0,
    )
    const readRoles = this.#roleReader(attributes.items, this.#eventValues)
    return (i) => {
      const from = i === 0 ? 0 : (names.ends[i - 1] as number)
      for (let item = (names.ends[i] as number) - 1; item >= from; item--) {
        if (isException[indexes[item] as number] === 0) continue
        readRoles(item)
        return [this.#eventValues.idOf(EXCEPTION_TYPE), this.#eventValues.idOf(EXCEPTION_MESSAGE)]
      }
      return NO_EXCEPTION
    }
  }

  #linkAdder(block: NativeRows): (i: number) => void {
    const traces = lists(block, 'LinkTraceIds')
    const spans = lists(block, 'LinkSpanIds')
    if (traces.items?.kind !== 'ranges' || spans.items?.kind !== 'ranges') return () => {}
    const [traceIds, spanIds] = [traces.items, spans.items]
    return (i) => {
      for (let item = i === 0 ? 0 : (traces.ends[i - 1] as number); item < (traces.ends[i] as number); item++)
        this.#builder.addLink(
          this.#text(traceIds.starts[item] as number, traceIds.ends[item] as number),
          this.#text(spanIds.starts[item] as number, spanIds.ends[item] as number),
        )
    }
  }
}

const NO_EXCEPTION = [0, 0] as const

/** Differences in halves of 64 bits: a bigint for each row costs more than the rest of its times. */
function nsSince(momentsNs: BigInt64Array, epochNs: bigint): (i: number) => number {
  const lows = new Uint32Array(momentsNs.buffer, momentsNs.byteOffset, momentsNs.length * 2)
  // Signed: before 1970 too.
  const highs = new Int32Array(momentsNs.buffer, momentsNs.byteOffset, momentsNs.length * 2)
  const low = Number(BigInt.asUintN(32, epochNs))
  const high = Number(epochNs >> 32n)
  return (i) => ((highs[i * 2 + 1] as number) - high) * 4294967296 + ((lows[i * 2] as number) - low)
}

function rangesIn(block: NativeRows, name: string): ByteRanges {
  const column = block.columns.get(name)
  if (column?.kind !== 'ranges') throw new Error(`the result has no strings named ${name}`)
  return column
}

function dictionaryIn(block: NativeRows, name: string): Dictionary {
  const column = block.columns.get(name)
  if (column?.kind === 'dictionary') return column
  if (column?.kind !== 'ranges') throw new Error(`the result has no strings named ${name}`)
  // A table of somebody else's may have plain strings here.
  return { kind: 'dictionary', keys: column, indexes: Uint32Array.from(column.starts.keys()) }
}

function numbersIn(block: NativeRows, name: string): Float64Array | Uint8Array {
  const column = block.columns.get(name)
  if (column?.kind !== 'numbers') throw new Error(`the result has no numbers named ${name}`)
  return column.values
}

function mapsIn(column: NativeValues | undefined): RangeMaps {
  if (column?.kind !== 'range-maps') throw new Error('the result has no map of attributes')
  return column
}
