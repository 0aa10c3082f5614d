import { OtlpProtobufDecoder } from '../formats/otlp-protobuf.ts'
import { type Decoded, undecoded } from '../model/problem.ts'
import type { SpanTableBuilder } from '../model/span-table-builder.ts'

export type DecodedSpans = { readonly spans: number; readonly invalid: number }

/** Decodes plain traces bodies of either encoding into one builder; nothing of a malformed one stays. */
export type BodyDecoder = (encoding: 'protobuf' | 'json', bytes: Uint8Array) => Decoded<DecodedSpans>

export function bodyDecoder(builder: SpanTableBuilder): BodyDecoder {
  const protobuf = new OtlpProtobufDecoder(builder)
  return (encoding, bytes) => (encoding === 'protobuf' ? protobuf.decode(bytes) : undecoded())
}
