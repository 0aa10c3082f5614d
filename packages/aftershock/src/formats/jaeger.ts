import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue } from '../model/span-table.ts'
import type { SpanTableBuilder } from '../model/span-table-builder.ts'
import {
  addForeignSpans,
  type ForeignSpan,
  KIND_BY_NAME,
  microsecondsAsNs,
  paddedId,
} from './foreign-spans.ts'
import { isObject, type Json, listOf, setOwn, textOf } from './json-shape.ts'
import type { OtlpDecodeCount } from './otlp-protobuf.ts'

/** Whether this is a trace as Jaeger's UI and `/api/traces` show it: spans beside their processes. */
export function isJaegerTrace(value: Json): boolean {
  return Array.isArray(value.spans) && (isObject(value.processes) || 'traceID' in value)
}

/**
 * Adds one trace of Jaeger JSON: `{traceID, spans, processes}`. Times are microseconds there.
 *
 * @see https://www.jaegertracing.io/docs/latest/apis/ and internal/uimodel in Jaeger's sources
 */
export function addJaegerTrace(builder: SpanTableBuilder, trace: Json): OtlpDecodeCount {
  const resources = new Map<string, ForeignSpan['resource']>()
  const processes = isObject(trace.processes) ? trace.processes : {}
  const resourceFor = (span: Json): ForeignSpan['resource'] => {
    const id = textOf(span.processID)
    let resource = resources.get(id)
    if (resource === undefined) {
      const process = isObject(span.process) ? span.process : processes[id]
      resource = processResource(isObject(process) ? process : {})
      // Spans with a process of their own share no id.
      if (!isObject(span.process)) resources.set(id, resource)
    }
    return resource
  }
  return addForeignSpans(
    builder,
    listOf(trace.spans).map((span) => (isObject(span) ? jaegerSpan(span, resourceFor(span)) : undefined)),
  )
}

function jaegerSpan(span: Json, resource: ForeignSpan['resource']): ForeignSpan | undefined {
  const startNs = microsecondsAsNs(span.startTime)
  const durationNs = microsecondsAsNs(span.duration ?? 0)
  if (startNs === undefined || startNs === 0n || durationNs === undefined) return undefined
  const { tags, kind, status, statusMessage } = readTags(span.tags)
  const references = listOf(span.references).filter(isObject)
  const traceId = paddedId(span.traceID, 32)
  // A parent in another trace is a link: ids are only unique within a trace.
  const parent = references.find((ref) => ref.refType === 'CHILD_OF' && paddedId(ref.traceID, 32) === traceId)
  const links = references
    .filter((reference) => reference !== parent)
    .map(({ traceID, spanID }) => ({ traceId: paddedId(traceID, 32), spanId: paddedId(spanID, 16) }))
  return {
    resource,
    span: {
      traceId,
      spanId: paddedId(span.spanID, 16),
      parentSpanId: paddedId(parent?.spanID ?? span.parentSpanID, 16) || undefined,
      name: textOf(span.operationName),
      kind,
      startNs,
      endNs: startNs + durationNs,
      status,
      statusMessage,
      attributes: tags,
      events: listOf(span.logs).filter(isObject).map(logEvent),
      links,
    },
  }
}

function readTags(list: unknown) {
  const tags: Record<string, AttributeValue> = tagsOf(list)
  const kind = KIND_BY_NAME[String(tags['span.kind'] ?? '').toLowerCase()] ?? 1
  const code = String(tags['otel.status_code'] ?? '').toUpperCase()
  const status: SpanInput['status'] = code === 'ERROR' ? 2 : code === 'OK' ? 1 : 0
  const statusMessage = String(tags['otel.status_description'] ?? '')
  for (const name of ['span.kind', 'otel.status_code', 'otel.status_description']) delete tags[name]
  return { tags, kind, status, statusMessage }
}

/** OpenTelemetry's event name is the field `event`; OpenTracing's errors are `event=error` with `error.kind`. */
function logEvent(log: Json): NonNullable<SpanInput['events']>[number] {
  const { event, ...attributes } = tagsOf(log.fields)
  const timeNs = microsecondsAsNs(log.timestamp) ?? 0n
  const type = attributes['error.kind']
  if (event !== 'error' || type === undefined) return { name: String(event ?? 'log'), timeNs, attributes }
  const exception = { 'exception.type': type, 'exception.message': attributes.message ?? '' }
  return { name: 'exception', timeNs, attributes: { ...attributes, ...exception } }
}

function tagsOf(list: unknown): Record<string, AttributeValue> {
  const tags: Record<string, AttributeValue> = {}
  for (const tag of listOf(list)) {
    if (!isObject(tag) || typeof tag.key !== 'string') continue
    const { value, type } = tag
    if (typeof value === 'string' && (type === 'int64' || type === 'float64'))
      setOwn(tags, tag.key, Number(value))
    else if (typeof value === 'string' && type === 'bool') setOwn(tags, tag.key, value === 'true')
    else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      setOwn(tags, tag.key, value)
  }
  return tags
}

function processResource(process: Json): ForeignSpan['resource'] {
  const tags = tagsOf(process.tags)
  const renamed: Record<string, AttributeValue> = { 'service.name': textOf(process.serviceName) }
  // Jaeger's own clients say `hostname` where the conventions say `host.name`.
  if (tags.hostname !== undefined) renamed['host.name'] = tags.hostname
  return { ...renamed, ...tags }
}
