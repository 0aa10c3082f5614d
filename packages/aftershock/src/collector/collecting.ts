import { attachExceptionLogs, EXCEPTION_LOGS_MAX, type ExceptionLog, readLogs } from '../formats/otlp-logs.ts'
import { errorText } from '../model/error-text.ts'
import type { Problem } from '../model/problem.ts'
import { whereText } from '../model/problem.ts'
import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue, SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { bodyDetails, type DetailSource } from './body-details.ts'
import { type BodyDecoder, bodyDecoder } from './decode-body.ts'
import { decompress } from './decompress.ts'
import { ACCEPTED_NOTHING, type Acceptance, BODY_LIMITS, type ReceivedBody } from './received-body.ts'
import { type ServiceCount, ServiceCounts } from './service-counts.ts'
import { type TagWindow, taggerOf } from './tag.ts'
import { TraceArchive } from './trace-archive.ts'

export type CollectingOptions = {
  /** Spans beyond it are counted and dropped. About 120 bytes each. */
  readonly spansMax: number
  /** Compressed bodies kept for attributes and events; beyond it spans are kept without them. */
  readonly detailBytesMax: number
  readonly decompressedBytesMax: number
  /** `traces.otlp.jsonl.gz` of the run. */
  readonly archiveFile: string | undefined
}

export const COLLECTING: CollectingOptions = {
  spansMax: 5_000_000,
  detailBytesMax: 1024 ** 3,
  decompressedBytesMax: BODY_LIMITS.decompressedBytesMax,
  archiveFile: undefined,
}

export type CollectedCounts = {
  readonly bodies: number
  readonly badBodies: number
  readonly spans: number
  /** Over `spansMax`. */
  readonly droppedSpans: number
  /** Without valid ids or times. */
  readonly invalidSpans: number
  readonly logRecords: number
  readonly services: readonly ServiceCount[]
  /** Bytes of the archive that wait for the disk. */
  readonly archiveWaitingBytes: number
  /** Why the run's file or a block could not be written, for example a full disk. */
  readonly writeFailure: string | undefined
}

/** A SpanTable in parts that can be handed from thread to thread. */
export type CollectedTable = {
  readonly columns: Omit<SpanTable, 'details'>
  readonly details: readonly DetailSource[]
}

/**
 * Bodies in, columns out: decompress, decode, count, and at the end tag. Runs in the decode worker, or in
 * the same thread for small things. State outlives a call, hence a class.
 */
export class Collecting {
  readonly #options: CollectingOptions
  readonly #builder = new SpanTableBuilder({ attributes: 'drop' })
  readonly #decode: BodyDecoder
  readonly #details: DetailSource[] = []
  #detailBytes = 0
  readonly #archive: TraceArchive | undefined
  readonly #services = new ServiceCounts()
  #windows: readonly TagWindow[] = []
  readonly #exceptionLogs: ExceptionLog[] = []
  readonly #counts = { bodies: 0, badBodies: 0, droppedSpans: 0, logRecords: 0 }

  constructor(options: Partial<CollectingOptions> = {}) {
    this.#options = { ...COLLECTING, ...options }
    this.#decode = bodyDecoder(this.#builder)
    const { archiveFile } = this.#options
    if (archiveFile !== undefined) this.#archive = new TraceArchive(archiveFile, () => this.#archiveTagger())
  }

  accept(body: ReceivedBody): Acceptance {
    this.#counts.bodies += 1
    const acceptance = this.#accept(body)
    if (acceptance.kind !== 'accepted') this.#counts.badBodies += 1
    return acceptance
  }

