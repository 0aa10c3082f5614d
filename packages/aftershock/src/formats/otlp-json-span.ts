import type { AttributeValue, SpanEvent } from '../model/span-table.ts'
import type { SpanTableBuilder } from '../model/span-table-builder.ts'
import { isZero } from '../model/trace-ids.ts'
import { isObject, type Json, listOf, textOf } from './json-shape.ts'
import {
  anyValueOf,
  attributesOf,
  enumOf,
  fieldOf,
  KIND_NAMES,
  nanosecondsOf,
  STATUS_NAMES,
  writeId,
} from './otlp-json-value.ts'
import { SPAN_LIMITS } from './otlp-limits.ts'

const SECOND_NS = 1_000_000_000

/** Writes parsed OTLP JSON spans into rows, without an object between. */
export class JsonSpanReader {
  #builder: SpanTableBuilder
  #epochSeconds: number | undefined
  #epochRestNs = 0

  constructor(builder: SpanTableBuilder) {
    this.#builder = builder
  }

  /** Call it at the start of a request: a roll-back may have taken the epoch back. */
  restart(): void {
    this.#epochSeconds = undefined
  }

  /** @returns false when the span's ids or times cannot be: it is counted and left out */
  read(span: Json, resource: number): boolean {
    const builder = this.#builder
    const row = builder.nextRow()
    const c = builder.columns
    const start = fieldOf(span, 'startTimeUnixNano', 'start_time_unix_nano')
    const startNs = this.#relativeNs(start)
    if (!this.#writeIds(span, row) || startNs === undefined || Number(start) <= 0) {
      builder.dropped.invalid += 1
      return false
    }
    const endNs = this.#relativeNs(fieldOf(span, 'endTimeUnixNano', 'end_time_unix_nano')) ?? startNs
    c.startNs[row] = startNs
    c.durationNs[row] = Math.max(0, endNs - startNs)
    c.kind[row] = enumOf(span.kind, KIND_NAMES)
    const status = isObject(span.status) ? span.status : undefined
    c.status[row] = status === undefined ? 0 : enumOf(status.code, STATUS_NAMES)
    c.statusMessage[row] = status === undefined ? 0 : builder.stringId(textOf(status.message))
    c.resource[row] = resource
    c.name[row] = builder.stringId(textOf(span.name))
    this.#readAttributes(span, row)
    for (const link of this.#limited(span.links, SPAN_LIMITS.linksMax)) {
      if (!isObject(link)) continue
      const traceId = textOf(fieldOf(link, 'traceId', 'trace_id'))
      const spanId = textOf(fieldOf(link, 'spanId', 'span_id'))
      if (writeId(traceId, LINK, 0, 16) && writeId(spanId, LINK, 16, 8)) builder.addLinkBytes(LINK, 0, 16)
    }
    const traceState = textOf(fieldOf(span, 'traceState', 'trace_state'))
    if (traceState !== '') builder.addTraceState(traceState)
    builder.commitRow()
    return true
  }

  #readAttributes(span: Json, row: number): void {
    const builder = this.#builder
    const { roles } = builder
    roles.clear()
    const attributes = this.#limited(span.attributes, SPAN_LIMITS.attributesMax)
    for (const attribute of attributes) {
      if (!isObject(attribute) || typeof attribute.key !== 'string') continue
      roles.setLazily(attribute.key, attribute.value, anyValueOf)
    }
    const events = this.#limited(span.events, SPAN_LIMITS.eventsMax)
    let exception: Record<string, AttributeValue> | undefined
    for (const event of events)
      if (isObject(event) && event.name === 'exception') exception = attributesOf(event.attributes)
    builder.fillMeaning(row, exception?.['exception.type'], exception?.['exception.message'])
    if (builder.keepsAttributes)
      builder.addRowDetails(row, attributesOf(attributes), events.filter(isObject).map(eventOf))
  }

  #limited(value: unknown, max: number): readonly unknown[] {
    const list = listOf(value)
    if (list.length <= max) return list
    this.#builder.dropped.attributes += list.length - max
    return list.slice(0, max)
  }

  #writeIds(span: Json, row: number): boolean {
    const { traceIds, spanIds, parentIds } = this.#builder.columns
    const parent = fieldOf(span, 'parentSpanId', 'parent_span_id')
    const hasParent = parent !== undefined && parent !== null && parent !== ''
    if (!hasParent) parentIds.fill(0, row * 8, row * 8 + 8)
    return (
      writeId(fieldOf(span, 'traceId', 'trace_id'), traceIds, row * 16, 16) &&
      writeId(fieldOf(span, 'spanId', 'span_id'), spanIds, row * 8, 8) &&
      (!hasParent || writeId(parent, parentIds, row * 8, 8)) &&
      !isZero(traceIds, row * 16, 16) &&
      !isZero(spanIds, row * 8, 8)
    )
  }

  /** ns since the epoch of the table, exact without a bigint: seconds and the rest are read apart. */
  #relativeNs(value: unknown): number | undefined {
    if (this.#epochSeconds === undefined) {
      const firstNs = nanosecondsOf(value)
      if (firstNs === undefined || firstNs === 0n) return undefined
      const epochNs = this.#builder.settleEpochNs(firstNs)
      this.#epochSeconds = Number(epochNs / BigInt(SECOND_NS))
      this.#epochRestNs = Number(epochNs % BigInt(SECOND_NS))
    }
    const text = typeof value === 'string' ? value : nanosecondsOf(value)?.toString()
    if (text === undefined || text === '') return undefined
    const ns = Number(text.slice(-9)) - this.#epochRestNs
    const seconds = (text.length > 9 ? Number(text.slice(0, -9)) : 0) - this.#epochSeconds
    const relative = seconds * SECOND_NS + ns
    return Number.isNaN(relative) ? undefined : relative
  }
}

const LINK = new Uint8Array(24)

function eventOf(event: Json): SpanEvent {
  return {
    timeNs: nanosecondsOf(fieldOf(event, 'timeUnixNano', 'time_unix_nano')) ?? 0n,
    name: textOf(event.name),
    attributes: attributesOf(event.attributes),
  }
}
