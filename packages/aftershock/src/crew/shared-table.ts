import type { SpanTable } from '../model/span-table.ts'

/**
 * The same table in memory that threads share: what is not there already is copied once. Without what the
 * analysis does not read: attributes beyond those that the columns tell.
 */
export function sharedTable(table: SpanTable): SpanTable {
  const ids = (column: Uint8Array): { readonly bytes: Uint8Array; readonly words: Uint32Array } => {
    const bytes = shared(column)
    return { bytes, words: new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4) }
  }
  const [trace, span, parent] = [ids(table.traceIds), ids(table.spanIds), ids(table.parentIds)]
  return {
    length: table.length,
    epochNs: table.epochNs,
    strings: table.strings,
    resources: table.resources,
    details: undefined,
    dropped: table.dropped,
    linkStart: shared(table.linkStart),
    linkIds: shared(table.linkIds),
    traceIds: trace.bytes,
    traceWords: trace.words,
    spanIds: span.bytes,
    spanWords: span.words,
    parentIds: parent.bytes,
    parentWords: parent.words,
    startNs: shared(table.startNs),
    durationNs: shared(table.durationNs),
    kind: shared(table.kind),
    status: shared(table.status),
    grpcStatus: shared(table.grpcStatus),
    protocol: shared(table.protocol),
    resendCount: shared(table.resendCount),
    marks: shared(table.marks),
    httpStatus: shared(table.httpStatus),
    resource: shared(table.resource),
    name: shared(table.name),
    statusMessage: shared(table.statusMessage),
    method: shared(table.method),
    route: shared(table.route),
    peer: shared(table.peer),
    system: shared(table.system),
    errorType: shared(table.errorType),
    errorMessage: shared(table.errorMessage),
    responseFlags: shared(table.responseFlags),
  }
}

/** The column itself where it is in shared memory already, else a copy that is. */
function shared<C extends Uint8Array | Uint16Array | Uint32Array | Float64Array>(column: C): C {
  if (column.buffer instanceof SharedArrayBuffer) return column
  const View = column.constructor as new (memory: SharedArrayBuffer) => C & { set(from: C): void }
  const copy = new View(new SharedArrayBuffer(column.byteLength))
  copy.set(column)
  return copy
}
