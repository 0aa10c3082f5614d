import { OtlpJsonDecoder } from '../formats/otlp-json.ts'
import { type OtlpDecodeCount, OtlpProtobufDecoder } from '../formats/otlp-protobuf.ts'
import type { Decoded } from '../model/problem.ts'
import type { SpanTableBuilder } from '../model/span-table-builder.ts'

/** Decodes plain traces bodies of either encoding into one builder, and keeps their bytes; nothing of a malformed one stays. */
export type BodyDecoder = (encoding: 'protobuf' | 'json', bytes: Uint8Array) => Decoded<OtlpDecodeCount>

export function bodyDecoder(builder: SpanTableBuilder): BodyDecoder {
  const protobuf = new OtlpProtobufDecoder(builder, 'given')
  const json = new OtlpJsonDecoder(builder)
  return (encoding, bytes) => (encoding === 'protobuf' ? protobuf.decode(bytes) : json.decode(bytes))
}