  /** Spans made by us: the load's client spans, the run's own trace. */
  addSpans(resource: Readonly<Record<string, AttributeValue>>, spans: readonly SpanInput[]): void {
    const firstRow = this.#builder.length
    const room = Math.max(0, this.#options.spansMax - firstRow)
    this.#counts.droppedSpans += Math.max(0, spans.length - room)
    const id = this.#builder.addResource(resource)
    const added = spans.slice(0, room).filter((span) => {
      const before = this.#builder.length
      this.#builder.addSpan(id, span)
      return this.#builder.length > before
    })
    if (added.length === 0) return
    this.#details.push({ kind: 'spans', firstRow, spans: added })
    this.#archive?.addSpans(resource, added)
    this.#services.count(this.#builder, firstRow)
  }

  setWindows(windows: readonly TagWindow[]): void {
    this.#windows = windows
  }

  /** To be called every second or so. */
  flush(): Promise<void> {
    return this.#archive?.flush() ?? Promise.resolve()
  }

  counts(): CollectedCounts {
    const failure = this.#archive?.failure
    return {
      ...this.#counts,
      spans: this.#builder.length,
      invalidSpans: this.#builder.dropped.invalid,
      services: this.#services.list(),
      archiveWaitingBytes: this.#archive?.waitingBytes ?? 0,
      writeFailure: failure === undefined ? undefined : errorText(failure),
    }
  }

  /** Closes the archive (a failure of it is in the counts), tags every span with the final windows. */
  async finish(): Promise<CollectedTable> {
    await this.#archive?.close().catch(() => undefined)
    const builder = this.#builder
    attachExceptionLogs(builder, this.#exceptionLogs)
    taggerOf(this.#windows, builder.epochNs).tag(
      { ...builder.columns, epochNs: builder.epochNs, resources: builder.resources },
      0,
      builder.length,
    )
    const { details: _, ...columns } = builder.finish()
    const dropped = { ...columns.dropped, spans: columns.dropped.spans + this.#counts.droppedSpans }
    return { columns: { ...columns, dropped }, details: this.#details }
  }

  #accept(body: ReceivedBody): Acceptance {
    if (body.signal === 'metrics') return ACCEPTED_NOTHING
    const plain = decompress(body.bytes, body.compression, this.#options.decompressedBytesMax)
    if (plain.kind === 'too-large')
      return {
        kind: 'too-large',
        why: `a body may have ${this.#options.decompressedBytesMax} bytes at most when decompressed; send smaller batches`,
      }
    if (plain.kind === 'malformed') return { kind: 'bad-data', why: plain.why }
    return body.signal === 'logs'
      ? this.#acceptLogs(body, plain.bytes)
      : this.#acceptTraces(body, plain.bytes)
  }

  #acceptTraces(body: ReceivedBody, plain: Uint8Array<ArrayBuffer>): Acceptance {
    const builder = this.#builder
    const firstRow = builder.length
    if (firstRow >= this.#options.spansMax) return this.#acceptNoMore(body, plain)
    const decoded = this.#decode(body.encoding, plain)
    if (!decoded.ok) return { kind: 'bad-data', why: decoded.problems.map(problemText).join('; ') }
    const { spans, invalid } = decoded.value
    if (spans > 0) {
      this.#keepDetails(body, firstRow)
      this.#services.count(builder, firstRow)
    }
    if (spans > 0 && this.#archive !== undefined) this.#archive.add(body.encoding, plain)
    const message = invalid === 0 ? '' : `${invalid} spans have no valid trace id, span id or times`
    return { kind: 'accepted', items: spans, rejected: invalid, message }
  }

  /** The table is full: the body is counted, the sender is told, nothing is kept. */
  #acceptNoMore(body: ReceivedBody, plain: Uint8Array): Acceptance {
    const counting = new SpanTableBuilder({ attributes: 'drop' })
    const decoded = bodyDecoder(counting)(body.encoding, plain)
    if (!decoded.ok) return { kind: 'bad-data', why: decoded.problems.map(problemText).join('; ') }
    this.#counts.droppedSpans += decoded.value.spans
    const { spansMax } = this.#options
    return {
      kind: 'accepted',
      items: 0,
      rejected: decoded.value.spans + decoded.value.invalid,
      message: `the run keeps ${spansMax} spans at most, and has them`,
    }
  }

  #acceptLogs(body: ReceivedBody, plain: Uint8Array): Acceptance {
    const logs = readLogs(body.encoding, plain)
    if (!logs.ok) return { kind: 'bad-data', why: logs.problems.map(problemText).join('; ') }
    const { records, exceptions } = logs.value
    this.#counts.logRecords += records
    const room = Math.max(0, EXCEPTION_LOGS_MAX - this.#exceptionLogs.length)
    this.#exceptionLogs.push(...exceptions.slice(0, room))
    return { kind: 'accepted', items: records, rejected: 0, message: '' }
  }

  #keepDetails(body: ReceivedBody, firstRow: number): void {
    if (this.#detailBytes + body.bytes.length > this.#options.detailBytesMax) {
      if (this.#details.at(-1)?.kind !== 'none') this.#details.push({ kind: 'none', firstRow })
      return
    }
    this.#detailBytes += body.bytes.length
    this.#details.push({ kind: 'body', firstRow, body })
  }

  #archiveTagger() {
    const first = this.#windows[0]
    return first === undefined ? undefined : taggerOf(this.#windows, first.possible.startNs)
  }
}

/** Puts a table together again; details are read from the bodies when asked for. */
export function tableOf({ columns, details }: CollectedTable): SpanTable {
  return { ...columns, details: bodyDetails(details, COLLECTING.decompressedBytesMax) }
}

function problemText(problem: Problem): string {
  return problem.where === undefined ? problem.why : `${problem.why} (${whereText(problem.where)})`
}
