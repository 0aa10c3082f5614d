import { type Decoded, decoded, undecoded } from '../model/problem.ts'
import type { SpanRows } from '../model/span-columns.ts'
import type { AttributeValue } from '../model/span-table.ts'
import { hexOf, writeHex } from '../model/trace-ids.ts'
import { isObject, listOf } from './json-shape.ts'
import { attributesOf, fieldOf, writeId } from './otlp-json-value.ts'
import { readKeyValue } from './otlp-protobuf-value.ts'
import { MalformedBytes, WireReader } from './otlp-wire.ts'

/**
 * An exception that was logged instead of being a span event, as the semantic conventions want since 1.40.
 * Ids are lower-case hex; type and message may be '' but not both.
 */
export type ExceptionLog = {
  readonly traceId: string
  readonly spanId: string
  readonly type: string
  readonly message: string
}

/** What a request of logs brought: all records, and the exceptions of spans among them. */
export type LogsRead = { readonly records: number; readonly exceptions: readonly ExceptionLog[] }

/** Logs that wait for their spans; a caller keeps no more. */
export const EXCEPTION_LOGS_MAX = 100_000

/**
 * Writes logged exceptions into the error columns of their spans, where those say nothing yet. Call it when
 * the spans are there: it looks at each row once.
 *
 * @returns how many found their span, and those that did not (their span may still come)
 */
export function attachExceptionLogs(
  builder: SpanRows,
  logs: readonly ExceptionLog[],
): { readonly attached: number; readonly waiting: readonly ExceptionLog[] } {
  if (logs.length === 0) return { attached: 0, waiting: [] }
  const { spanIds, traceIds, errorType, errorMessage } = builder.columns
  const words = new Uint32Array(spanIds.buffer)
  const bySpan = logsBySpanWord(logs)
  const found = new Set<ExceptionLog>()
  for (let row = 0; row < builder.length; row++) {
    const candidates = bySpan.get(words[row * 2] ?? 0)
    if (candidates === undefined) continue
    const spanId = hexOf(spanIds, row * 8, 8)
    const traceId = hexOf(traceIds, row * 16, 16)
    // The last exception is the one that ended the span, as with span events.
    const log = candidates.findLast((one) => one.spanId === spanId && one.traceId === traceId)
    if (log === undefined) continue
    for (const one of candidates) if (one.spanId === spanId && one.traceId === traceId) found.add(one)
    if (errorType[row] === 0) errorType[row] = builder.stringId(log.type)
    if (errorMessage[row] === 0) errorMessage[row] = builder.stringId(log.message)
  }
  return { attached: found.size, waiting: logs.filter((log) => !found.has(log)) }
}

function logsBySpanWord(logs: readonly ExceptionLog[]): ReadonlyMap<number, ExceptionLog[]> {
  const bytes = new Uint8Array(8)
  const words = new Uint32Array(bytes.buffer)
  const bySpan = new Map<number, ExceptionLog[]>()
  for (const log of logs) {
    if (!writeHex(log.spanId, bytes, 0, 8)) continue
    const word = words[0] ?? 0
    const others = bySpan.get(word)
    if (others === undefined) bySpan.set(word, [log])
    else others.push(log)
  }
  return bySpan
}

/** Reads a plain ExportLogsServiceRequest; what cannot be read is a problem. */
export function readLogs(
  encoding: 'protobuf' | 'json',
  bytes: Uint8Array,
  source = 'OTLP logs request',
): Decoded<LogsRead> {
  if (encoding === 'protobuf') return logsOfProtobuf(bytes, source)
  try {
    return decoded(logsOfJson(JSON.parse(new TextDecoder().decode(bytes))))
  } catch (error) {
    return undecoded({
      code: 'otlp-json-syntax',
      what: 'Cannot read the log records',
      where: { file: source },
      why: `The body must be JSON: ${(error as Error).message}`,
      fix: 'Send an ExportLogsServiceRequest as JSON; was the body cut off, or is it protobuf?',
    })
  }
}

