import type { SpanTable } from '../model/span-table.ts'

/**
 * The same table in memory that threads share: copied once, whoever reads it afterwards. Without what the
 * analysis does not read: links, and attributes beyond those that the columns tell.
 */
export function sharedTable(table: SpanTable): SpanTable {
  const ids = (bytes: Uint8Array): { readonly bytes: Uint8Array; readonly words: Uint32Array } => {
    const shared = new SharedArrayBuffer(bytes.length)
    const view = new Uint8Array(shared)
    view.set(bytes)
    return { bytes: view, words: new Uint32Array(shared) }
  }
  const [trace, span, parent] = [ids(table.traceIds), ids(table.spanIds), ids(table.parentIds)]
  return {
    length: table.length,
    epochNs: table.epochNs,
    strings: table.strings,
    resources: table.resources,
    details: undefined,
    dropped: table.dropped,
    linkStart: new Uint32Array(0),
    linkIds: new Uint8Array(0),
    traceIds: trace.bytes,
    traceWords: trace.words,
    spanIds: span.bytes,
    spanWords: span.words,
    parentIds: parent.bytes,
    parentWords: parent.words,
    startNs: doubles(table.startNs),
    durationNs: doubles(table.durationNs),
    kind: bytes(table.kind),
    status: bytes(table.status),
    grpcStatus: bytes(table.grpcStatus),
    protocol: bytes(table.protocol),
    resendCount: bytes(table.resendCount),
    marks: bytes(table.marks),
    httpStatus: shorts(table.httpStatus),
    resource: words(table.resource),
    name: words(table.name),
    statusMessage: words(table.statusMessage),
    method: words(table.method),
    route: words(table.route),
    peer: words(table.peer),
    system: words(table.system),
    errorType: words(table.errorType),
    errorMessage: words(table.errorMessage),
    responseFlags: words(table.responseFlags),
  }
}

function bytes(from: Uint8Array): Uint8Array {
  const to = new Uint8Array(new SharedArrayBuffer(from.byteLength))
  to.set(from)
  return to
}

function shorts(from: Uint16Array): Uint16Array {
  const to = new Uint16Array(new SharedArrayBuffer(from.byteLength))
  to.set(from)
  return to
}

function words(from: Uint32Array): Uint32Array {
  const to = new Uint32Array(new SharedArrayBuffer(from.byteLength))
  to.set(from)
  return to
}

function doubles(from: Float64Array): Float64Array {
  const to = new Float64Array(new SharedArrayBuffer(from.byteLength))
  to.set(from)
  return to
}
