/** The columns of a SpanTable while it grows; meanings are told at `SpanTable`. */
export type Columns = {
  traceIds: Uint8Array<ArrayBuffer>
  spanIds: Uint8Array<ArrayBuffer>
  parentIds: Uint8Array<ArrayBuffer>
  startNs: Float64Array<ArrayBuffer>
  durationNs: Float64Array<ArrayBuffer>
  kind: Uint8Array<ArrayBuffer>
  status: Uint8Array<ArrayBuffer>
  resource: Uint32Array<ArrayBuffer>
  name: Uint32Array<ArrayBuffer>
  statusMessage: Uint32Array<ArrayBuffer>
  httpStatus: Uint16Array<ArrayBuffer>
  grpcStatus: Uint8Array<ArrayBuffer>
  method: Uint32Array<ArrayBuffer>
  route: Uint32Array<ArrayBuffer>
  peer: Uint32Array<ArrayBuffer>
  system: Uint32Array<ArrayBuffer>
  protocol: Uint8Array<ArrayBuffer>
  errorType: Uint32Array<ArrayBuffer>
  errorMessage: Uint32Array<ArrayBuffer>
  responseFlags: Uint32Array<ArrayBuffer>
  resendCount: Uint8Array<ArrayBuffer>
  marks: Uint8Array<ArrayBuffer>
  linkStart: Uint32Array<ArrayBuffer>
}

export function columnsOf(rows: number): Columns {
  return {
    traceIds: new Uint8Array(rows * 16),
    spanIds: new Uint8Array(rows * 8),
    parentIds: new Uint8Array(rows * 8),
    startNs: new Float64Array(rows),
    durationNs: new Float64Array(rows),
    kind: new Uint8Array(rows),
    status: new Uint8Array(rows),
    resource: new Uint32Array(rows),
    name: new Uint32Array(rows),
    statusMessage: new Uint32Array(rows),
    httpStatus: new Uint16Array(rows),
    grpcStatus: new Uint8Array(rows),
    method: new Uint32Array(rows),
    route: new Uint32Array(rows),
    peer: new Uint32Array(rows),
    system: new Uint32Array(rows),
    protocol: new Uint8Array(rows),
    errorType: new Uint32Array(rows),
    errorMessage: new Uint32Array(rows),
    responseFlags: new Uint32Array(rows),
    resendCount: new Uint8Array(rows),
    marks: new Uint8Array(rows),
    linkStart: new Uint32Array(rows + 1),
  }
}

/** The same values in columns for `rows` rows. */
export function widened(columns: Columns, rows: number): Columns {
  const wider = columnsOf(rows)
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
