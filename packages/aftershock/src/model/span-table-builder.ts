import type { BuilderOptions } from './builder-options.ts'
import { ByteDictionary } from './byte-dictionary.ts'
import { resourceOf } from './resource.ts'
import { type DetailsChunk, RowDetails } from './row-details.ts'
import { samplerShareOf, tellsOfSampler } from './sampler-attributes.ts'
import { joinedSampling, keptShareOf, NOTHING_TOLD, type Sampling } from './sampling.ts'
import { type Columns, columnsOf, linksToFront, moveToFront, viewed, widened } from './span-columns.ts'
import type { SpanInput } from './span-input.ts'
import { fillMeaning } from './span-meaning.ts'
import { ObjectRoleValues, RANKED_ROLES, type RoleValues } from './span-roles.ts'
import type { AttributeValue, DroppedCounts, Resource, SpanEvent, SpanTable } from './span-table.ts'
import { type DictionaryMark, StringDictionary } from './string-dictionary.ts'
import { isZero, writeHex } from './trace-ids.ts'

/** A place to roll back to; see `SpanTableBuilder.mark()`. */
export type BuilderMark = {
  readonly rows: number
  readonly links: number
  readonly resources: number
  readonly dropped: DroppedCounts
  readonly sampling: Sampling
  readonly strings: DictionaryMark
  readonly epochNs: bigint | undefined
}

const DAY_NS = 86_400_000_000_000n
/** Resources beyond these share one: a sender that makes one up for each request must not fill memory. */
const RESOURCES_MAX = 100_000
const encoder = new TextEncoder()

/**
 * Grows a SpanTable. State outlives a call, hence a class. Objects come through `addSpan`; decoders of a
 * format write columns themselves: `nextRow`, fill the row, `commitRow`, and `mark` and `rollBack` around
 * a request, so that nothing of a malformed one stays.
 */
export class SpanTableBuilder {
  length = 0
  columns: Columns
  readonly dictionary: StringDictionary
  readonly strings: readonly string[]
  readonly resources: Resource[] = []
  readonly dropped = { spans: 0, attributes: 0, strings: 0, invalid: 0 }
  sampling = NOTHING_TOLD
  readonly attributeRoles: ReadonlyMap<string, number>
  /** Scratch for the row being written, for decoders with ordinary values. */
  readonly roles: ObjectRoleValues
  #epochNs: bigint | undefined
  #capacity: number
  #resourceIds = new ByteDictionary()
  #linkIds = new Uint8Array(24 * 64)
  #links = 0
  #details: RowDetails | undefined

  constructor(options: BuilderOptions) {
    this.#epochNs = options.epochNs
    this.#details = options.attributes === 'keep' ? new RowDetails() : undefined
    this.dictionary = new StringDictionary(options.limits)
    this.strings = this.dictionary.strings
    this.attributeRoles = options.roles ?? RANKED_ROLES
    this.roles = new ObjectRoleValues(this.dictionary, this.attributeRoles)
    this.columns = options.reuse?.columns ?? columnsOf(Math.max(options.rows ?? 0, 1024), options.memory)
    this.#capacity = this.columns.kind.length
  }

  /** Fixed at the latest by the first span. */
  get epochNs(): bigint {
    return this.#epochNs ?? 0n
  }

  /** The epoch, settled by the first span's start when it was left open. */
  settleEpochNs(startNs: bigint): bigint {
    this.#epochNs ??= startNs - (startNs % DAY_NS)
    return this.#epochNs
  }

  /** Id of a resource; equal ones have one id. Call it once for each ResourceSpans. */
  addResource(attributes: Readonly<Record<string, AttributeValue>>): number {
    const key = encoder.encode(JSON.stringify(attributes))
    return this.resourceIdOfBytes(key, 0, key.length, () => attributes)
  }

