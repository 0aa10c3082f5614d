import type { OtlpProtobufDecoder } from '../formats/otlp-protobuf.ts'
import { MalformedBytes, WireReader } from '../formats/otlp-wire.ts'
import type { Problem } from '../model/problem.ts'
import { GrowingBytes } from './growing-bytes.ts'
import type { ChunkReader, FileTally } from './json-traces.ts'

/** A message larger than this is a broken length, not a request. */
export const MESSAGE_BYTES_MAX = 1024 * 1024 * 1024

/**
 * OTLP protobuf without frames: one TracesData, or several one after the other, which protobuf reads as
 * one. Its fields (ResourceSpans) are decoded one by one as they arrive.
 */
export function bareProtobuf(decoder: OtlpProtobufDecoder, tally: FileTally): ChunkReader {
  const pending = new GrowingBytes()
  let offset = 0
  let broken = false
  return {
    push(chunk) {
      if (broken) return
      pending.append(chunk)
      for (let size = fieldSize(pending.view()); size !== undefined; size = fieldSize(pending.view())) {
        if (size === 'malformed') {
          broken = true
          tally.problems.push(protobufProblem(tally.file, offset, 'a field of TracesData must begin here'))
          return
        }
        if (size > pending.length) return
        count(decoder.decode(pending.view(0, size), tally.file), tally, offset)
        pending.take(size)
        offset += size
      }
    },
    end() {
      if (!broken && pending.length > 0)
        tally.problems.push(protobufProblem(tally.file, offset, 'the file ends within a field'))
    },
  }
}

/** Size of the field at the front with its tag; undefined: not enough bytes to tell. */
function fieldSize(bytes: Uint8Array): number | 'malformed' | undefined {
  if (bytes.length === 0) return undefined
  const reader = new WireReader()
  reader.bytes = bytes
  const headEnd = Math.min(bytes.length, 20)
  try {
    const tag = reader.varint(headEnd)
    if ((tag & 7) !== 2) {
      reader.skip(tag, headEnd)
      return reader.at
    }
    const length = reader.varint(headEnd)
    return length > MESSAGE_BYTES_MAX ? 'malformed' : reader.at + length
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error
    return bytes.length < 20 ? undefined : 'malformed'
  }
}

/** OTLP messages, each after its length in 4 bytes, as the collector's file exporter writes them. */
export function framedMessages(
  read: (message: Uint8Array, offset: number) => void,
  tally: FileTally,
): ChunkReader {
  const pending = new GrowingBytes()
  let offset = 0
  let broken = false
  return {
    push(chunk) {
      if (broken) return
      pending.append(chunk)
      while (pending.length >= 4) {
        const head = pending.view(0, 4)
        const length = new DataView(head.buffer, head.byteOffset).getUint32(0)
        if (length > MESSAGE_BYTES_MAX) {
          broken = true
          tally.problems.push(protobufProblem(tally.file, offset, `a message cannot have ${length} bytes`))
          return
        }
        if (pending.length < 4 + length) return
        read(pending.view(4, 4 + length), offset + 4)
        pending.take(4 + length)
        offset += 4 + length
      }
    },
    end() {
      if (!broken && pending.length > 0)
        tally.problems.push(protobufProblem(tally.file, offset, 'the file ends within a message'))
    },
  }
}

/** Adds what a message brought to the tally; its problems tell the offset within the file. */
export function count(
  result: ReturnType<OtlpProtobufDecoder['decode']>,
  tally: FileTally,
  offset: number,
): void {
  tally.format ??= 'otlp-protobuf'
  if (result.ok) {
    tally.spans += result.value.spans
    tally.invalid += result.value.invalid
    return
  }
  for (const problem of result.problems) {
    const within = Number(/\d+/.exec(problem.where?.path ?? '')?.[0] ?? 0)
    tally.problems.push({ ...problem, where: { file: tally.file, path: `byte ${offset + within}` } })
  }
}

function protobufProblem(file: string, offset: number, why: string): Problem {
  return {
    code: 'protobuf-cut-off',
    what: 'Cannot read all of the file',
    where: { file, path: `byte ${offset}` },
    why: `OTLP protobuf must be whole: ${why}; everything before it was read`,
    fix: 'Was the file copied while it was written, or cut off? Copy it again',
  }
}
