/** The messages of an ExportTraceServiceRequest: which JSON key and form each protobuf tag becomes. */
const key = (name: string): Uint8Array => new TextEncoder().encode(`"${name}":`)
export const KEY = {
  resourceSpans: key('resourceSpans'),
  resource: key('resource'),
  attributes: key('attributes'),
  dropped: key('droppedAttributesCount'),
  scopeSpans: key('scopeSpans'),
  scope: key('scope'),
  spans: key('spans'),
  schemaUrl: key('schemaUrl'),
  name: key('name'),
  version: key('version'),
  traceId: key('traceId'),
  spanId: key('spanId'),
  traceState: key('traceState'),
  parentSpanId: key('parentSpanId'),
  kind: key('kind'),
  start: key('startTimeUnixNano'),
  end: key('endTimeUnixNano'),
  events: key('events'),
  droppedEvents: key('droppedEventsCount'),
  links: key('links'),
  droppedLinks: key('droppedLinksCount'),
  status: key('status'),
  message: key('message'),
  code: key('code'),
  flags: key('flags'),
  time: key('timeUnixNano'),
} as const

/** A field as JSON writes it. */
export type Field =
  | {
      readonly json: Uint8Array
      readonly kind: 'text' | 'hex' | 'number' | 'fixed64' | 'fixed32' | 'attributes'
    }
  | { readonly json: Uint8Array; readonly kind: 'list' | 'message'; readonly message: Message }
/** By tag (number × 8 + wire type). */
export type Message = readonly (Field | undefined)[]
type FieldSpec = readonly [json: Uint8Array, kind: Exclude<Field['kind'], 'list' | 'message'>]
type NestedSpec = readonly [json: Uint8Array, kind: 'list' | 'message', message: Message]

const messageOf = (fields: Readonly<Record<number, FieldSpec | NestedSpec>>): Message => {
  const byTag: (Field | undefined)[] = []
  for (const [tag, spec] of Object.entries(fields))
    byTag[Number(tag)] =
      spec.length === 3
        ? { json: spec[0], kind: spec[1], message: spec[2] }
        : { json: spec[0], kind: spec[1] }
  // Without holes, which would slow down every look-up.
  return Array.from(byTag)
}
const RESOURCE = messageOf({ 10: [KEY.attributes, 'attributes'], 16: [KEY.dropped, 'number'] })
const SCOPE = messageOf({
  10: [KEY.name, 'text'],
  18: [KEY.version, 'text'],
  26: [KEY.attributes, 'attributes'],
  32: [KEY.dropped, 'number'],
})
const STATUS = messageOf({ 18: [KEY.message, 'text'], 24: [KEY.code, 'number'] })
const EVENT = messageOf({
  9: [KEY.time, 'fixed64'],
  18: [KEY.name, 'text'],
  26: [KEY.attributes, 'attributes'],
  32: [KEY.dropped, 'number'],
})
const LINK = messageOf({
  10: [KEY.traceId, 'hex'],
  18: [KEY.spanId, 'hex'],
  26: [KEY.traceState, 'text'],
  34: [KEY.attributes, 'attributes'],
  40: [KEY.dropped, 'number'],
  53: [KEY.flags, 'fixed32'],
})
export const SPAN = messageOf({
  10: [KEY.traceId, 'hex'],
  18: [KEY.spanId, 'hex'],
  26: [KEY.traceState, 'text'],
  34: [KEY.parentSpanId, 'hex'],
  42: [KEY.name, 'text'],
  48: [KEY.kind, 'number'],
  57: [KEY.start, 'fixed64'],
  65: [KEY.end, 'fixed64'],
  74: [KEY.attributes, 'attributes'],
  80: [KEY.dropped, 'number'],
  90: [KEY.events, 'list', EVENT],
  96: [KEY.droppedEvents, 'number'],
  106: [KEY.links, 'list', LINK],
  112: [KEY.droppedLinks, 'number'],
  122: [KEY.status, 'message', STATUS],
  133: [KEY.flags, 'fixed32'],
})
const SCOPE_SPANS = messageOf({
  10: [KEY.scope, 'message', SCOPE],
  18: [KEY.spans, 'list', SPAN],
  26: [KEY.schemaUrl, 'text'],
})
export const RESOURCE_SPANS = messageOf({
  10: [KEY.resource, 'message', RESOURCE],
  18: [KEY.scopeSpans, 'list', SCOPE_SPANS],
  26: [KEY.schemaUrl, 'text'],
})
export const REQUEST = messageOf({ 10: [KEY.resourceSpans, 'list', RESOURCE_SPANS] })
