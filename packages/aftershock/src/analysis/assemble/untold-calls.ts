import { CLIENT, CONSUMER, PRODUCER } from '../../model/span-kind.ts'
import type { SpanTable } from '../../model/span-table.ts'
import { columnOf, copyOf } from '../numbers/columns.ts'
import type { SpanOrder } from './order-spans.ts'

/** Spans in order with whom they belong to, and calls put in where nobody told of one. */
export type CallsPutIn = {
  readonly order: SpanOrder
  /** Position → 1 for a call that was put in; empty where there is none. */
  readonly untold: Uint8Array
  readonly kind: Uint8Array
  readonly service: Uint32Array
  readonly instance: Uint32Array
  readonly start: Float64Array
  readonly end: Float64Array
}

/**
 * A span right below one of another service answers a call of which that service does not tell (old agents, PHP,
 * spans of servers only). The call is put in between, with the answer's row: from the end of what the caller waited
 * for before, and, for the last one, to the caller's own end. What the caller did around it cannot be told from the
 * way there and back. Nobody waits for who receives a message. Nothing is put in where callers tell of their calls.
 */
export function withUntoldCalls(told: Omit<CallsPutIn, 'untold'>): CallsPutIn {
  const n = told.order.row.length
  const above = columnOf(Uint8Array, n)
  let more = 0
  for (let p = 0; p < n; p++) {
    if (!isUntold(told, p)) continue
    above[p] = 1
    more += 1
  }
  if (more === 0) return { ...told, untold: NONE }
  const at = columnOf(Uint32Array, n)
  for (let p = 0, put = 0; p < n; p++) {
    put += above[p]
    at[p] = p + put
  }
  const spread = spreadOut(told, above, at, n + more)
  for (let p = 0; p < n; p++) if (above[p] === 1) putIn(told, at, p, spread)
  return spread
}

const NONE = new Uint8Array(0)

function isUntold({ order, kind, service }: Omit<CallsPutIn, 'untold'>, p: number): boolean {
  const up = order.parent[p]
  return up !== -1 && service[up] !== service[p] && kind[up] !== CLIENT && kind[up] !== PRODUCER
}

/** The same spans with room before those that are to get a call above them. */
function spreadOut(
  { order, ...told }: Omit<CallsPutIn, 'untold'>,
  above: Uint8Array,
  at: Uint32Array,
  length: number,
): CallsPutIn {
  const n = above.length
  const moved = <T extends Uint8Array | Uint32Array | Int32Array | Float64Array>(from: T, to: T): T => {
    for (let p = 0; p < n; p++) to[at[p]] = from[p]
    return to
  }
  const parent = columnOf(Int32Array, length, -1)
  const size = columnOf(Uint32Array, length)
  for (let p = 0; p < n; p++) {
    const up = order.parent[p]
    parent[at[p]] = above[p] === 1 ? at[p] - 1 : up === -1 ? -1 : at[up]
    const last = p + order.size[p] - 1
    size[at[p]] = at[last] - at[p] + 1
  }
  return {
    order: {
      ...order,
      parent,
      size,
      row: moved(order.row, columnOf(Uint32Array, length)),
      orphan: moved(order.orphan, columnOf(Uint8Array, length)),
      trace: moved(order.trace, columnOf(Uint32Array, length)),
      proxied:
        order.proxied.length === 0 ? order.proxied : moved(order.proxied, columnOf(Int32Array, length, -1)),
      traceStart: order.traceStart.map((p) => (p === n ? length : at[p])),
    },
    untold: columnOf(Uint8Array, length),
    kind: moved(told.kind, columnOf(Uint8Array, length)),
    service: moved(told.service, columnOf(Uint32Array, length)),
    instance: moved(told.instance, columnOf(Uint32Array, length)),
    start: moved(told.start, columnOf(Float64Array, length)),
    end: moved(told.end, columnOf(Float64Array, length)),
  }
}

/** The call that `p` answers; for now it lasts as long as what it was made for. */
function putIn(
  { order, ...told }: Omit<CallsPutIn, 'untold'>,
  at: Uint32Array,
  p: number,
  { order: into, ...spread }: CallsPutIn,
): void {
  const up = order.parent[p]
  const call = at[p] - 1
  const [row, trace, size, parent] = [into.row, into.trace, into.size, into.parent] as const
  row[call] = order.row[p]
  trace[call] = order.trace[p]
  size[call] = size[at[p]] + 1
  parent[call] = at[up]
  spread.untold[call] = 1
  spread.kind[call] = told.kind[p] === CONSUMER ? PRODUCER : CLIENT
  spread.service[call] = told.service[up]
  spread.instance[call] = told.instance[up]
  spread.start[call] = told.start[up]
  spread.end[call] = told.end[up]
}

type Times = Pick<CallsPutIn, 'start' | 'end'>

/** When the calls that were put in began and ended, once all spans are told by one clock. */
export function untoldTimes(
  order: Pick<SpanOrder, 'parent' | 'size'>,
  { untold, kind }: Pick<CallsPutIn, 'untold' | 'kind'>,
  given: Times,
): Times {
  if (untold.length === 0) return given
  const times = { start: copyOf(given.start), end: copyOf(given.end) }
  for (let call = 0; call < untold.length; call++) {
    if (untold[call] === 0) continue
    const { from, to } = kind[call] === PRODUCER ? instantOf(given, call) : waitOf(order, untold, given, call)
    times.start[call] = from
    times.end[call] = to
  }
  return times
}

type Wait = { readonly from: number; readonly to: number }

function instantOf({ start }: Times, call: number): Wait {
  return { from: start[call + 1], to: start[call + 1] }
}

function waitOf(
  { parent, size }: Pick<SpanOrder, 'parent' | 'size'>,
  untold: Uint8Array,
  { start, end }: Times,
  call: number,
): Wait {
  const [up, answer] = [parent[call], call + 1]
  let from = start[up]
  let isLast = end[answer] <= end[up]
  for (let s = up + 1; s < up + size[up]; s += size[s]) {
    if (s === call) continue
    const other = untold[s] === 1 ? s + 1 : s
    // What came after the caller had gone tells nothing of when it began to wait.
    if (end[other] <= start[answer] && end[other] <= end[up]) from = Math.max(from, end[other])
    else if (end[other] > end[answer] || (end[other] === end[answer] && s > call)) isLast = false
  }
  return { from: Math.min(from, start[answer]), to: isLast ? end[up] : end[answer] }
}

/** What is read of the table again and again. */
export function spansIn(
  table: SpanTable,
  order: SpanOrder,
  belong: { readonly service: Uint32Array; readonly instance: Uint32Array },
): Omit<CallsPutIn, 'untold'> {
  const n = order.row.length
  const start = columnOf(Float64Array, n)
  const end = columnOf(Float64Array, n)
  const kind = columnOf(Uint8Array, n)
  for (let p = 0; p < n; p++) {
    const row = order.row[p]
    start[p] = table.startNs[row]
    end[p] = start[p] + table.durationNs[row]
    kind[p] = table.kind[row]
  }
  return { order, kind, start, end, ...belong }
}
