import type { AttributeValue, SpanEvent, SpanTable } from '../model/span-table.ts'
import { addMap, attributeText } from './attribute-map.ts'
import { ByteSink } from './byte-sink.ts'
import { MessageWriter } from './message-writer.ts'
import { ArrayColumn, LowCardinalityColumn, MapColumn, nativeBlock, PlainColumn } from './native-block.ts'
import { SPAN_KINDS, STATUS_CODES } from './schema.ts'

/** Attributes that are written besides a span's own, for example `chaos.*`. */
export type ExtraAttributes = (row: number) => Readonly<Record<string, AttributeValue>>

const WORD = 4294967296

/**
 * Encodes rows of a table as Native blocks of `otel_traces`, in the order they came: going through them in the
 * table's sort order, all over memory, costs twice what the engine needs to sort. It keeps its buffers from block to
 * block (a block of 100 k spans is about 40 MB), so use one for a long time, and copy what it returns if it must last.
 */
export class SpanBlockEncoder {
  readonly #out = new ByteSink(1 << 16)
  readonly #columns = columnsOfBlock()
  readonly #resources = new Map<object, ResourceBytes>()
  readonly #messages = new MessageWriter(this.#columns)
  readonly #epoch = { low: 0, high: 0 }

  /** @returns the block; a view that the next call overwrites */
  encode(
    table: SpanTable,
    from = 0,
    to = table.length,
    extraAttributes?: ExtraAttributes,
  ): Uint8Array<ArrayBuffer> {
    const c = this.#columns
    this.#out.clear()
    for (const column of Object.values(c)) column.clear()
    this.#resources.clear()
    this.#messages.restart()
    this.#epoch.low = Number(table.epochNs & 0xffffffffn)
    this.#epoch.high = Number(table.epochNs >> 32n)
    for (let row = from; row < to; row++) {
      this.#addIdentity(table, row)
      this.#addResource(table, row)
      const message = table.details?.messageOf?.(row)
      if (message !== undefined) this.#messages.add(message, extraAttributes?.(row))
      else {
        addMap(c.SpanAttributes, table.details?.attributesOf(row) ?? {}, extraAttributes?.(row))
        this.#addEvents(table.details?.eventsOf(row) ?? [])
      }
      addLinks(c, table, row)
      c.Marks.values.byte(table.marks[row] as number)
    }
    // Not kept in tables.
    for (const column of [c.TraceState, c.ScopeName, c.ScopeVersion]) column.values.zeros(to - from)
    return nativeBlock(c, to - from, this.#out)
  }

  #addIdentity(table: SpanTable, row: number): void {
    const c = this.#columns
    this.#addMoment(c.Timestamp.values, table.startNs[row] as number)
    c.TraceId.values.hexString(table.traceIds, row * 16, 16)
    c.SpanId.values.hexString(table.spanIds, row * 8, 8)
    if (table.parentWords[row * 2] === 0 && table.parentWords[row * 2 + 1] === 0)
      c.ParentSpanId.values.byte(0)
    else c.ParentSpanId.values.hexString(table.parentIds, row * 8, 8)
    c.SpanName.add(table.strings[table.name[row] as number] ?? '')
    c.SpanKind.add(SPAN_KINDS[table.kind[row] as number] ?? SPAN_KINDS[0])
    c.Duration.values.uint64(table.durationNs[row] as number)
    c.StatusCode.add(STATUS_CODES[table.status[row] as number] ?? STATUS_CODES[0])
    c.StatusMessage.values.string(table.strings[table.statusMessage[row] as number] ?? '')
  }

