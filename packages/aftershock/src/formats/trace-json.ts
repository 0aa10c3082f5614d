import { type Decoded, decoded, type Problem, undecoded } from '../model/problem.ts'
import type { SpanTableBuilder } from '../model/span-table-builder.ts'
import { addClickHouseRow, isClickHouseRow } from './clickhouse.ts'
import { addJaegerTrace, isJaegerTrace } from './jaeger.ts'
import { isObject } from './json-shape.ts'
import { OtlpJsonDecoder } from './otlp-json.ts'
import { EXCEPTION_LOGS_MAX, type ExceptionLog, logsOfJson } from './otlp-logs.ts'
import type { OtlpDecodeCount } from './otlp-protobuf.ts'
import { addZipkinSpans, isZipkinSpan } from './zipkin.ts'

/** Formats told apart by what is in them, never by a file's name. */
export type TraceFormat = 'otlp-json' | 'otlp-protobuf' | 'jaeger' | 'zipkin' | 'tempo' | 'clickhouse'
export type TraceJsonResult = OtlpDecodeCount & { readonly format: TraceFormat }

/** Lists and objects around the spans: `{"data":[{…}]}`, `{"result":{…}}`, `[[…]]`. */
const WRAPPERS_MAX = 6

/**
 * Adds parsed JSON of whichever trace format it is: OTLP (also in the `{"result":…}` of Jaeger's api_v3),
 * Tempo (`batches`, or `trace`), Jaeger (`data`, or one trace), Zipkin (spans, or lists of
 * them), rows of ClickHouse's `otel_traces`.
 */
export class TraceJsonDecoder {
  /** Seen on the way; give them to `attachExceptionLogs()` when all spans are there. */
  readonly exceptionLogs: ExceptionLog[] = []
  #builder: SpanTableBuilder
  #otlp: OtlpJsonDecoder

  constructor(builder: SpanTableBuilder) {
    this.#builder = builder
    this.#otlp = new OtlpJsonDecoder(builder)
  }

  /** @param source - file and line, for problems */
  add(json: unknown, source: string): Decoded<TraceJsonResult> {
    return this.#add(json, source, 0)
  }

  #add(json: unknown, source: string, depth: number): Decoded<TraceJsonResult> {
    if (Array.isArray(json) && depth < WRAPPERS_MAX) return this.#addList(json, source, depth + 1)
    if (!isObject(json) || depth >= WRAPPERS_MAX) return undecoded(unknownFormat(source, json))
    if ('resourceSpans' in json || 'resource_spans' in json)
      return named('otlp-json', this.#otlp.decodeParsed(json, source))
    if (Array.isArray(json.batches))
      return named('tempo', this.#otlp.decodeResourceSpans(json.batches, source))
    if ('scopeSpans' in json || 'scope_spans' in json || 'instrumentationLibrarySpans' in json)
      return named('otlp-json', this.#otlp.decodeResourceSpans([json], source))
    if (isObject(json.result)) return this.#add(json.result, source, depth + 1)
    if (isObject(json.trace)) return named('tempo', this.#add(json.trace, source, depth + 1))
    if (isJaegerTrace(json)) return decoded({ ...addJaegerTrace(this.#builder, json), format: 'jaeger' })
    if (Array.isArray(json.data)) return this.#addList(json.data, source, depth + 1)
    if (isZipkinSpan(json)) return decoded({ ...addZipkinSpans(this.#builder, [json]), format: 'zipkin' })
    if (isClickHouseRow(json))
      return decoded({ ...addClickHouseRow(this.#builder, json), format: 'clickhouse' })
    if ('resourceLogs' in json || 'resource_logs' in json) {
      for (const log of logsOfJson(json).exceptions)
        if (this.exceptionLogs.length < EXCEPTION_LOGS_MAX) this.exceptionLogs.push(log)
    }
    // An empty ExportTraceServiceRequest, and records of other signals in the same file.
    if (Object.keys(json).length === 0 || 'resourceLogs' in json || 'resourceMetrics' in json)
      return decoded({ spans: 0, invalid: 0, format: 'otlp-json' })
    return undecoded(unknownFormat(source, json))
  }

  #addList(list: readonly unknown[], source: string, depth: number): Decoded<TraceJsonResult> {
    if (list.some(isZipkinSpan)) return decoded({ ...addZipkinSpans(this.#builder, list), format: 'zipkin' })
    const total = { spans: 0, invalid: 0, format: 'zipkin' as TraceFormat }
    const problems: Problem[] = []
    for (const item of list) {
      const result = this.#add(item, source, depth)
      if (result.ok) {
        total.spans += result.value.spans
        total.invalid += result.value.invalid
        total.format = result.value.format
      } else problems.push(...result.problems)
    }
    return total.spans === 0 && problems.length > 0 ? undecoded(...problems) : decoded(total, problems)
  }
}

function named(format: TraceFormat, result: Decoded<OtlpDecodeCount>): Decoded<TraceJsonResult> {
  return result.ok ? decoded({ ...result.value, format }, result.warnings) : result
}

function unknownFormat(source: string, json: unknown): Problem {
  return {
    code: 'trace-format',
    what: 'Cannot tell the format of the traces',
    where: { file: source },
    why: `It must be OTLP JSON, OTLP protobuf, Jaeger, Zipkin, Tempo or rows of ClickHouse’s otel_traces: it begins ${JSON.stringify(json)?.slice(0, 80)}`,
    fix: "Export the traces as OTLP JSON lines (the collector's file exporter), or save Jaeger's JSON",
  }
}