  /** Id of a resource known by its encoded bytes; `read` is called when they are new. */
  resourceIdOfBytes(
    bytes: Uint8Array,
    start: number,
    end: number,
    read: () => Readonly<Record<string, AttributeValue>>,
  ): number {
    const known = this.#resourceIds.find(bytes, start, end)
    if (known >= 0) return known
    if (this.resources.length > RESOURCES_MAX) return this.resources.length - 1
    const full = this.resources.length === RESOURCES_MAX
    const id = this.resources.push(resourceOf(full ? { 'service.name': '(other)' } : read())) - 1
    // Added even when crowded: `truncate` relies on one entry a resource.
    this.#resourceIds.add(bytes, start, end, id)
    return id
  }

  /** Dictionary id of a text. */
  stringId(text: string): number {
    return this.dictionary.idOf(text)
  }

  /** Appends a span; one with ids that are not hex is counted in `dropped.invalid` and left out. */
  addSpan(resource: number, span: SpanInput): void {
    const row = this.nextRow()
    const c = this.columns
    if (!this.#writeIds(row, span)) {
      this.dropped.invalid += 1
      return
    }
    c.startNs[row] = Number(span.startNs - this.settleEpochNs(span.startNs))
    c.durationNs[row] = Math.max(0, Number(span.endNs - span.startNs))
    c.kind[row] = span.kind
    c.status[row] = span.status ?? 0
    c.resource[row] = resource
    c.name[row] = this.stringId(span.name)
    c.statusMessage[row] = this.stringId(span.statusMessage ?? '')
    this.roles.clear()
    for (const [key, value] of Object.entries(span.attributes ?? {})) this.roles.set(key, value)
    const exception = span.events?.findLast((event) => event.name === 'exception')?.attributes
    this.fillMeaning(row, exception?.['exception.type'], exception?.['exception.message'])
    for (const link of span.links ?? []) this.addLink(link.traceId, link.spanId)
    this.commitRow()
    if (this.#details !== undefined) {
      const events = span.events?.map((event) => ({ ...event, attributes: event.attributes ?? {} }))
      this.addRowDetails(row, span.attributes ?? {}, events ?? [])
    }
  }

  get keepsAttributes(): boolean {
    return this.#details !== undefined
  }

  /** From here on attributes are dropped, also those of rows that are there. */
  dropAttributes(): void {
    this.#details = undefined
  }