  /** Resources repeat for thousands of spans, so their values are encoded once a block. */
  #addResource(table: SpanTable, row: number): void {
    const c = this.#columns
    const resource = table.resources[table.resource[row] as number]
    if (resource === undefined) {
      c.ServiceName.addId(0)
      c.ResourceAttributes.endRow(0)
      return
    }
    let bytes = this.#resources.get(resource)
    if (bytes === undefined) {
      bytes = resourceBytes(resource.service, resource.attributes, c.ServiceName, c.ResourceAttributes.keys)
      this.#resources.set(resource, bytes)
    }
    c.ServiceName.addId(bytes.service)
    for (const key of bytes.keys) c.ResourceAttributes.keys.addId(key)
    c.ResourceAttributes.values.raw(bytes.values)
    c.ResourceAttributes.endRow(bytes.keys.length)
  }

  #addEvents(events: readonly SpanEvent[]): void {
    const c = this.#columns
    for (const event of events) {
      const at = event.timeNs < 0n ? 0n : event.timeNs
      c['Events.Timestamp'].items.values.words(Number(at & 0xffffffffn), Number(at >> 32n))
      c['Events.Name'].items.add(event.name)
      addMap(c['Events.Attributes'].items, event.attributes)
    }
    c['Events.Timestamp'].endRow(events.length)
    c['Events.Name'].endRow(events.length)
    c['Events.Attributes'].endRow(events.length)
  }

  /** epoch + offset in two halves: a BigInt for each span would cost more than the rest of the row. */
  #addMoment(values: ByteSink, offsetNs: number): void {
    const offsetHigh = Math.floor(offsetNs / WORD)
    const low = this.#epoch.low + (offsetNs - offsetHigh * WORD)
    const carry = low >= WORD ? 1 : 0
    values.words(low - carry * WORD, this.#epoch.high + offsetHigh + carry)
  }
}

type BlockColumns = ReturnType<typeof columnsOfBlock>
type ResourceBytes = {
  readonly service: number
  readonly keys: readonly number[]
  readonly values: Uint8Array
}

function columnsOfBlock() {
  const linkStrings = () => new ArrayColumn(new PlainColumn('String'))
  return {
    Timestamp: new PlainColumn('DateTime64(9)'),
    TraceId: new PlainColumn('String'),
    SpanId: new PlainColumn('String'),
    ParentSpanId: new PlainColumn('String'),
    TraceState: new PlainColumn('String'),
    SpanName: new LowCardinalityColumn(),
    SpanKind: new LowCardinalityColumn(),
    ServiceName: new LowCardinalityColumn(),
    ResourceAttributes: new MapColumn(),
    ScopeName: new PlainColumn('String'),
    ScopeVersion: new PlainColumn('String'),
    SpanAttributes: new MapColumn(),
    Duration: new PlainColumn('UInt64'),
    StatusCode: new LowCardinalityColumn(),
    StatusMessage: new PlainColumn('String'),
    'Events.Timestamp': new ArrayColumn(new PlainColumn('DateTime64(9)')),
    'Events.Name': new ArrayColumn(new LowCardinalityColumn()),
    'Events.Attributes': new ArrayColumn(new MapColumn()),
    'Links.TraceId': linkStrings(),
    'Links.SpanId': linkStrings(),
    'Links.TraceState': linkStrings(),
    'Links.Attributes': new ArrayColumn(new MapColumn()),
    Marks: new PlainColumn('UInt8'),
  }
}

function addLinks(c: BlockColumns, table: SpanTable, row: number): void {
  const from = table.linkStart[row] as number
  const to = table.linkStart[row + 1] as number
  for (let i = from; i < to; i++) {
    c['Links.TraceId'].items.values.hexString(table.linkIds, i * 24, 16)
    c['Links.SpanId'].items.values.hexString(table.linkIds, i * 24 + 16, 8)
    c['Links.TraceState'].items.values.byte(0)
    c['Links.Attributes'].items.endRow(0)
  }
  for (const name of ['Links.TraceId', 'Links.SpanId', 'Links.TraceState', 'Links.Attributes'] as const)
    c[name].endRow(to - from)
}

function resourceBytes(
  service: string,
  attributes: Readonly<Record<string, AttributeValue>>,
  services: LowCardinalityColumn,
  keys: LowCardinalityColumn,
): ResourceBytes {
  const values = new ByteSink(256)
  const ids: number[] = []
  for (const [key, value] of Object.entries(attributes)) {
    ids.push(keys.idOf(key))
    values.string(attributeText(value))
  }
  return { service: services.idOf(service), keys: ids, values: values.written() }
}
