import { ATTRIBUTE_ROLES, type AttributeRole, grpcStatusOf } from './conventions.ts'
import { resourceOf } from './resource.ts'
import type { SpanInput } from './span-input.ts'
import { type AttributeValue, Protocol, type Resource, type SpanEvent, type SpanTable } from './span-table.ts'
import { writeHex } from './trace-ids.ts'

type Columns = {
  traceIds: Uint8Array
  spanIds: Uint8Array
  parentIds: Uint8Array
  startNs: Float64Array
  durationNs: Float64Array
  kind: Uint8Array
  status: Uint8Array
  resource: Uint32Array
  name: Uint32Array
  statusMessage: Uint32Array
  httpStatus: Uint16Array
  grpcStatus: Uint8Array
  method: Uint32Array
  route: Uint32Array
  peer: Uint32Array
  system: Uint32Array
  protocol: Uint8Array
  errorType: Uint32Array
  errorMessage: Uint32Array
  responseFlags: Uint32Array
  resendCount: Uint8Array
  marks: Uint8Array
  linkStart: Uint32Array
}

/** Grows a SpanTable. State outlives a call, hence a class. */
export class SpanTableBuilder {
  length = 0
  readonly epochNs: bigint
  readonly strings: string[] = ['']
  readonly resources: Resource[] = []
  readonly dropped = { spans: 0, attributes: 0, strings: 0, invalid: 0 }
  columns: Columns
  #capacity = 1024
  #stringIds = new Map<string, number>([['', 0]])
  #links: string[] = []
  #attributes: Readonly<Record<string, AttributeValue>>[] | undefined
  #events: (readonly SpanEvent[])[] = []

  /** @param epochNs - all times of the table count from here; pick one within days of the spans */
  constructor(options: { readonly epochNs: bigint; readonly attributes: 'keep' | 'drop' }) {
    this.epochNs = options.epochNs
    this.#attributes = options.attributes === 'keep' ? [] : undefined
    this.columns = columnsOf(this.#capacity)
  }

  /** Id of a resource; call it once for each ResourceSpans. */
  addResource(attributes: Readonly<Record<string, AttributeValue>>): number {
    return this.resources.push(resourceOf(attributes)) - 1
  }

  /** Dictionary id of a text. */
  stringId(text: string): number {
    let id = this.#stringIds.get(text)
    if (id === undefined) {
      id = this.strings.push(text) - 1
      this.#stringIds.set(text, id)
    }
    return id
  }

  /** Appends a span; one with ids that are not hex is counted in `dropped.invalid` and left out. */
  addSpan(resource: number, span: SpanInput): void {
    if (this.length === this.#capacity) this.#grow()
    const row = this.length
    const c = this.columns
    const parent = span.parentSpanId ?? ''
    if (
      !writeHex(span.traceId, c.traceIds, row * 16, 16) ||
      !writeHex(span.spanId, c.spanIds, row * 8, 8) ||
      !writeHex(parent, c.parentIds, row * 8, 8)
    ) {
      this.dropped.invalid += 1
      return
    }
    c.startNs[row] = Number(span.startNs - this.epochNs)
    c.durationNs[row] = Math.max(0, Number(span.endNs - span.startNs))
    c.kind[row] = span.kind
    c.status[row] = span.status ?? 0
    c.resource[row] = resource
    c.name[row] = this.stringId(span.name)
    c.statusMessage[row] = this.stringId(span.statusMessage ?? '')
    this.#readMeaning(row, span)
    for (const link of span.links ?? []) this.#links.push(link.traceId.padStart(32, '0') + link.spanId)
    c.linkStart[row + 1] = this.#links.length
    this.#attributes?.push(span.attributes ?? {})
    if (this.#attributes !== undefined) {
      this.#events.push(
        (span.events ?? []).map((event) => ({ ...event, attributes: event.attributes ?? {} })),
      )
    }
    this.length += 1
  }

  finish(): SpanTable {
    const n = this.length
    const linkIds = new Uint8Array(this.#links.length * 24)
    this.#links.forEach((ids, i) => {
      writeHex(ids, linkIds, i * 24, 24)
    })
    const c = trimmed(this.columns, n)
    const attributes = this.#attributes
    const events = this.#events
    return {
      ...c,
      length: n,
      epochNs: this.epochNs,
      strings: this.strings,
      traceWords: new Uint32Array(c.traceIds.buffer, 0, n * 4),
      spanWords: new Uint32Array(c.spanIds.buffer, 0, n * 2),
      parentWords: new Uint32Array(c.parentIds.buffer, 0, n * 2),
      linkIds,
      resources: this.resources,
      details: attributes && {
        attributesOf: (row) => attributes[row] ?? {},
        eventsOf: (row) => events[row] ?? [],
      },
      dropped: this.dropped,
    }
  }

  #grow(): void {
    this.#capacity *= 2
    const wider = columnsOf(this.#capacity)
    for (const key of Object.keys(wider) as (keyof Columns)[]) wider[key].set(this.columns[key] as never)
    this.columns = wider
  }

