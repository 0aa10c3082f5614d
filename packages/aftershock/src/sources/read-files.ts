import * as zlib from 'node:zlib'
import { attachExceptionLogs } from '../formats/otlp-logs.ts'
import { OtlpProtobufDecoder } from '../formats/otlp-protobuf.ts'
import { type TraceFormat, TraceJsonDecoder } from '../formats/trace-json.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { SpanRows } from '../model/span-columns.ts'
import type { SpanTable } from '../model/span-table.ts'
import { SpanTableBuilder } from '../model/span-table-builder.ts'
import { type FoundFile, findFiles } from './find-files.ts'
import { type ChunkReader, type FileTally, JsonTraces } from './json-traces.ts'
import { isZstd, plainBytes } from './plain-bytes.ts'
import { bareProtobuf, count, framedMessages, MESSAGE_BYTES_MAX } from './protobuf-traces.ts'
import { type SampleTaken, TraceSample } from './trace-sample.ts'

export type ReadFile = {
  readonly file: string
  /** Undefined when nothing in it could be read. */
  readonly format: TraceFormat | undefined
  readonly spans: number
  readonly invalid: number
}

export type ReadProgress = {
  readonly file: string
  readonly bytesRead: number
  /** As they are on disk; undefined for standard input. */
  readonly bytesTotal: number | undefined
  /** Of all files so far. */
  readonly spans: number
}

/** Takes spans off the table when there are too many. */
export type Overflow = {
  /** Of more spans than that all are taken, and all that follow, so many at a time. */
  readonly tableSpansMax: number
  readonly spansRead: number
  take(builder: SpanTableBuilder): void
  /** Visits rows that were taken, to fill in what came too late for them: type and message of their error. */
  revisit(builder: SpanTableBuilder, visit: (rows: SpanRows) => void): void
}

export type ReadFilesOptions = {
  readonly attributes: 'keep' | 'drop'
  /** Of more spans than that, whole traces are left out (see `trace-sample.ts`); undefined: no limit. */
  readonly spansMax?: number
  /** Takes spans in where there are more than memory is to hold; then the table has none of them. */
  readonly overflow?: Overflow
  readonly onProgress?: (progress: ReadProgress) => void
}

/**
 * Reads spans from files, globs and `-` (standard input) into one table: OTLP JSON (lines or one
 * document), OTLP protobuf (bare or with lengths), Jaeger, Zipkin and Tempo JSON, rows of ClickHouse, plain, gzip or zstd. All
 * of it is told by content. Files stream through: memory holds columns, not texts.
 *
 * Rejects for what `overflow` throws, never for what is in a file: problems say what could not be read, and the rest is in the table.
 * Problems of level `warning` cost nothing but themselves.
 */
export async function readTraceFiles(
  patterns: readonly string[],
  options: ReadFilesOptions,
): Promise<{
  readonly table: SpanTable
  readonly problems: readonly Problem[]
  readonly files: readonly ReadFile[]
  /** Undefined when the table holds all that was read. */
  readonly sampled: SampleTaken | undefined
}> {
  const builder = new SpanTableBuilder({ attributes: options.attributes, memory: 'shared' })
  const decoders = { json: new TraceJsonDecoder(builder), protobuf: new OtlpProtobufDecoder(builder) }
  const { overflow, spansMax = Number.POSITIVE_INFINITY } = options
  const sample = new TraceSample(builder, spansMax)
  const found = await findFiles(patterns)
  const problems = [...found.problems]
  const files: ReadFile[] = []
  for (const file of found.files) {
    const tally: FileTally = { file: file.path, format: undefined, spans: 0, invalid: 0, problems: [] }
    await readInto(tally, file, decoders, (bytesRead) => {
      if (overflow !== undefined && builder.length > overflow.tableSpansMax) overflow.take(builder)
      sample.makeRoom()
      const spans = sample.spansRead + (overflow?.spansRead ?? 0)
      options.onProgress?.({ file: file.path, bytesRead, bytesTotal: file.bytes, spans })
    })
    problems.push(...tally.problems)
    const { format, spans, invalid } = tally
    files.push({ file: file.path, format, spans, invalid })
  }
  const { exceptionLogs } = decoders.json
  if (overflow !== undefined && (overflow.spansRead > 0 || builder.length > overflow.tableSpansMax)) {
    overflow.take(builder)
    if (exceptionLogs.length > 0)
      overflow.revisit(builder, (rows) => attachExceptionLogs(rows, exceptionLogs))
  }
  attachExceptionLogs(builder, exceptionLogs)
  const sampled = sample.finish()
  return { table: builder.finish(), problems, files, sampled }
}

