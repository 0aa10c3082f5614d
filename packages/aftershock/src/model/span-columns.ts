/** The columns of a SpanTable while it grows; meanings are told at `SpanTable`. */
export type Columns = {
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

/** Rows to write into: all that was read so far, or a part of it. */
export type SpanRows = {
  readonly columns: Columns
  readonly length: number
  stringId(text: string): number
}

/** Memory of this thread, or memory that threads share, so that others read it without a copy. */
export type Memory = 'own' | 'shared'

export function columnsOf(rows: number, memory: Memory = 'own'): Columns {
  const room = (bytes: number): ArrayBufferLike =>
    memory === 'shared' ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes)
  const bytes = (n: number): Uint8Array => new Uint8Array(room(n))
  const words = (n: number): Uint32Array => new Uint32Array(room(4 * n))
  return {
    traceIds: bytes(rows * 16),
    spanIds: bytes(rows * 8),
    parentIds: bytes(rows * 8),
    startNs: new Float64Array(room(8 * rows)),
    durationNs: new Float64Array(room(8 * rows)),
    kind: bytes(rows),
    status: bytes(rows),
    resource: words(rows),
    name: words(rows),
    statusMessage: words(rows),
    httpStatus: new Uint16Array(room(2 * rows)),
    grpcStatus: bytes(rows),
    method: words(rows),
    route: words(rows),
    peer: words(rows),
    system: words(rows),
    protocol: bytes(rows),
    errorType: words(rows),
    errorMessage: words(rows),
    responseFlags: words(rows),
    resendCount: bytes(rows),
    marks: bytes(rows),
    linkStart: words(rows + 1),
  }
}

/** The same values in columns for `rows` rows, in memory of the same kind. */
export function widened(columns: Columns, rows: number): Columns {
  const wider = columnsOf(rows, columns.kind.buffer instanceof ArrayBuffer ? 'own' : 'shared')
  for (const key of Object.keys(wider) as (keyof Columns)[]) wider[key].set(columns[key])
  return wider
}

/** Views of the first `rows` rows: no copy, so that a table of ten million spans is finished at once. */
export function viewed(columns: Columns, rows: number): Columns {
  return {
    traceIds: columns.traceIds.subarray(0, rows * 16),
    spanIds: columns.spanIds.subarray(0, rows * 8),
    parentIds: columns.parentIds.subarray(0, rows * 8),
    startNs: columns.startNs.subarray(0, rows),
    durationNs: columns.durationNs.subarray(0, rows),
    kind: columns.kind.subarray(0, rows),
    status: columns.status.subarray(0, rows),
    resource: columns.resource.subarray(0, rows),
    name: columns.name.subarray(0, rows),
    statusMessage: columns.statusMessage.subarray(0, rows),
    httpStatus: columns.httpStatus.subarray(0, rows),
    grpcStatus: columns.grpcStatus.subarray(0, rows),
    method: columns.method.subarray(0, rows),
    route: columns.route.subarray(0, rows),
    peer: columns.peer.subarray(0, rows),
    system: columns.system.subarray(0, rows),
    protocol: columns.protocol.subarray(0, rows),
    errorType: columns.errorType.subarray(0, rows),
    errorMessage: columns.errorMessage.subarray(0, rows),
    responseFlags: columns.responseFlags.subarray(0, rows),
    resendCount: columns.resendCount.subarray(0, rows),
    marks: columns.marks.subarray(0, rows),
    linkStart: columns.linkStart.subarray(0, rows + 1),
  }
}

/** Moves the chosen rows, in ascending order, to the front. Links are not columns of rows: `linkStart` stays as it is. */
export function moveToFront(columns: Columns, rows: Uint32Array): void {
  for (const [name, column] of Object.entries(columns)) {
    if (name === 'linkStart') continue
    const each = name === 'traceIds' ? 16 : name === 'spanIds' || name === 'parentIds' ? 8 : 1
    for (let to = 0; to < rows.length; to++) {
      const from = (rows[to] as number) * each
      for (let i = 0; i < each; i++) column[to * each + i] = column[from + i] as number
    }
  }
}

/** The same for links (24 bytes each); returns how many are left. */
export function linksToFront(linkStart: Uint32Array, linkIds: Uint8Array, rows: Uint32Array): number {
  let links = 0
  for (let to = 0; to < rows.length; to++) {
    const from = rows[to] as number
    const [start, end] = [linkStart[from] as number, linkStart[from + 1] as number]
    linkIds.copyWithin(links * 24, start * 24, end * 24)
    linkStart[to] = links
    links += end - start
  }
  linkStart[rows.length] = links
  return links
}
