import { type Decoded, decoded, undecoded } from '../model/problem.ts'
import type { AttributeValue } from '../model/span-table.ts'
import type { SpanTableBuilder } from '../model/span-table-builder.ts'
import { protobufDetails } from './otlp-protobuf-details.ts'
import { ProtobufSpanReader } from './otlp-protobuf-span.ts'
import { readKeyValue } from './otlp-protobuf-value.ts'
import { MalformedBytes, WireReader } from './otlp-wire.ts'

/** What a request brought; `invalid` spans (ids or times that cannot be) are counted and left out. */
export type OtlpDecodeCount = { readonly spans: number; readonly invalid: number }

/**
 * Decodes ExportTraceServiceRequest (the same bytes as TracesData) messages into a builder: single pass,
 * by hand, because every library makes objects first (bench/decode.ts measures protobufjs beside it).
 *
 * Unknown fields are skipped, fields may come in any order, scalars may repeat (the last counts), groups
 * are refused. A malformed request leaves nothing behind and answers a problem with the byte offset.
 */
export class OtlpProtobufDecoder {
  #builder: SpanTableBuilder
  #reader = new WireReader()
  #spans: ProtobufSpanReader
  readonly #copies: boolean
  /** Start and end of each Span message of this request, for `details`. */
  #ranges = new Uint32Array(2048)
  #rangesEnd = 0

  /** @param bytes - `given`: nobody else writes to the bytes of requests later, so that details need no copy */
  constructor(builder: SpanTableBuilder, bytes: 'borrowed' | 'given' = 'borrowed') {
    this.#builder = builder
    this.#copies = builder.keepsAttributes && bytes === 'borrowed'
    this.#spans = new ProtobufSpanReader(this.#reader, builder)
  }

  /** @param source - where the bytes came from, for problems: a file, or the request */
  decode(bytes: Uint8Array, source = 'OTLP request'): Decoded<OtlpDecodeCount> {
    const builder = this.#builder
    const before = builder.mark()
    const reader = this.#reader
    // Always a plain Uint8Array: Node's Buffer is another shape to the compiler, and its slice() is a view.
    const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
    reader.bytes = this.#copies ? plain.slice() : plain
    reader.at = 0
    this.#rangesEnd = 0
    this.#spans.restart()
    try {
      this.#readRequest(bytes.length)
    } catch (error) {
      builder.rollBack(before)
      if (!(error instanceof MalformedBytes)) throw error
      return undecoded({
        code: 'otlp-malformed',
        what: 'Cannot read the spans',
        where: { file: source, path: `byte ${error.at}` },
        why: `${error.message} (in ${bytes.length} bytes)`,
        fix: 'Send an ExportTraceServiceRequest as protobuf; was the body cut off, compressed, or JSON?',
      })
    } finally {
      reader.bytes = new Uint8Array(0)
    }
    return decoded({
      spans: builder.length - before.rows,
      invalid: builder.dropped.invalid - before.dropped.invalid,
    })
  }

  #readRequest(end: number): void {
    const reader = this.#reader
    const firstRow = this.#builder.length
    const { bytes } = reader
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag === 0x0a) this.#readResourceSpans(reader.fieldEnd(end))
      else reader.skip(tag, end)
    }
    if (this.#builder.keepsAttributes && this.#builder.length > firstRow)
      this.#builder.addDetails(firstRow, protobufDetails(bytes, this.#ranges.slice(0, this.#rangesEnd)))
  }

  /** Twice over the fields, because the resource may come after its spans. */
  #readResourceSpans(end: number): void {
    const reader = this.#reader
    const start = reader.at
    const resources: number[] = []
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag !== 0x0a) reader.skip(tag, end)
      else {
        const resourceEnd = reader.fieldEnd(end)
        resources.push(reader.at, resourceEnd)
        reader.at = resourceEnd
      }
    }
    const resource = this.#resourceId(resources)
    reader.at = start
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag === 0x12) this.#readScopeSpans(reader.fieldEnd(end), resource)
      else reader.skip(tag, end)
    }
  }

  #resourceId(ranges: readonly number[]): number {
    const { bytes } = this.#reader
    const [start = 0, end = start] = ranges
    if (ranges.length > 2) return this.#builder.addResource(this.#readResources(ranges))
    return this.#builder.resourceIdOfBytes(bytes, start, end, () => this.#readResources(ranges))
  }

  #readResources(ranges: readonly number[]): Record<string, AttributeValue> {
    const reader = this.#reader
    const attributes: Record<string, AttributeValue> = {}
    for (let i = 0; i < ranges.length; i += 2) {
      const end = ranges[i + 1] ?? 0
      reader.at = ranges[i] ?? 0
      while (reader.at < end) {
        const tag = reader.varint(end)
        if (tag === 0x0a) readKeyValue(reader, reader.fieldEnd(end), attributes)
        else reader.skip(tag, end)
      }
    }
    return attributes
  }

  #readScopeSpans(end: number, resource: number): void {
    const reader = this.#reader
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag !== 0x12) {
        reader.skip(tag, end)
        continue
      }
      const spanEnd = reader.fieldEnd(end)
      const start = reader.at
      if (this.#spans.read(spanEnd, resource) && this.#builder.keepsAttributes)
        this.#keepRange(start, spanEnd)
    }
  }

  #keepRange(start: number, end: number): void {
    if (this.#rangesEnd === this.#ranges.length) {
      const wider = new Uint32Array(this.#ranges.length * 2)
      wider.set(this.#ranges)
      this.#ranges = wider
    }
    this.#ranges[this.#rangesEnd++] = start
    this.#ranges[this.#rangesEnd++] = end
  }
}

/** Decodes one request; to decode many, keep an OtlpProtobufDecoder. */
export function decodeOtlpProtobuf(
  bytes: Uint8Array,
  builder: SpanTableBuilder,
  source?: string,
): Decoded<OtlpDecodeCount> {
  return new OtlpProtobufDecoder(builder).decode(bytes, source)
}