  #readMeaning(row: number, span: SpanInput): void {
    const found: Partial<Record<AttributeRole, AttributeValue>> = {}
    for (const [key, value] of Object.entries(span.attributes ?? {})) {
      const role = ATTRIBUTE_ROLES[key]
      if (role !== undefined && found[role] === undefined) found[role] = value
    }
    const c = this.columns
    const text = (...roles: readonly AttributeRole[]): string => {
      for (const role of roles)
        if (found[role] !== undefined && found[role] !== '') return String(found[role])
      return ''
    }
    const http = Number(found['http-status'] ?? 0)
    c.httpStatus[row] = http > 0 && http < 1000 ? http : 0
    const grpc = found['grpc-status'] ?? found['rpc-status']
    c.grpcStatus[row] = grpc === undefined ? 255 : grpcStatusOf(grpc as string | number)
    const host = text('peer-address')
    const peer =
      text('peer-service') ||
      (host && found['peer-port'] !== undefined ? `${host}:${text('peer-port')}` : host)
    c.peer[row] = this.stringId(peer || text('messaging-destination', 'db-name'))
    c.system[row] = this.stringId(text('db-system', 'messaging-system', 'rpc-system'))
    c.method[row] = this.stringId(text('http-method', 'rpc-method', 'db-operation'))
    const rpc = [text('rpc-service'), text('rpc-method')].filter((part) => part !== '').join('/')
    c.route[row] = this.stringId(
      text('http-route') ||
        pathOf(text('url-path')) ||
        pathOf(text('url-full')) ||
        rpc ||
        text('messaging-destination', 'db-name'),
    )
    c.protocol[row] = protocolOf(found, span.attributes)
    const exception = span.events?.findLast((event) => event.name === 'exception')?.attributes
    c.errorType[row] = this.stringId(text('error-type') || String(exception?.['exception.type'] ?? ''))
    c.errorMessage[row] = this.stringId(String(exception?.['exception.message'] ?? ''))
    c.responseFlags[row] = this.stringId(text('response-flags'))
    c.resendCount[row] = Math.min(255, Number(found['resend-count'] ?? 0) || 0)
    const flag = found['error-flag']
    if (c.status[row] === 0 && flag !== undefined && flag !== false && flag !== 'false') c.status[row] = 2
  }
}

function protocolOf(
  found: Partial<Record<AttributeRole, AttributeValue>>,
  attributes: Readonly<Record<string, AttributeValue>> | undefined,
): number {
  let bits = 0
  if (found['http-method'] !== undefined || found['http-status'] !== undefined) bits |= Protocol.http
  if (found['grpc-status'] !== undefined || found['rpc-system'] === 'grpc') bits |= Protocol.grpc
  if (found['rpc-system'] !== undefined || found['rpc-service'] !== undefined) bits |= Protocol.rpc
  if (found['db-system'] !== undefined) bits |= Protocol.db
  if (found['messaging-system'] !== undefined || attributes?.['messaging.operation.type'] !== undefined)
    bits |= Protocol.messaging
  return bits
}

/** The path of a URL or path, without query and fragment. */
function pathOf(url: string): string {
  const start = url.indexOf('://')
  const path = start === -1 ? url : url.slice(Math.max(url.indexOf('/', start + 3), 0) || url.length)
  const end = path.search(/[?#]/)
  return end === -1 ? path : path.slice(0, end)
}

function columnsOf(n: number): Columns {
  return {
    traceIds: new Uint8Array(n * 16),
    spanIds: new Uint8Array(n * 8),
    parentIds: new Uint8Array(n * 8),
    startNs: new Float64Array(n),
    durationNs: new Float64Array(n),
    kind: new Uint8Array(n),
    status: new Uint8Array(n),
    resource: new Uint32Array(n),
    name: new Uint32Array(n),
    statusMessage: new Uint32Array(n),
    httpStatus: new Uint16Array(n),
    grpcStatus: new Uint8Array(n).fill(255),
    method: new Uint32Array(n),
    route: new Uint32Array(n),
    peer: new Uint32Array(n),
    system: new Uint32Array(n),
    protocol: new Uint8Array(n),
    errorType: new Uint32Array(n),
    errorMessage: new Uint32Array(n),
    responseFlags: new Uint32Array(n),
    resendCount: new Uint8Array(n),
    marks: new Uint8Array(n),
    linkStart: new Uint32Array(n + 1),
  }
}

function trimmed(c: Columns, n: number): Columns {
  const cut: Columns = {
    ...c,
    traceIds: c.traceIds.slice(0, n * 16),
    spanIds: c.spanIds.slice(0, n * 8),
    parentIds: c.parentIds.slice(0, n * 8),
  }
  for (const key of Object.keys(c) as (keyof Columns)[]) {
    if (key.endsWith('Ids')) continue
    const length = key === 'linkStart' ? n + 1 : n
    ;(cut as Record<string, unknown>)[key] = c[key].slice(0, length)
  }
  return cut
}
