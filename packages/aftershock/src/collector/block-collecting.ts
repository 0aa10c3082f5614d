import { randomUUID } from 'node:crypto'
import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { readLogs } from '../formats/otlp-logs.ts'
import type { SpanInput } from '../model/span-input.ts'
import { STATUS_ROLES } from '../model/span-roles.ts'
import type { AttributeValue, SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { BlockJournal, journalsIn, readJournal, removeJournal } from './block-journal.ts'
import { chaosAttributes } from './chaos-attributes.ts'
import type { CollectedCounts } from './collecting.ts'
import { type BodyDecoder, bodyDecoder } from './decode-body.ts'
import { decompress } from './decompress.ts'
import { ACCEPTED_NOTHING, type Acceptance, type ReceivedBody } from './received-body.ts'
import { ServiceCounts } from './service-counts.ts'
import { type Tagger, type TagWindow, taggerOf } from './tag.ts'
import type { BlockOptions } from './worker-messages.ts'

/** What the store's encoder looks like from here. */
type BlockEncoder = {
  encode(
    table: SpanTable,
    from: number,
    to: number,
    extraAttributes?: (row: number) => Readonly<Record<string, AttributeValue>>,
  ): Uint8Array
}

/** @param blockId - the same when a block is written again after a crash, so that the store takes it once */
type OnBlock = (file: string, blockId: string) => void

/** Below, an insert costs twice as much a span; above, it only costs memory. */
const BLOCK_SPANS = 100_000
/** Of bodies, decompressed: spans may be any size, and a block is in memory three times when it is inserted. */
const BLOCK_BYTES = 128 << 20
const BLOCK_MS = 1000
const BUSY: Acceptance = { kind: 'busy', retryAfterMs: 5000 }

/** Bodies in, files with Native blocks out: what `serve` keeps goes to its store and not into memory. */
export class BlockCollecting {
  readonly #options: BlockOptions
  readonly #encoder: BlockEncoder
  readonly #onBlock: OnBlock
  readonly #services = new ServiceCounts()
  readonly #counts = { bodies: 0, badBodies: 0, spans: 0, invalidSpans: 0, logRecords: 0 }
  #builder = builderOf(undefined)
  #decode: BodyDecoder = bodyDecoder(this.#builder)
  /** Of the block's bodies, decompressed. */
  #bytes = 0
  #since = Date.now()
  #blockId: string = randomUUID()
  /** Undefined while nothing of the block has come over the wire, and while a journal is read again. */
  #journal: BlockJournal | undefined
  #windows: readonly TagWindow[] = []
  #replaying = false
  #failure: unknown

  private constructor(options: BlockOptions, encoder: BlockEncoder, onBlock: OnBlock) {
    this.#options = options
    this.#encoder = encoder
    this.#onBlock = onBlock
  }

  static async open(options: BlockOptions, onBlock: OnBlock): Promise<BlockCollecting> {
    const module = (await import(options.encoderUrl)) as { SpanBlockEncoder: new () => BlockEncoder }
    const collecting = new BlockCollecting(options, new module.SpanBlockEncoder(), onBlock)
    collecting.#replay()
    return collecting
  }

  accept(body: ReceivedBody): Acceptance {
    this.#counts.bodies += 1
    const acceptance = this.#accept(body)
    if (acceptance.kind !== 'accepted') this.#counts.badBodies += 1
    if (this.#builder.length >= BLOCK_SPANS || this.#bytes >= BLOCK_BYTES) this.#writeBlock()
    return acceptance
  }

  addSpans(resource: Readonly<Record<string, AttributeValue>>, spans: readonly SpanInput[]): void {
    const firstRow = this.#builder.length
    const id = this.#builder.addResource(resource)
    for (const span of spans) this.#builder.addSpan(id, span)
    this.#counted(firstRow)
  }

  setWindows(windows: readonly TagWindow[]): void {
    this.#windows = windows
  }

  async flush(): Promise<void> {
    if (Date.now() - this.#since >= BLOCK_MS) this.#writeBlock()
  }

  counts(): CollectedCounts {
    return {
      ...this.#counts,
      droppedSpans: 0,
      services: this.#services.list(),
      archiveWaitingBytes: 0,
      writeFailure: this.#failure === undefined ? undefined : String(this.#failure),
    }
  }

  async finish(): Promise<undefined> {
    this.#writeBlock()
    return undefined
  }

  #accept(body: ReceivedBody): Acceptance {
    if (body.signal === 'metrics') return ACCEPTED_NOTHING
    const max = this.#options.decompressedBytesMax
    const plain = decompress(body.bytes, body.compression, max)
    if (plain.kind === 'too-large')
      return { kind: 'too-large', why: `a body may have ${max} bytes at most when decompressed` }
    if (plain.kind === 'malformed') return { kind: 'bad-data', why: plain.why }
    if (body.signal === 'logs') return this.#acceptLogs(body, plain.bytes)
    // Blocks cannot be written (a full disk): what is here is kept, what comes is asked to come again.
    if (this.#builder.length >= 2 * BLOCK_SPANS || this.#bytes >= 2 * BLOCK_BYTES) return BUSY
    const before = this.#builder.mark()
    const decoded = this.#decode(body.encoding, plain.bytes)
    if (!decoded.ok) return { kind: 'bad-data', why: decoded.problems.map((one) => one.why).join('; ') }
    const { spans, invalid } = decoded.value
    if (spans > 0 && !this.#writeDown(body)) {
      this.#builder.rollBack(before)
      return BUSY
    }
    this.#bytes += plain.bytes.length
    this.#counted(before.rows)
    this.#counts.invalidSpans += invalid
    const message = invalid === 0 ? '' : `${invalid} spans have no valid trace id, span id or times`
    return { kind: 'accepted', items: spans, rejected: invalid, message }
  }

  /** Counted only: a store of spans has no place for log records. */
  #acceptLogs(body: ReceivedBody, plain: Uint8Array): Acceptance {
    const logs = readLogs(body.encoding, plain)
    if (!logs.ok) return { kind: 'bad-data', why: logs.problems.map((one) => one.why).join('; ') }
    const { records } = logs.value
    this.#counts.logRecords += records
    return { kind: 'accepted', items: records, rejected: 0, message: '' }
  }

  #counted(firstRow: number): void {
    this.#counts.spans += this.#builder.length - firstRow
    this.#services.count(this.#builder, firstRow)
  }

  /** @returns whether it could be written down */
  #writeDown(body: ReceivedBody): boolean {
    if (this.#replaying) return true
    try {
      this.#journal ??= new BlockJournal(this.#options.directory, this.#blockId)
      this.#journal.add(body)
      return true
    } catch (error) {
      this.#failure = error
      return false
    }
  }

  /** What was answered but not stored when the last process ended; each journal becomes its block again. */
  #replay(): void {
    const { directory } = this.#options
    this.#replaying = true
    for (const blockId of journalsIn(directory)) {
      for (const body of readJournal(directory, blockId)) this.#accept(body)
      this.#blockId = blockId
      if (this.#builder.length === 0) removeJournal(directory, blockId)
      else this.#writeBlock()
    }
    this.#replaying = false
    this.#blockId = randomUUID()
  }

  #writeBlock(): void {
    this.#since = Date.now()
    if (this.#builder.length === 0) return
    const table = this.#builder.finish()
    const windows = this.#windows
    const tagger = windows.length === 0 ? undefined : taggerOf(windows, table.epochNs)
    tagger?.tag(table, 0, table.length)
    const block = this.#encoder.encode(
      table,
      0,
      table.length,
      tagger === undefined ? undefined : (row) => chaosOf(table, row, tagger),
    )
    const file = join(this.#options.directory, `${this.#blockId}.native`)
    try {
      writeFile(file, block)
      this.#failure = undefined
    } catch (error) {
      // Kept, and tried again with the next flush.
      this.#failure = error
      return
    }
    this.#journal?.close()
    this.#onBlock(file, this.#blockId)
    this.#journal = undefined
    this.#blockId = randomUUID()
    this.#bytes = 0
    this.#builder = builderOf(this.#builder)
    this.#decode = bodyDecoder(this.#builder)
    this.#services.forgetResources()
  }
}

/** The store keeps attributes as they are; what they mean is found out when spans are read again. */
function builderOf(reuse: SpanTableBuilder | undefined): SpanTableBuilder {
  return new SpanTableBuilder({ attributes: 'keep', roles: STATUS_ROLES, reuse })
}

function chaosOf(table: SpanTable, row: number, tagger: Tagger): Readonly<Record<string, AttributeValue>> {
  if (table.marks[row] === 0) return {}
  const resource = table.resources[table.resource[row] as number]
  if (resource === undefined) return {}
  const durationNs = table.durationNs[row] as number
  const startNs = table.epochNs + BigInt(table.startNs[row] as number)
  const { window } = tagger.tagOne(startNs, startNs + BigInt(durationNs), resource)
  return chaosAttributes(table.marks[row] as number, window, durationNs)
}

/** Whoever sees the name sees all of the block. */
function writeFile(file: string, bytes: Uint8Array): void {
  const unfinished = `${file}.unfinished`
  const handle = openSync(unfinished, 'wx', 0o600)
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  } finally {
    closeSync(handle)
  }
  renameSync(unfinished, file)
}
