import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue } from '../model/span-table.ts'
import { writeHex } from '../model/trace-ids.ts'
import type { SpanGroup } from './otlp-groups.ts'

const encoder = new TextEncoder()

/** Spans as an ExportTraceServiceRequest, for exporters, benchmarks and tests. Numbers that are safe integers become int64. */
export function encodeOtlpProtobuf(groups: readonly SpanGroup[]): Uint8Array {
  const writer = new WireWriter()
  for (const group of groups) {
    writer.message(0x0a, () => {
      writer.message(0x0a, () => writeAttributes(writer, 0x0a, group.resource))
      writer.message(0x12, () => {
        const { scope } = group
        if (scope !== undefined)
          writer.message(0x0a, () => {
            writer.text(0x0a, scope.name)
            writer.text(0x12, scope.version)
          })
        for (const span of group.spans) writer.message(0x12, () => writeSpan(writer, span))
      })
    })
  }
  return writer.finish()
}

function writeSpan(writer: WireWriter, span: SpanInput): void {
  writer.hex(0x0a, span.traceId, 16)
  writer.hex(0x12, span.spanId, 8)
  if (span.parentSpanId !== undefined) writer.hex(0x22, span.parentSpanId, 8)
  writer.text(0x2a, span.name)
  writer.tagged(0x30, span.kind)
  writer.fixed64(0x39, span.startNs)
  writer.fixed64(0x41, span.endNs)
  writeAttributes(writer, 0x4a, span.attributes ?? {})
  for (const event of span.events ?? []) {
    writer.message(0x5a, () => {
      writer.fixed64(0x09, event.timeNs)
      writer.text(0x12, event.name)
      writeAttributes(writer, 0x1a, event.attributes ?? {})
    })
  }
  for (const link of span.links ?? []) {
    writer.message(0x6a, () => {
      writer.hex(0x0a, link.traceId, 16)
      writer.hex(0x12, link.spanId, 8)
    })
  }
  writer.message(0x7a, () => {
    if (span.statusMessage) writer.text(0x12, span.statusMessage)
    if (span.status) writer.tagged(0x18, span.status)
  })
}

function writeAttributes(
  writer: WireWriter,
  tag: number,
  attributes: Readonly<Record<string, AttributeValue>>,
): void {
  for (const [key, value] of Object.entries(attributes)) {
    writer.message(tag, () => {
      writer.text(0x0a, key)
      writer.message(0x12, () => writeValue(writer, value))
    })
  }
}

function writeValue(writer: WireWriter, value: AttributeValue): void {
  if (typeof value === 'string') writer.text(0x0a, value)
  else if (typeof value === 'boolean') writer.tagged(0x10, Number(value))
  else if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) writer.double(0x21, value)
    else writer.int64(0x18, BigInt(value))
  } else if (Array.isArray(value)) {
    writer.message(0x2a, () => {
      for (const item of value) writer.message(0x0a, () => writeValue(writer, item))
    })
  } else {
    writer.message(0x32, () => writeAttributes(writer, 0x0a, value as Record<string, AttributeValue>))
  }
}

class WireWriter {
  #bytes = new Uint8Array(4096)
  #view = new DataView(this.#bytes.buffer)
  #at = 0

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at)
  }

  /** A field whose length is known only after its content: room for 5 bytes, an overlong but legal varint. */
  message(tag: number, content: () => void): void {
    this.#varint(tag)
    this.#room(5)
    const lengthAt = this.#at
    this.#at += 5
    content()
    let length = this.#at - lengthAt - 5
    // Most are short: one byte, and the content moves up.
    if (length < 128) {
      this.#bytes.copyWithin(lengthAt + 1, lengthAt + 5, this.#at)
      this.#bytes[lengthAt] = length
      this.#at -= 4
      return
    }
    for (let i = 0; i < 4; i++, length >>>= 7) this.#bytes[lengthAt + i] = (length & 0x7f) | 0x80
    this.#bytes[lengthAt + 4] = length
  }

  text(tag: number, text: string): void {
    this.message(tag, () => {
      this.#room(text.length * 3)
      this.#at += encoder.encodeInto(text, this.#bytes.subarray(this.#at)).written
    })
  }

  hex(tag: number, hex: string, length: number): void {
    this.message(tag, () => {
      this.#room(length)
      if (writeHex(hex, this.#bytes, this.#at, length)) this.#at += length
    })
  }

  tagged(tag: number, value: number): void {
    this.#varint(tag)
    this.#varint(value)
  }

  int64(tag: number, value: bigint): void {
    this.#varint(tag)
    this.#room(10)
    let rest = BigInt.asUintN(64, value)
    for (; rest > 127n; rest >>= 7n) this.#bytes[this.#at++] = Number(rest & 127n) | 0x80
    this.#bytes[this.#at++] = Number(rest)
  }

  fixed64(tag: number, value: bigint): void {
    this.#varint(tag)
    this.#room(8)
    this.#view.setBigUint64(this.#at, value, true)
    this.#at += 8
  }

  double(tag: number, value: number): void {
    this.#varint(tag)
    this.#room(8)
    this.#view.setFloat64(this.#at, value, true)
    this.#at += 8
  }

  #varint(value: number): void {
    this.#room(5)
    let rest = value
    for (; rest > 127; rest >>>= 7) this.#bytes[this.#at++] = (rest & 127) | 128
    this.#bytes[this.#at++] = rest
  }

  #room(length: number): void {
    if (this.#at + length <= this.#bytes.length) return
    const wider = new Uint8Array((this.#at + length) * 2)
    wider.set(this.#bytes)
    this.#bytes = wider
    this.#view = new DataView(wider.buffer)
  }
}
