import type { Partition } from '../analysis/assemble/partition.ts'
import { type Column, type ColumnType, type Memory, ownMemory } from '../analysis/numbers/columns.ts'
import type { Columns } from '../model/span-columns.ts'
import type { SpanTable } from '../model/span-table.ts'
import { readColumn } from './column-file.ts'
import type { Stored } from './lazy-columns.ts'
import { restored } from './shelf.ts'

/** Spans in a file, by shares of their traces: what threads need to read them. */
export type SpooledSpans = {
  readonly file: number
  readonly length: number
  readonly shares: readonly (readonly Piece[])[]
  readonly common: Pick<SpanTable, 'epochNs' | 'strings' | 'resources' | 'sampling' | 'dropped'>
  /** First start and last end, ns since the epoch. */
  readonly extent: { readonly fromNs: number; readonly toNs: number }
  readonly sampled: { readonly share: number; readonly spansRead: number } | undefined
}

/** Rows of a share that were taken at once. */
export type Piece = {
  /** Where each of `PIECE_COLUMNS` begins, of all shares. */
  readonly ats: readonly number[]
  /** First of the rows there, and how many. */
  readonly from: number
  readonly rows: number
  /** Links by row (uint32 each), then their ids. */
  readonly linksAt: number
  readonly links: number
}

export const LINK_BYTES = 24

type PieceColumn = { readonly name: Exclude<keyof Columns, 'linkStart'>; readonly each: number }

export const PIECE_COLUMNS: readonly PieceColumn[] = [
  { name: 'traceIds', each: 16 },
  { name: 'spanIds', each: 8 },
  { name: 'parentIds', each: 8 },
  ...(['startNs', 'durationNs', 'kind', 'status', 'resource', 'name', 'statusMessage'] as const).map(one),
  ...(['httpStatus', 'grpcStatus', 'method', 'route', 'peer', 'system', 'protocol'] as const).map(one),
  ...(['errorType', 'errorMessage', 'responseFlags', 'resendCount', 'marks'] as const).map(one),
]

function one(name: PieceColumn['name']): PieceColumn {
  return { name, each: 1 }
}

/** Partitions of about as many spans as fit a processor's cache; a power of two, so that shares fill them evenly. */
const SPANS_A_PARTITION = 40_000

export function partitionsOf(spans: SpooledSpans): number {
  let partitions = 1
  while (partitions < spans.shares.length && spans.length / partitions > SPANS_A_PARTITION) partitions *= 2
  return partitions
}

/** One of so many partitions; its columns are read when they are asked for. */
export function spooledPartition(spans: SpooledSpans, index: number, partitions: number): Partition {
  const pieces = spans.shares.filter((_, share) => share % partitions === index).flat()
  return { table: storedTable(spans, pieces) as unknown as SpanTable, traces: undefined }
}

/** A partition's table in memory: of a large number of partitions, a sample of the traces. */
export function partitionTable(spans: SpooledSpans, index: number, partitions: number): SpanTable {
  const { table } = spooledPartition(spans, index, partitions)
  return restored(table, {
    isRead: () => true,
    onRead: () => undefined,
    memory: ownMemory,
    sources: new Map(),
  }) as SpanTable
}

/** A table with what is to be loaded in place of its columns. */
function storedTable({ file, common }: SpooledSpans, pieces: readonly Piece[]): unknown {
  const length = pieces.reduce((n, piece) => n + piece.rows, 0)
  const column = (name: PieceColumn['name'], type: ColumnType, each: number, as: string = name): Stored => {
    const i = PIECE_COLUMNS.findIndex((one) => one.name === name)
    return stored(as, length * each, (memory) => {
      const whole = memory(type, length * each)
      let at = 0
      for (const { ats, from, rows } of pieces) {
        const part = whole.subarray(at, at + rows * each)
        readColumn(file, part, ats[i] + from * each * type.BYTES_PER_ELEMENT)
        at += rows * each
      }
      return whole
    })
  }
  const bytes = (name: PieceColumn['name']): Stored => column(name, Uint8Array, 1)
  const words = (name: PieceColumn['name']): Stored => column(name, Uint32Array, 1)
  return {
    length,
    epochNs: common.epochNs,
    strings: common.strings,
    resources: common.resources,
    details: undefined,
    dropped: common.dropped,
    ...storedLinks(file, pieces, length),
    traceIds: column('traceIds', Uint8Array, 16),
    traceWords: column('traceIds', Uint32Array, 4, 'traceWords'),
    spanIds: column('spanIds', Uint8Array, 8),
    spanWords: column('spanIds', Uint32Array, 2, 'spanWords'),
    parentIds: column('parentIds', Uint8Array, 8),
    parentWords: column('parentIds', Uint32Array, 2, 'parentWords'),
    startNs: column('startNs', Float64Array, 1),
    durationNs: column('durationNs', Float64Array, 1),
    kind: bytes('kind'),
    status: bytes('status'),
    grpcStatus: bytes('grpcStatus'),
    protocol: bytes('protocol'),
    resendCount: bytes('resendCount'),
    marks: bytes('marks'),
    httpStatus: column('httpStatus', Uint16Array, 1),
    resource: words('resource'),
    name: words('name'),
    statusMessage: words('statusMessage'),
    method: words('method'),
    route: words('route'),
    peer: words('peer'),
    system: words('system'),
    errorType: words('errorType'),
    errorMessage: words('errorMessage'),
    responseFlags: words('responseFlags'),
  }
}

function storedLinks(file: number, pieces: readonly Piece[], length: number) {
  const links = pieces.reduce((n, piece) => n + piece.links, 0)
  return {
    linkStart: stored('linkStart', length + 1, () => {
      const starts = new Uint32Array(length + 1)
      let at = 1
      for (const { linksAt, rows } of pieces) {
        readColumn(file, starts.subarray(at, at + rows), linksAt)
        at += rows
      }
      for (let row = 1; row <= length; row++) starts[row] += starts[row - 1]
      return starts
    }),
    linkIds: stored('linkIds', links * LINK_BYTES, () => {
      const ids = new Uint8Array(links * LINK_BYTES)
      let at = 0
      for (const { linksAt, rows, links: own } of pieces) {
        readColumn(file, ids.subarray(at, at + own * LINK_BYTES), linksAt + rows * 4)
        at += own * LINK_BYTES
      }
      return ids
    }),
  }
}

function stored(name: string, length: number, load: (memory: Memory) => Column): Stored {
  return {
    name,
    length,
    load: (memory = ownMemory) => load(memory),
    part: (start, end) =>
      stored(name, Math.max(0, end - start), (memory) => load(memory).subarray(start, end)),
  }
}