type Decoders = { readonly json: TraceJsonDecoder; readonly protobuf: OtlpProtobufDecoder }

async function readInto(
  tally: FileTally,
  file: FoundFile,
  decoders: Decoders,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let reader: ChunkReader | undefined
  let head: Uint8Array = new Uint8Array(0)
  let bytes = 0
  try {
    for await (const chunk of plainBytes(file.path, (read) => {
      bytes = read
      onBytes(read)
    })) {
      if (reader !== undefined) reader.push(chunk)
      else {
        head = head.length === 0 ? chunk : Buffer.concat([head, chunk])
        reader = readerFor(head, decoders, tally)
        reader?.push(head)
      }
    }
    reader?.end()
  } catch (error) {
    // Not the file's: where spans are set aside there is no room.
    if (error instanceof ProblemError) throw error
    tally.problems.push({
      code: 'trace-file-broken',
      what: 'Cannot read all of the file',
      where: { file: file.path, path: `byte ${bytes}` },
      why: `The file must be whole: ${(error as Error).message}; everything before was read`,
      fix: 'Was the file copied while it was written, or cut off? Copy it again',
    })
    reader?.end()
  }
  if (reader === undefined || (tally.spans === 0 && tally.problems.length === 0))
    tally.problems.push(nothingIn(tally, head, bytes))
}

const [BRACE, BRACKET, FIELD_1] = [0x7b, 0x5b, 0x0a]

/** Undefined: not enough bytes yet, or no trace format. */
function readerFor(head: Uint8Array, decoders: Decoders, tally: FileTally): ChunkReader | undefined {
  if (isText(head)) {
    const first = head.find((byte) => byte > 0x20 && byte < 0x80)
    return first === BRACE || first === BRACKET ? new JsonTraces(decoders.json, tally) : undefined
  }
  if (head.length < 5) return undefined
  if (head[0] === FIELD_1) return bareProtobuf(decoders.protobuf, tally)
  if (head[4] === FIELD_1 || head[4] === BRACE || isZstd(head.subarray(4))) return framed(decoders, tally)
  return undefined
}

/** A protobuf file can begin with the bytes of `{` too (as a length), but never without control characters. */
function isText(head: Uint8Array): boolean {
  return head
    .subarray(0, 512)
    .every((byte) => byte >= 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d)
}

/** With compression, the collector's file exporter packs each message, JSON or protobuf, by itself. */
function framed(decoders: Decoders, tally: FileTally): ChunkReader {
  return framedMessages((message, offset) => {
    const plain = isZstd(message)
      ? zlib.zstdDecompressSync(message, { maxOutputLength: MESSAGE_BYTES_MAX })
      : message
    if (plain[0] !== BRACE) count(decoders.protobuf.decode(plain, tally.file), tally, offset)
    else {
      const json = new JsonTraces(decoders.json, tally)
      json.push(plain)
      json.end()
    }
  }, tally)
}

function nothingIn(tally: FileTally, head: Uint8Array, bytesRead: number): Problem {
  const begins = JSON.stringify(new TextDecoder().decode(head.subarray(0, 40)))
  const why =
    head.length === 0
      ? bytesRead === 0
        ? 'the file is empty'
        : `of its ${bytesRead} compressed bytes nothing comes out: it is empty within, or cut off`
      : tally.invalid > 0
        ? `none of its ${tally.invalid} spans has valid ids and times`
        : tally.format === undefined
          ? `it begins ${begins}`
          : 'it holds no spans'
  return {
    code: head.length === 0 ? 'trace-file-empty' : 'trace-file-no-spans',
    what: 'Cannot find spans in the file',
    where: { file: tally.file },
    why: `It must be OTLP JSON or protobuf, Jaeger, Zipkin or Tempo JSON or ClickHouse’s JSONEachRow, plain, gzip or zstd: ${why}`,
    fix: "Export the traces again, for example with the collector's file exporter",
  }
}