/** A parsed ExportLogsServiceRequest; records that are no exception, or belong to no span, are only counted. */
export function logsOfJson(request: unknown): LogsRead {
  const exceptions: ExceptionLog[] = []
  let records = 0
  const bytes = new Uint8Array(24)
  if (!isObject(request)) return { records, exceptions }
  for (const group of listOf(fieldOf(request, 'resourceLogs', 'resource_logs')).filter(isObject)) {
    for (const scope of listOf(fieldOf(group, 'scopeLogs', 'scope_logs')).filter(isObject)) {
      for (const record of listOf(fieldOf(scope, 'logRecords', 'log_records')).filter(isObject)) {
        records += 1
        if (!writeId(fieldOf(record, 'traceId', 'trace_id'), bytes, 0, 16)) continue
        if (!writeId(fieldOf(record, 'spanId', 'span_id'), bytes, 16, 8)) continue
        const log = exceptionLog(bytes, 0, 16, attributesOf(record.attributes))
        if (log !== undefined) exceptions.push(log)
      }
    }
  }
  return { records, exceptions }
}

function logsOfProtobuf(bytes: Uint8Array, source: string): Decoded<LogsRead> {
  const reader = new WireReader()
  reader.bytes = bytes
  const exceptions: ExceptionLog[] = []
  let records = 0
  try {
    // ExportLogsServiceRequest.resource_logs = 1, ResourceLogs.scope_logs = 2, ScopeLogs.log_records = 2
    eachField(reader, bytes.length, 0x0a, (groupEnd) =>
      eachField(reader, groupEnd, 0x12, (scopeEnd) =>
        eachField(reader, scopeEnd, 0x12, (end) => {
          records += 1
          const log = readLogRecord(reader, end)
          if (log !== undefined) exceptions.push(log)
        }),
      ),
    )
  } catch (error) {
    if (!(error instanceof MalformedBytes)) throw error
    return undecoded({
      code: 'otlp-malformed',
      what: 'Cannot read the log records',
      where: { file: source, path: `byte ${error.at}` },
      why: error.message,
      fix: 'Send an ExportLogsServiceRequest as protobuf; was the body cut off, compressed, or JSON?',
    })
  }
  return decoded({ records, exceptions })
}

function eachField(reader: WireReader, end: number, wanted: number, read: (end: number) => void): void {
  while (reader.at < end) {
    const tag = reader.varint(end)
    if (tag === wanted) read(reader.fieldEnd(end))
    else reader.skip(tag, end)
  }
}

function readLogRecord(reader: WireReader, end: number): ExceptionLog | undefined {
  const attributes: Record<string, AttributeValue> = {}
  let traceIdAt = -1
  let spanIdAt = -1
  while (reader.at < end) {
    const tag = reader.varint(end)
    if (tag === 0x32) readKeyValue(reader, reader.fieldEnd(end), attributes)
    else if (tag === 0x4a || tag === 0x52) {
      const fieldEnd = reader.fieldEnd(end)
      const length = fieldEnd - reader.at
      if (tag === 0x4a) traceIdAt = length === 16 ? reader.at : -1
      else spanIdAt = length === 8 ? reader.at : -1
      reader.at = fieldEnd
    } else reader.skip(tag, end)
  }
  if (traceIdAt === -1 || spanIdAt === -1) return undefined
  return exceptionLog(reader.bytes, traceIdAt, spanIdAt, attributes)
}

function exceptionLog(
  bytes: Uint8Array,
  traceIdAt: number,
  spanIdAt: number,
  attributes: Readonly<Record<string, AttributeValue>>,
): ExceptionLog | undefined {
  const type = String(attributes['exception.type'] ?? '')
  const message = String(attributes['exception.message'] ?? '')
  if (type === '' && message === '') return undefined
  return { traceId: hexOf(bytes, traceIdAt, 16), spanId: hexOf(bytes, spanIdAt, 8), type, message }
}
