import { CLIENT, SERVER } from '../model/span-kind.ts'
import { Protocol, type SpanTable } from '../model/span-table.ts'
import type { SpanOrder } from './order-spans.ts'

/**
 * Takes out what a service's own proxy says beside the service itself (a mesh's sidecar): a call is one call, however
 * many proxies it passes, and the caller's limits, tries and breakers act on its own span of it. Between two services
 * of which one or both send no spans of their own the proxies' spans stay, for they are all there is. Of a call that
 * its proxy tells more about (why there was no answer) the proxy's row is kept in `proxied`.
 */
export function besideProxies(table: SpanTable, order: SpanOrder, service: Uint32Array): SpanOrder {
  const isProxy = proxiesIn(table, order)
  if (isProxy === undefined) return order
  const n = order.row.length
  const gone = new Uint8Array(n)
  const proxied = new Int32Array(n).fill(-1)
  const spans = { table, order, service, isProxy, gone }
  outbound(spans, proxied)
  inbound(spans)
  withinOneProxy(spans)
  return gone.includes(1) ? without(order, gone, proxied) : order
}

type Spans = {
  readonly table: SpanTable
  readonly order: SpanOrder
  readonly service: Uint32Array
  readonly isProxy: Uint8Array
  readonly gone: Uint8Array
}

function proxiesIn(table: SpanTable, { row }: SpanOrder): Uint8Array | undefined {
  let found: Uint8Array | undefined
  for (let p = 0; p < row.length; p++) {
    if ((table.protocol[row[p]] & Protocol.proxy) === 0) continue
    found ??= new Uint8Array(row.length)
    found[p] = 1
  }
  return found
}

function kindOf({ table, order }: Spans, p: number): number {
  return table.kind[order.row[p]]
}

/** Below a call that the service tells of itself. */
function outbound(spans: Spans, proxied: Int32Array): void {
  const { table, order, service, isProxy, gone } = spans
  const above = order.parent.slice()
  for (let p = 0; p < above.length; p++) {
    const up = above[p]
    if (up !== -1 && gone[up] === 1) above[p] = above[up]
    const call = above[p]
    if (isProxy[p] === 0 || call === -1 || isProxy[call] === 1) continue
    if (service[call] !== service[p] || kindOf(spans, call) !== CLIENT) continue
    gone[p] = 1
    if (proxied[call] === -1 && table.responseFlags[order.row[p]] !== 0) proxied[call] = order.row[p]
  }
}

/** Above a request that the service tells of itself. Children come after their parents. */
function inbound(spans: Spans): void {
  const { order, service, isProxy, gone } = spans
  const passesOn = new Uint8Array(gone.length)
  for (let p = gone.length - 1; p > 0; p--) {
    const up = order.parent[p]
    if (up === -1 || isProxy[up] === 0 || service[up] !== service[p]) continue
    const isOwn = isProxy[p] === 0 && kindOf(spans, p) === SERVER
    if (isOwn || passesOn[p] === 1) passesOn[up] = gone[up] = 1
  }
}

/** From its way in to its way out, where what lies between sends no spans: no call to itself. */
function withinOneProxy(spans: Spans): void {
  const { order, service, isProxy, gone } = spans
  for (let p = 0; p < gone.length; p++) {
    const up = order.parent[p]
    if (up === -1 || isProxy[p] === 0 || isProxy[up] === 0 || service[up] !== service[p]) continue
    if (kindOf(spans, up) === CLIENT && kindOf(spans, p) === SERVER) gone[p] = gone[up] = 1
  }
}

function without(order: SpanOrder, gone: Uint8Array, proxied: Int32Array): SpanOrder {
  const n = gone.length
  // Position → how many before it stay: where it, or the first of those after it that stay, is now.
  const at = new Uint32Array(n + 1)
  for (let p = 0; p < n; p++) at[p + 1] = at[p] + 1 - gone[p]
  const above = order.parent.slice()
  const orphan = order.orphan.slice()
  for (let p = 0; p < n; p++) {
    const up = order.parent[p]
    if (up === -1 || gone[up] === 0) continue
    above[p] = above[up]
    orphan[p] = orphan[up]
  }
  const left = Uint32Array.from({ length: at[n] })
  for (let p = 0; p < n; p++) if (gone[p] === 0) left[at[p]] = p
  return {
    ...order,
    row: left.map((p) => order.row[p]),
    parent: Int32Array.from(left, (p) => (above[p] === -1 ? -1 : at[above[p]])),
    orphan: Uint8Array.from(left, (p) => orphan[p]),
    size: left.map((p) => at[p + order.size[p]] - at[p]),
    trace: left.map((p) => order.trace[p]),
    traceStart: order.traceStart.map((p) => at[p]),
    proxied: Int32Array.from(left, (p) => proxied[p]),
    proxies: n - at[n],
  }
}
