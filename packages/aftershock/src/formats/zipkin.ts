import { CLIENT, PRODUCER, SERVER } from '../model/span-kind.ts'
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

/** Whether this is a span of Zipkin v2. */
export function isZipkinSpan(value: unknown): boolean {
  return isObject(value) && typeof value.traceId === 'string' && typeof value.id === 'string'
}

/** Server halves of shared spans, by trace and id. */
type SharedServers = ReadonlyMap<string, { readonly service: string; readonly spanId: string }>

/**
 * Adds spans of Zipkin v2 JSON, best whole traces. Times are microseconds there; the tag `error` marks a
 * failed span, whatever its value.
 *
 * Zipkin lets a client and its server share one span id (`shared: true`). Both are kept: the server's span
 * becomes a child of the client's, under an id derived from it, and the server's own children follow it.
 *
 * @see https://zipkin.io/zipkin-api/zipkin2-api.yaml
 */
export function addZipkinSpans(builder: SpanTableBuilder, list: readonly unknown[]): OtlpDecodeCount {
  const spans = list.filter(isObject)
  const servers = sharedServers(spans)
  const resources = new Map<string, ForeignSpan['resource']>()
  const resourceFor = (span: Json): ForeignSpan['resource'] => {
    const endpoint = isObject(span.localEndpoint) ? span.localEndpoint : {}
    const service = textOf(endpoint.serviceName)
    const address = textOf(endpoint.ipv4) || textOf(endpoint.ipv6)
    const key = `${service} ${address}`
    const known = resources.get(key)
    if (known !== undefined) return known
    const resource: Record<string, AttributeValue> = { 'service.name': service }
    if (address !== '') resource['host.name'] = address
    resources.set(key, resource)
    return resource
  }
  return addForeignSpans(
    builder,
    list.map((span) => (isObject(span) ? zipkinSpan(span, resourceFor(span), servers) : undefined)),
  )
}

function zipkinSpan(
  span: Json,
  resource: ForeignSpan['resource'],
  servers: SharedServers,
): ForeignSpan | undefined {
  const startNs = microsecondsAsNs(span.timestamp)
  const durationNs = microsecondsAsNs(span.duration ?? 0)
  if (startNs === undefined || startNs === 0n || durationNs === undefined) return undefined
  const kind = KIND_BY_NAME[textOf(span.kind).toLowerCase()] ?? 1
  const attributes = attributesOf(span, kind)
  const id = paddedId(span.id, 16)
  const server = kind === SERVER ? servers.get(keyOf(span, id)) : undefined
  const statusMessage = textOf(attributes.error)
  return {
    resource,
    span: {
      traceId: paddedId(span.traceId, 32),
      spanId: server?.spanId ?? id,
      parentSpanId: server === undefined ? parentOf(span, servers) : id,
      name: textOf(span.name),
      kind,
      startNs,
      endNs: startNs + durationNs,
      status: attributes.error === undefined ? 0 : 2,
      statusMessage: statusMessage === 'true' ? '' : statusMessage,
      attributes,
      events: listOf(span.annotations)
        .filter(isObject)
        .map(({ timestamp, value }) => ({ name: textOf(value), timeNs: microsecondsAsNs(timestamp) ?? 0n })),
    },
  }
}

/** A child names the shared id; the half of its own service is meant. */
function parentOf(span: Json, servers: SharedServers): string | undefined {
  const parent = paddedId(span.parentId, 16)
  if (parent === '') return undefined
  const server = servers.get(keyOf(span, parent))
  return server !== undefined && server.service === serviceOf(span) ? server.spanId : parent
}

/** Marked `shared`, or a server span with the same id as a client span: not every library writes the mark. */
function sharedServers(spans: readonly Json[]): SharedServers {
  const clients = new Set<string>()
  for (const span of spans) if (span.kind === 'CLIENT') clients.add(keyOf(span, paddedId(span.id, 16)))
  const servers = new Map<string, { service: string; spanId: string }>()
  for (const span of spans) {
    const id = paddedId(span.id, 16)
    if (span.kind !== 'SERVER') continue
    if (span.shared === true || clients.has(keyOf(span, id)))
      servers.set(keyOf(span, id), { service: serviceOf(span), spanId: derivedId(id) })
  }
  return servers
}

function keyOf(span: Json, id: string): string {
  return `${paddedId(span.traceId, 32)}/${id}`
}

function serviceOf(span: Json): string {
  return isObject(span.localEndpoint) ? textOf(span.localEndpoint.serviceName) : ''
}

/** Another id that everybody computes from the shared one: its two halves, mixed (FNV-1a). */
function derivedId(id: string): string {
  let [high, low] = [0x811c9dc5, 0x01000193]
  for (let i = 0; i < id.length; i++) {
    high = Math.imul(high ^ id.charCodeAt(i), 0x01000193)
    low = Math.imul(low ^ high, 0x85ebca6b) ^ (low >>> 13)
  }
  // Never all zeros.
  return [high >>> 0, (low | 1) >>> 0].map((word) => word.toString(16).padStart(8, '0')).join('')
}

function attributesOf(span: Json, kind: number): Record<string, AttributeValue> {
  const attributes: Record<string, AttributeValue> = {}
  for (const [key, value] of Object.entries(isObject(span.tags) ? span.tags : {}))
    if (typeof value === 'string') setOwn(attributes, key, value)
  const remote = isObject(span.remoteEndpoint) ? span.remoteEndpoint : {}
  // Only who is called is a peer: on a server span the remote end is the caller.
  if (kind !== CLIENT && kind !== PRODUCER) return attributes
  const service = textOf(remote.serviceName)
  const address = textOf(remote.ipv4) || textOf(remote.ipv6)
  if (service !== '') attributes['peer.service'] ??= service
  if (address !== '') attributes['network.peer.address'] ??= address
  if (typeof remote.port === 'number') attributes['network.peer.port'] ??= remote.port
  return attributes
}
