import type { SpanInput } from '../model/span-input.ts'
import type { AttributeValue } from '../model/span-table.ts'
import type { OtlpObject } from './otlp-objects.ts'

/** Spans made by us as an ExportTraceServiceRequest in OTLP/JSON. */
export function requestObject(
  resource: Readonly<Record<string, AttributeValue>>,
  spans: readonly SpanInput[],
): OtlpObject {
  return {
    resourceSpans: [
      {
        resource: { attributes: attributesObject(resource) },
        scopeSpans: [{ scope: { name: 'aftershock' }, spans: spans.map(spanObject) }],
      },
    ],
  }
}

export function attributesObject(attributes: Readonly<Record<string, AttributeValue>>): OtlpObject[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: anyValue(value) }))
}

function spanObject(span: SpanInput): OtlpObject {
  const status = span.status ?? 0
  const message = span.statusMessage ?? ''
  return {
    traceId: span.traceId.padStart(32, '0'),
    spanId: span.spanId,
    ...(span.parentSpanId === undefined ? {} : { parentSpanId: span.parentSpanId }),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(span.startNs),
    endTimeUnixNano: String(span.endNs),
    attributes: attributesObject(span.attributes ?? {}),
    ...(span.events === undefined ? {} : { events: span.events.map(eventObject) }),
    ...(span.links === undefined ? {} : { links: span.links }),
    status: { ...(status === 0 ? {} : { code: status }), ...(message === '' ? {} : { message }) },
  }
}

function eventObject(event: NonNullable<SpanInput['events']>[number]): OtlpObject {
  return {
    timeUnixNano: String(event.timeNs),
    name: event.name,
    attributes: attributesObject(event.attributes ?? {}),
  }
}

function anyValue(value: AttributeValue): OtlpObject {
  if (typeof value === 'string') return { stringValue: value }
  if (typeof value === 'boolean') return { boolValue: value }
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value }
  if (Array.isArray(value)) return { arrayValue: { values: value.map(anyValue) } }
  return { kvlistValue: { values: attributesObject(value as Readonly<Record<string, AttributeValue>>) } }
}