  /** Room for one more row; it counts only after `commitRow()`. */
  nextRow(): number {
    if (this.length === this.#capacity) {
      this.#capacity *= 2
      this.columns = widened(this.columns, this.#capacity)
    }
    return this.length
  }

  /** The semantic columns of a row from `roles` and the last exception event. */
  fillMeaning(
    row: number,
    exceptionType: AttributeValue | undefined,
    exceptionMessage: AttributeValue | undefined,
  ): void {
    const [typeId, messageId] = [this.#scalarId(exceptionType), this.#scalarId(exceptionMessage)]
    fillMeaning(this.columns, row, this.roles, this.strings, typeId, messageId)
    if (tellsOfSampler(this.roles)) this.addSampler(this.roles)
  }

  commitRow(): void {
    const row = this.length
    this.columns.marks[row] = 0
    this.columns.linkStart[row + 1] = this.#links
    this.length = row + 1
  }

  /** Forgets the links of a row that is not committed after all. */
  forgetOpenLinks(): void {
    this.#links = this.columns.linkStart[this.length] ?? 0
  }

  /** The trace state of the row being written: with what probability its trace was kept. */
  addTraceState(traceState: string): void {
    const share = keptShareOf(traceState)
    if (share === undefined || share <= 0) return
    const told = { told: 1, standsFor: 1 / share, leastShare: share, mostShare: share }
    this.addSampling({ ...NOTHING_TOLD, ...told })
  }

  /** The same of the attributes of the row being written. */
  addSampler(values: RoleValues): void {
    const share = samplerShareOf(values, this.strings)
    if (share === 'limited') this.addSampling({ ...NOTHING_TOLD, limited: 1 })
    else if (share !== undefined) {
      const told = { roots: 1, rootsStandFor: 1 / share, leastShare: share, mostShare: share }
      this.addSampling({ ...NOTHING_TOLD, ...told })
    }
  }

  addSampling(sampling: Sampling): void {
    this.sampling = joinedSampling(this.sampling, sampling)
  }

  /** A link of the row being written; one that is not hex is left out. */
  addLink(traceId: string, spanId: string): void {
    const at = this.#roomForLink()
    if (writeHex(traceId, this.#linkIds, at, 16) && writeHex(spanId, this.#linkIds, at + 16, 8))
      this.#links += 1
  }

  addLinkBytes(bytes: Uint8Array, traceIdStart: number, spanIdStart: number): void {
    const at = this.#roomForLink()
    for (let i = 0; i < 16; i++) this.#linkIds[at + i] = bytes[traceIdStart + i] as number
    for (let i = 0; i < 8; i++) this.#linkIds[at + 16 + i] = bytes[spanIdStart + i] as number
    this.#links += 1
  }

  /** Attributes and events of the rows from `firstRow` on; ignored when attributes are dropped. */
  addDetails(firstRow: number, chunk: DetailsChunk): void {
    this.#details?.addChunk(firstRow, chunk)
  }

  /** Attributes and events of one row, in order of rows; ignored when attributes are dropped. */
  addRowDetails(
    row: number,
    attributes: Readonly<Record<string, AttributeValue>>,
    events: readonly SpanEvent[],
  ): void {
    this.#details?.addObject(row, attributes, events)
  }

  mark(): BuilderMark {
    return {
      rows: this.length,
      links: this.#links,
      resources: this.resources.length,
      dropped: { ...this.dropped },
      sampling: this.sampling,
      strings: this.dictionary.mark(),
      epochNs: this.#epochNs,
    }
  }

  /** Forgets everything that came after the mark. */
  rollBack(mark: BuilderMark): void {
    this.length = mark.rows
    this.#links = mark.links
    this.resources.length = mark.resources
    this.#resourceIds.truncate(mark.resources)
    Object.assign(this.dropped, mark.dropped)
    this.sampling = mark.sampling
    this.dictionary.rollBack(mark.strings)
    this.#details?.rollBack(mark.rows)
    this.#epochNs = mark.epochNs
  }

  /** Keeps the chosen rows only; ascending. Texts and resources keep their ids, also those that nobody has any more. */
  keepRows(rows: Uint32Array): void {
    moveToFront(this.columns, rows)
    this.#links = linksToFront(this.columns.linkStart, this.#linkIds, rows)
    this.length = rows.length
    this.#details = this.#details?.picked(rows)
  }

  /** The table so far. Columns are views: rows added later do not change it, but its memory is shared. */
  finish(): SpanTable {
    const n = this.length
    const columns = viewed(this.columns, n)
    return {
      ...columns,
      length: n,
      epochNs: this.epochNs,
      strings: this.strings,
      traceWords: new Uint32Array(columns.traceIds.buffer, 0, n * 4),
      spanWords: new Uint32Array(columns.spanIds.buffer, 0, n * 2),
      parentWords: new Uint32Array(columns.parentIds.buffer, 0, n * 2),
      linkIds: this.#linkIds.subarray(0, this.#links * 24),
      resources: this.resources,
      details: this.#details,
      sampling: this.sampling,
      dropped: { ...this.dropped, strings: this.dropped.strings + this.dictionary.refused },
    }
  }

  #writeIds(row: number, span: SpanInput): boolean {
    const { traceIds, spanIds, parentIds } = this.columns
    return (
      writeHex(span.traceId, traceIds, row * 16, 16) &&
      writeHex(span.spanId, spanIds, row * 8, 8) &&
      writeHex(span.parentSpanId ?? '', parentIds, row * 8, 8) &&
      !isZero(traceIds, row * 16, 16) &&
      !isZero(spanIds, row * 8, 8)
    )
  }

  #scalarId(value: AttributeValue | undefined): number {
    return value === undefined || typeof value === 'object' ? 0 : this.stringId(String(value))
  }

  #roomForLink(): number {
    const at = this.#links * 24
    if (at + 24 > this.#linkIds.length) {
      const wider = new Uint8Array(this.#linkIds.length * 2)
      wider.set(this.#linkIds)
      this.#linkIds = wider
    }
    return at
  }
}
