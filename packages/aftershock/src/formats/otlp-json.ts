import { type Decoded, decoded, undecoded } from '../model/problem.ts'
import type { SpanTableBuilder } from '../model/span-table-builder.ts'
import { isObject, type Json } from './json-shape.ts'
import { JsonSpanReader } from './otlp-json-span.ts'
import { attributesOf, fieldOf } from './otlp-json-value.ts'
import type { OtlpDecodeCount } from './otlp-protobuf.ts'

/** Something in parsed JSON is of another kind than OTLP says; caught here, answered as a Problem. */
class WrongShape extends Error {
  readonly path: string

  constructor(path: string, expected: string, value: unknown) {
    super(`${path} must be ${expected}: current value is ${JSON.stringify(value)?.slice(0, 60)}`)
    this.path = path
  }
}

/**
 * Decodes OTLP JSON into a builder: lowerCamelCase or snake_case names, ids as hex in either case (or
 * base64, as Tempo writes them), 64-bit integers as text or numbers, enums as integers or names, unknown
 * fields ignored. A request that cannot be read leaves nothing behind.
 *
 * @see https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding
 */
export class OtlpJsonDecoder {
  #builder: SpanTableBuilder
  #spans: JsonSpanReader
  #text = new TextDecoder()

  constructor(builder: SpanTableBuilder) {
    this.#builder = builder
    this.#spans = new JsonSpanReader(builder)
  }

  /** One ExportTraceServiceRequest (or TracesData) as JSON. */
  decode(body: Uint8Array | string, source = 'OTLP request'): Decoded<OtlpDecodeCount> {
    let request: unknown
    try {
      request = JSON.parse(typeof body === 'string' ? body : this.#text.decode(body))
    } catch (error) {
      return undecoded({
        code: 'otlp-json-syntax',
        what: 'Cannot read the spans',
        where: { file: source },
        why: `The body must be JSON: ${(error as Error).message}`,
        fix: 'Send an ExportTraceServiceRequest as JSON; was the body cut off, or is it protobuf?',
      })
    }
    return this.decodeParsed(request, source)
  }

  /** The same, already parsed. */
  decodeParsed(request: unknown, source = 'OTLP request'): Decoded<OtlpDecodeCount> {
    if (!isObject(request)) return this.#undo(new WrongShape('the request', 'an object', request), source)
    return this.decodeResourceSpans(fieldOf(request, 'resourceSpans', 'resource_spans') ?? [], source)
  }

  /** A list of ResourceSpans: what `resourceSpans`, or Tempo's `batches`, holds. */
  decodeResourceSpans(list: unknown, source = 'OTLP request'): Decoded<OtlpDecodeCount> {
    const builder = this.#builder
    const before = builder.mark()
    this.#spans.restart()
    try {
      for (const [item, path] of objectsOf(list, 'resourceSpans')) this.#readResourceSpans(item, path)
    } catch (error) {
      builder.rollBack(before)
      if (error instanceof WrongShape) return this.#undo(error, source)
      throw error
    }
    return decoded({
      spans: builder.length - before.rows,
      invalid: builder.dropped.invalid - before.dropped.invalid,
    })
  }

  #readResourceSpans(group: Json, path: string): void {
    const resource = this.#builder.addResource(
      attributesOf(isObject(group.resource) ? group.resource.attributes : []),
    )
    // Before OTLP 0.15 scopes were instrumentation libraries; Tempo 1 still wrote them.
    const scopes = fieldOf(group, 'scopeSpans', 'scope_spans') ?? group.instrumentationLibrarySpans ?? []
    for (const [scope, scopePath] of objectsOf(scopes, `${path}.scopeSpans`)) {
      for (const [span] of objectsOf(scope.spans ?? [], `${scopePath}.spans`))
        this.#spans.read(span, resource)
    }
  }

  #undo(error: WrongShape, source: string): Decoded<OtlpDecodeCount> {
    return undecoded({
      code: 'otlp-json-shape',
      what: 'Cannot read the spans',
      where: { file: source, path: error.path },
      why: error.message,
      fix: 'Send {"resourceSpans":[{"resource":{…},"scopeSpans":[{"spans":[…]}]}]}',
    })
  }
}

function* objectsOf(list: unknown, path: string): Generator<[Json, string]> {
  if (!Array.isArray(list)) throw new WrongShape(path, 'a list', list)
  for (let i = 0; i < list.length; i++) {
    const item: unknown = list[i]
    if (!isObject(item)) throw new WrongShape(`${path}[${i}]`, 'an object', item)
    yield [item, path]
  }
}

/** Decodes one request; to decode many, keep an OtlpJsonDecoder. */
export function decodeOtlpJson(
  body: Uint8Array | string,
  builder: SpanTableBuilder,
  source?: string,
): Decoded<OtlpDecodeCount> {
  return new OtlpJsonDecoder(builder).decode(body, source)
}
