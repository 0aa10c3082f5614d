import { CLIENT, SERVER } from '../../model/span-kind.ts'
import { Protocol, type SpanTable } from '../../model/span-table.ts'
import { addTo } from '../numbers/sums.ts'
import type { SpanOrder } from './order-spans.ts'

/** Of the spans under one service's name: calls that only pass on another's, and what a proxy has none of. */
export type PassingOn = { readonly service: string; readonly passed: number; readonly own: number }

/** Fewer calls do not tell. */
const PASSED_MIN = 5
/** Calls may have lost the span that they were made for. */
const OWN_SHARE = 0.05

/**
 * Whose calls hang below calls of others, each alone below one that does not name it: nobody but a proxy beside the
 * caller makes such, for whom a call is for answers it with a span of its own before it calls anybody. Work of its own,
 * queries and messages, and calls below its own spans are what a proxy has none of.
 */
export function passingOn(table: SpanTable, order: SpanOrder): readonly PassingOn[] {
  const n = order.row.length
  let passed: Map<string, number> | undefined
  for (let p = 0; p < n; p++) {
    if (!isBelowOthersCall(table, order, p)) continue
    passed ??= new Map()
    const service = serviceNameOf(table, order, p)
    if (!isNamed(table, order, order.parent[p], service)) addTo(passed, service)
  }
  if (passed === undefined) return []
  const own = new Map<string, number>()
  for (let p = 0; p < n; p++) {
    const service = serviceNameOf(table, order, p)
    if (passed.has(service) && isOwn(table, order, p)) addTo(own, service)
  }
  return [...passed].map(([service, count]) => ({ service, passed: count, own: own.get(service) ?? 0 }))
}

/** Services that are proxies beside others. */
export function meshesOf(seen: readonly (readonly PassingOn[])[]): ReadonlySet<string> {
  const sums = new Map<string, PassingOn>()
  for (const { service, passed, own } of seen.flat()) {
    const known = sums.get(service)
    sums.set(service, { service, passed: passed + (known?.passed ?? 0), own: own + (known?.own ?? 0) })
  }
  const isMesh = ({ passed, own }: PassingOn): boolean => passed >= PASSED_MIN && own <= OWN_SHARE * passed
  return new Set([...sums.values()].filter(isMesh).map(({ service }) => service))
}

/** By resource: whether it is one of them. */
export function areMeshes({ resources }: SpanTable, meshes: ReadonlySet<string>): readonly boolean[] {
  return resources.map(({ service }) => meshes.has(service))
}

export function serviceNameOf(table: SpanTable, order: SpanOrder, p: number): string {
  return table.resources[table.resource[order.row[p]]].service
}

function isBelowOthersCall(table: SpanTable, { row, parent, size }: SpanOrder, p: number): boolean {
  const up = parent[p]
  if (up === -1 || table.kind[row[p]] !== CLIENT || table.kind[row[up]] !== CLIENT) return false
  const [from, to] = [table.resource[row[up]], table.resource[row[p]]]
  return (
    from !== to && size[up] === size[p] + 1 && table.resources[from].service !== table.resources[to].service
  )
}

/** The call is for it: `payment`, `payment:8080`, `payment.shop.svc`. */
export function isNamed(table: SpanTable, order: SpanOrder, call: number, service: string): boolean {
  const peer = table.strings[table.peer[order.row[call]]]
  return peer.startsWith(service) && (peer.length === service.length || '.:'.includes(peer[service.length]))
}

function isOwn(table: SpanTable, order: SpanOrder, p: number): boolean {
  const row = order.row[p]
  const kind = table.kind[row]
  if ((table.protocol[row] & (Protocol.db | Protocol.messaging)) !== 0) return true
  if (kind !== CLIENT) return kind !== SERVER
  const up = order.parent[p]
  return up !== -1 && serviceNameOf(table, order, up) === serviceNameOf(table, order, p)
}
