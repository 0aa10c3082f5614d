import { CLIENT, SERVER } from '../../model/span-kind.ts'
import { Protocol, type SpanTable } from '../../model/span-table.ts'
import type { SpanOrder } from './order-spans.ts'
import { areMeshes, isNamed, serviceNameOf } from './passing-on.ts'

/**
 * Takes out what a service's own proxy says beside the service itself (a mesh's sidecar): a call is one call, however
 * many proxies it passes, and the caller's limits, tries and breakers act on its own span of it. Between two services
 * of which one or both send no spans of their own the proxies' spans stay, for they are all there is. Of a call that
 * its proxy tells more about (why there was no answer, or whom it was for) the proxy's row is kept in `proxied`.
 *
 * @param meshes - names of services that are such proxies, see `passing-on.ts`
 */
export function besideProxies(
  table: SpanTable,
  order: SpanOrder,
  service: Uint32Array,
  meshes: ReadonlySet<string>,
): SpanOrder {
  const isMesh = areMeshes(table, meshes)
  const isProxy = proxiesIn(table, order, isMesh)
  if (isProxy === undefined) return order
  const n = order.row.length
  const gone = new Uint8Array(n)
  const proxied = new Int32Array(n).fill(-1)
  const spans = { table, order, service, isProxy, isMesh, gone }
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
  /** By resource. */
  readonly isMesh: readonly boolean[]
  readonly gone: Uint8Array
}

function proxiesIn(table: SpanTable, { row }: SpanOrder, isMesh: readonly boolean[]): Uint8Array | undefined {
  let found: Uint8Array | undefined
  const hasMesh = isMesh.includes(true)
  for (let p = 0; p < row.length; p++) {
    const isMarked = (table.protocol[row[p]] & Protocol.proxy) !== 0
    if (!isMarked && !(hasMesh && isMesh[table.resource[row[p]]])) continue
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
  const { table, order, isProxy, gone } = spans
  const above = order.parent.slice()
  for (let p = 0; p < above.length; p++) {
    const up = above[p]
    if (up !== -1 && gone[up] === 1) above[p] = above[up]
    const call = above[p]
    if (isProxy[p] === 0 || call === -1 || isProxy[call] === 1 || kindOf(spans, call) !== CLIENT) continue
    if (!isBesideCaller(spans, p, call)) continue
    gone[p] = 1
    const isFlagged = table.responseFlags[order.row[p]] !== 0
    if (proxied[call] === -1 || (isFlagged && table.responseFlags[proxied[call]] === 0))
      proxied[call] = order.row[p]
  }
}

/** Under the caller's name; or, right below a call that is not for it, under another. */
function isBesideCaller(spans: Spans, p: number, call: number): boolean {
  const { table, order, service } = spans
  if (service[call] === service[p] || isOfMesh(spans, p)) return true
  return (
    order.parent[p] === call &&
    kindOf(spans, p) === CLIENT &&
    !isNamed(table, order, call, serviceNameOf(table, order, p))
  )
}

/** Above a request that the service tells of itself. Children come after their parents. */
function inbound(spans: Spans): void {
  const { order, isProxy, gone } = spans
  const passesOn = new Uint8Array(gone.length)
  for (let p = gone.length - 1; p > 0; p--) {
    const up = order.parent[p]
    if (up === -1 || isProxy[up] === 0 || !isBesideCallee(spans, up, p)) continue
    const isOwn = isProxy[p] === 0 && kindOf(spans, p) === SERVER
    if (isOwn || passesOn[p] === 1) passesOn[up] = gone[up] = 1
  }
}

/** Under the callee's name; or, below the caller's proxy, under another. */
function isBesideCallee(spans: Spans, up: number, p: number): boolean {
  const { order, service, isProxy } = spans
  if (service[up] === service[p] || isOfMesh(spans, up)) return true
  const from = order.parent[up]
  const isPassedOn = from !== -1 && isProxy[from] === 1 && kindOf(spans, from) === CLIENT
  return isPassedOn && kindOf(spans, up) === SERVER && isProxy[p] === 0
}

function isOfMesh({ table, order, isMesh }: Spans, p: number): boolean {
  return isMesh[table.resource[order.row[p]]]
}

/** From its way in to its way out, where what lies between sends no spans: no call to itself. */
function withinOneProxy(spans: Spans): void {
  const { order, service, isProxy, gone } = spans
  for (let p = 0; p < gone.length; p++) {
    const up = order.parent[p]
    if (up === -1 || isProxy[p] === 0 || isProxy[up] === 0 || service[up] !== service[p]) continue
    if (kindOf(spans, up) !== CLIENT || kindOf(spans, p) !== SERVER) continue
    // Of one mesh all go by one name: it is the caller's call all the same, and nobody is beside the callee.
    if (isOfMesh(spans, p)) gone[p] = order.size[p] === 1 ? 1 : gone[p]
    else gone[p] = gone[up] = 1
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
