import type { ATTRIBUTE_ROLES } from '../model/conventions.ts'
import type { SpanInput } from '../model/span-input.ts'
import { type AttributeValue, Protocol, type SpanTable } from '../model/span-table.ts'
import { hexOf, isZero } from '../model/trace-ids.ts'

/** Spans of one resource, ready to be encoded: what OTLP calls ResourceSpans. */
export type SpanGroup = {
  readonly resource: Readonly<Record<string, AttributeValue>>
  /** Who made the spans: the instrumentation scope. */
  readonly scope?: { readonly name: string; readonly version: string } | undefined
  readonly spans: readonly SpanInput[]
}

export type GroupOptions = {
  /** More attributes of a row, for example `chaos.*`; they win over its own. */
  readonly extraAttributesOf?: (row: number) => Readonly<Record<string, AttributeValue>>
}

/**
 * Rows of a table as objects, grouped by resource. Exact when the table keeps attributes; otherwise the
 * attributes are those that the columns can tell, so that the file is analysed to the same result.
 *
 * @param rows - undefined: all
 */
export function groupsOf(table: SpanTable, rows?: Iterable<number>, options: GroupOptions = {}): SpanGroup[] {
  const byResource = new Map<number, SpanInput[]>()
  for (const row of rows ?? Array(table.length).keys()) {
    const resource = table.resource[row] ?? 0
    let spans = byResource.get(resource)
    if (spans === undefined) {
      spans = []
      byResource.set(resource, spans)
    }
    const span = spanOf(table, row)
    const extra = options.extraAttributesOf?.(row)
    spans.push(extra === undefined ? span : { ...span, attributes: { ...span.attributes, ...extra } })
  }
  return [...byResource].map(([resource, spans]) => ({
    resource: table.resources[resource]?.attributes ?? {},
    spans,
  }))
}

/** One row as an object. */
export function spanOf(table: SpanTable, row: number): SpanInput {
  const text = (column: Uint32Array): string => table.strings[column[row] ?? 0] ?? ''
  const startNs = table.epochNs + BigInt(table.startNs[row] ?? 0)
  const links = []
  for (let i = table.linkStart[row] ?? 0; i < (table.linkStart[row + 1] ?? 0); i++)
    links.push({ traceId: hexOf(table.linkIds, i * 24, 16), spanId: hexOf(table.linkIds, i * 24 + 16, 8) })
  const isRoot = isZero(table.parentIds, row * 8, 8)
  return {
    traceId: hexOf(table.traceIds, row * 16, 16),
    spanId: hexOf(table.spanIds, row * 8, 8),
    parentSpanId: isRoot ? undefined : hexOf(table.parentIds, row * 8, 8),
    name: text(table.name),
    kind: table.kind[row] ?? 0,
    startNs,
    endNs: startNs + BigInt(Math.round(table.durationNs[row] ?? 0)),
    status: table.status[row] ?? 0,
    statusMessage: text(table.statusMessage),
    attributes: table.details?.attributesOf(row) ?? columnAttributes(table, row),
    events: table.details?.eventsOf(row) ?? [],
    links,
  }
}

/** Attributes that would fill the columns as they are. */
function columnAttributes(table: SpanTable, row: number): Readonly<Record<string, AttributeValue>> {
  const attributes: Record<keyof typeof ATTRIBUTE_ROLES, AttributeValue> = {}
  const put = (name: string, value: AttributeValue): void => {
    if (value !== '' && value !== 0) attributes[name] = value
  }
  const text = (column: Uint32Array): string => table.strings[column[row] ?? 0] ?? ''
  const protocol = table.protocol[row] ?? 0
  const has = (bit: number): boolean => (protocol & bit) !== 0
  put('http.response.status_code', table.httpStatus[row] ?? 0)
  if (table.grpcStatus[row] !== 255) attributes['rpc.grpc.status_code'] = table.grpcStatus[row] ?? 0
  const [method, system] = [text(table.method), text(table.system)]
  if (has(Protocol.http)) put('http.request.method', method)
  else if (has(Protocol.rpc)) put('rpc.method', method)
  else put('db.operation.name', method)
  if (has(Protocol.db)) put('db.system.name', system)
  else if (has(Protocol.messaging)) put('messaging.system', system)
  else put('rpc.system', system)
  put('http.route', text(table.route))
  put('peer.service', text(table.peer))
  put('error.type', text(table.errorType))
  put('exception.message', text(table.errorMessage))
  put('response_flags', text(table.responseFlags))
  put('http.request.resend_count', table.resendCount[row] ?? 0)
  if (has(Protocol.proxy)) put('component', 'proxy')
  return attributes
}
