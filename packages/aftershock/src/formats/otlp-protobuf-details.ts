import type { AttributeValue, SpanDetails, SpanEvent } from '../model/span-table.ts'
import { SPAN_LIMITS } from './otlp-limits.ts'
import { readKeyValue, readText, readUint64 } from './otlp-protobuf-value.ts'
import { WireReader } from './otlp-wire.ts'

/**
 * Attributes and events out of the bytes of a request, decoded when asked for: a span costs its own bytes
 * and no objects. The bytes were checked when the request was read.
 *
 * @param ranges - start and end of each Span message in `bytes`
 */
export function protobufDetails(bytes: Uint8Array, ranges: Uint32Array): SpanDetails {
  const reader = new WireReader()
  reader.bytes = bytes
  const each = (index: number, wanted: number, max: number, read: (end: number) => void): void => {
    const end = ranges[index * 2 + 1] ?? 0
    reader.at = ranges[index * 2] ?? 0
    let count = 0
    while (reader.at < end) {
      const tag = reader.varint(end)
      if (tag === wanted && count++ < max) read(reader.fieldEnd(end))
      else reader.skip(tag, end)
    }
  }
  return {
    attributesOf(index) {
      const attributes: Record<string, AttributeValue> = {}
      each(index, 0x4a, SPAN_LIMITS.attributesMax, (end) => readKeyValue(reader, end, attributes))
      return attributes
    },
    eventsOf(index) {
      const events: SpanEvent[] = []
      each(index, 0x5a, SPAN_LIMITS.eventsMax, (end) => events.push(readEvent(reader, end)))
      return events
    },
    messageOf: (index) => ({ bytes, start: ranges[index * 2] ?? 0, end: ranges[index * 2 + 1] ?? 0 }),
  }
}

function readEvent(reader: WireReader, end: number): SpanEvent {
  let timeNs = 0n
  let name = ''
  const attributes: Record<string, AttributeValue> = {}
  while (reader.at < end) {
    const tag = reader.varint(end)
    if (tag === 0x09) timeNs = readUint64(reader, reader.fixed(8, end))
    else if (tag === 0x12) name = readText(reader, end)
    else if (tag === 0x1a) readKeyValue(reader, reader.fieldEnd(end), attributes)
    else reader.skip(tag, end)
  }
  return { timeNs, name, attributes }
}
