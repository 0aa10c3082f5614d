import { CONSUMER, INTERNAL, SERVER } from '../../model/span-kind.ts'
import { columnOf } from '../numbers/columns.ts'
import type { SpanOrder } from './order-spans.ts'

/** A span enters its service when it is a root, answers a call, or its parent belongs elsewhere. */
export function ownersOf(
  order: SpanOrder,
  kind: Uint8Array,
  service: Uint32Array,
  callee: Int32Array,
): Int32Array {
  const owner = columnOf(Int32Array, order.row.length)
  for (let p = 0; p < owner.length; p++) {
    const up = order.parent[p]
    const enters =
      up === -1 ||
      service[up] !== service[p] ||
      ((kind[p] === SERVER || kind[p] === CONSUMER) && callee[up] !== -1)
    owner[p] = enters ? p : owner[up]
  }
  return owner
}

/** The root; below a load generator's root the answer it got, as the users' request. */
export function entriesOf(
  order: SpanOrder,
  kind: Uint8Array,
  service: Uint32Array,
  users: number,
  server: Int32Array,
): Int32Array {
  const traces = order.traceStart.length - 1
  const entry = columnOf(Int32Array, traces, -1)
  for (let t = 0; t < traces; t++) {
    for (let p = order.traceStart[t]; p < order.traceStart[t + 1]; p += order.size[p]) {
      if (order.orphan[p] === 1) continue
      if (entry[t] === -1 || (kind[entry[t]] === INTERNAL && kind[p] === SERVER)) entry[t] = p
      if (service[p] === users && server[p] === -1) entry[t] = p
    }
  }
  return entry
}
