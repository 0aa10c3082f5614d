import { Protocol, type SpanTable } from '../model/span-table.ts'
import { findCallees, type Peers } from './callees.ts'
import { clockOffsets, type InstanceOffset } from './clock-skew.ts'
import type { Forest, Op } from './forest.ts'
import { orderSpans, type SpanOrder } from './order-spans.ts'
import { serviceIndex } from './service-index.ts'
import { templateOf } from './template.ts'
import { TupleIds } from './tuple-ids.ts'

/**
 * Traces from columns, whatever state they arrive in: any order, repeated, parents missing, ids shared
 * between client and server, clocks apart. Peers without spans become nodes of their own.
 *
 * @param peers - names of addresses that send no spans themselves
 * @returns the forest, and the clock offsets that were taken out of its times (raw times stay in the table)
 */
export function assemble(
  table: SpanTable,
  peers: Peers = {},
): { forest: Forest; offsets: readonly InstanceOffset[] } {
  const order = orderSpans(table)
  const n = order.row.length
  const start = new Float64Array(n)
  const end = new Float64Array(n)
  const kind = new Uint8Array(n)
  for (let p = 0; p < n; p++) {
    const row = order.row[p]
    start[p] = table.startNs[row]
    end[p] = start[p] + table.durationNs[row]
    kind[p] = table.kind[row]
  }
  const index = serviceIndex(table, order)
  const { callee, server } = findCallees(table, order, kind, index, peers)
  const base = { ...order, table, length: n, traces: order.traceStart.length - 1, start, end, kind }
  const withCalls = { ...base, service: index.service, instance: index.instance, callee, server }
  const offsets = clockOffsets(withCalls, index.instances)
  for (const offset of offsets) {
    if (offset.offsetNs === 0) continue
    for (let p = 0; p < n; p++) {
      if (index.instance[p] !== offset.instance) continue
      start[p] += offset.offsetNs
      end[p] += offset.offsetNs
    }
  }
  const owner = ownersOf(order, kind, index.service, callee)
  const forest: Forest = {
    ...withCalls,
    services: index.services,
    instances: index.instances,
    owner,
    ...opsOf(table, order, kind, index.service, callee),
    entry: entriesOf(order, kind, index.service, index.users, server),
  }
  return { forest, offsets }
}

/** A span enters its service when it is a root, answers a call, or its parent belongs elsewhere. */
function ownersOf(order: SpanOrder, kind: Uint8Array, service: Uint32Array, callee: Int32Array): Int32Array {
  const owner = new Int32Array(order.row.length)
  for (let p = 0; p < owner.length; p++) {
    const up = order.parent[p]
    const enters =
      up === -1 || service[up] !== service[p] || ((kind[p] === 2 || kind[p] === 5) && callee[up] !== -1)
    owner[p] = enters ? p : owner[up]
  }
  return owner
}

/** The root; below a load generator's root the answer it got, as the users' request. */
function entriesOf(
  order: SpanOrder,
  kind: Uint8Array,
  service: Uint32Array,
  users: number,
  server: Int32Array,
): Int32Array {
  const traces = order.traceStart.length - 1
  const entry = new Int32Array(traces).fill(-1)
  for (let t = 0; t < traces; t++) {
    for (let p = order.traceStart[t]; p < order.traceStart[t + 1]; p += order.size[p]) {
      if (order.orphan[p] === 1) continue
      if (entry[t] === -1 || (kind[entry[t]] === 1 && kind[p] === 2)) entry[t] = p
      if (service[p] === users && server[p] === -1) entry[t] = p
    }
  }
  return entry
}

function opsOf(
  table: SpanTable,
  order: SpanOrder,
  kind: Uint8Array,
  service: Uint32Array,
  callee: Int32Array,
): { op: Uint32Array; ops: readonly Op[] } {
  const ids = new TupleIds()
  const texts = new TextTemplates(table.strings)
  const n = order.row.length
  const op = new Uint32Array(n)
  const ops: Op[] = []
  for (let p = 0; p < n; p++) {
    const row = order.row[p]
    const name = texts.of(table.name[row])
    const route = texts.of(table.route[row])
    op[p] = ids.id(service[p] * 8 + kind[p], callee[p] + 1, name, table.method[row], route)
    if (op[p] === ops.length) {
      ops.push({
        service: service[p],
        kind: kind[p],
        callee: callee[p],
        label: labelOf(table, row, texts.text(name), texts.text(route)),
        writes: writes(table, row),
      })
    }
  }
  return { op, ops }
}

/** `POST /checkout` where the conventions say so, else the span's name. */
function labelOf(table: SpanTable, row: number, name: string, route: string): string {
  const method = table.strings[table.method[row]]
  const isHttp = (table.protocol[row] & Protocol.http) !== 0
  return isHttp && method !== '' && route !== '' && !name.includes(route) ? `${method} ${route}` : name
}

function writes(table: SpanTable, row: number): boolean {
  const method = table.strings[table.method[row]].toUpperCase()
  if ((table.protocol[row] & Protocol.db) !== 0) {
    const verb = method || (/[A-Z]+/.exec(table.strings[table.name[row]].toUpperCase())?.[0] ?? '')
    const statement = `${verb} ${table.strings[table.name[row]].toUpperCase()}`
    return /\b(INSERT|UPDATE|DELETE|MERGE|UPSERT|REPLACE|SET|HSET|INCR|DEL|LPUSH|RPUSH)\b/.test(statement)
  }
  if ((table.protocol[row] & Protocol.messaging) !== 0) return table.kind[row] === 4
  return /^(POST|PUT|PATCH|DELETE)$/.test(method)
}

/** Templated strings, by the dictionary's ids. */
class TextTemplates {
  readonly #strings: readonly string[]
  readonly #template: Int32Array
  readonly #ids = new Map<string, number>([['', 0]])
  readonly #texts: string[] = ['']

  constructor(strings: readonly string[]) {
    this.#strings = strings
    this.#template = new Int32Array(strings.length).fill(-1)
  }

  of(id: number): number {
    if (this.#template[id] === -1) {
      const text = templateOf(this.#strings[id])
      const known = this.#ids.get(text)
      const fresh = known ?? this.#texts.push(text) - 1
      if (known === undefined) this.#ids.set(text, fresh)
      this.#template[id] = fresh
    }
    return this.#template[id]
  }

  text(template: number): string {
    return this.#texts[template]
  }
}
