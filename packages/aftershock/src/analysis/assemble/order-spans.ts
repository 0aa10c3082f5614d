import type { SpanTable } from '../../model/span-table.ts'
import { columnOf, copyOf } from '../numbers/columns.ts'
import type { TraceRows } from './trace-rows.ts'

/** Rows grouped by trace, each trace a forest in preorder: a span's subtree is `[p, p + size[p])`. */
export type SpanOrder = {
  /** Position → row of the table. */
  readonly row: Uint32Array
  /** Position → position of the parent, -1 for roots and orphans. */
  readonly parent: Int32Array
  /** 1 where the span names a parent that is not there. */
  readonly orphan: Uint8Array
  readonly size: Uint32Array
  readonly trace: Uint32Array
  /** Trace → its first position; one more at the end. */
  readonly traceStart: Uint32Array
  /** Trace → its first start as it was sent, ns: with the id, what traces are ordered by. */
  readonly traceFirst: Float64Array
  readonly orphans: number
  readonly duplicates: number
  /** Proxies' spans that were taken out, see `besideProxies`. */
  readonly proxies: number
  /** Position → row of a proxy's span that stood below a call and was taken out, -1 without; empty where none was. */
  readonly proxied: Int32Array
}

/**
 * Puts spans in order whatever order they came in: traces by first start, siblings by start, a child
 * after its parent. Repeated spans are dropped and counted; a client and a server that share an id
 * (Zipkin) become parent and child; cycles are cut where they begin.
 */
export function orderSpans(table: SpanTable, traces: TraceRows): SpanOrder {
  const { starts } = traces
  const first = firstStarts(table, traces)
  const sorted = tracesInOrder(table, traces, first)
  const work = workspace(traces.rows.length, longest(starts))
  const rows = copyOf(traces.rows)
  for (const trace of sorted) {
    placeTrace(table, rows, starts[trace], starts[trace + 1], work)
  }
  return {
    row: work.row.subarray(0, work.placed),
    parent: work.parent.subarray(0, work.placed),
    orphan: work.orphan.subarray(0, work.placed),
    size: work.size.subarray(0, work.placed),
    trace: work.trace.subarray(0, work.placed),
    traceStart: Uint32Array.from([...work.traceStart, work.placed]),
    traceFirst: Float64Array.from(sorted, (trace) => first[trace]),
    orphans: work.orphans,
    duplicates: work.duplicates,
    proxies: 0,
    proxied: NO_PROXIES,
  }
}

const NO_PROXIES = new Int32Array(0)

function firstStarts(table: SpanTable, { starts, rows }: TraceRows): Float64Array {
  const first = new Float64Array(starts.length - 1).fill(Number.POSITIVE_INFINITY)
  for (let t = 0; t < first.length; t++) {
    for (let i = starts[t]; i < starts[t + 1]; i++) first[t] = Math.min(first[t], table.startNs[rows[i]])
  }
  return first
}

/** By first start, then by id. */
function tracesInOrder(table: SpanTable, { starts, rows }: TraceRows, first: Float64Array): Uint32Array {
  const ids = table.traceIds
  const byId = (a: number, b: number): number => {
    const [i, j] = [rows[starts[a]] * 16, rows[starts[b]] * 16]
    for (let k = 0; k < 16; k++) if (ids[i + k] !== ids[j + k]) return ids[i + k] - ids[j + k]
    return 0
  }
  return Uint32Array.from(first.keys()).sort((a, b) => first[a] - first[b] || byId(a, b))
}

function longest(starts: Uint32Array): number {
  let most = 0
  for (let t = 1; t < starts.length; t++) most = Math.max(most, starts[t] - starts[t - 1])
  return most
}

type Workspace = {
  readonly row: Uint32Array
  readonly parent: Int32Array
  readonly orphan: Uint8Array
  readonly size: Uint32Array
  readonly trace: Uint32Array
  readonly traceStart: number[]
  placed: number
  orphans: number
  duplicates: number
  /** Local to a trace: parent, first child, next sibling, place; and an id table. */
  readonly up: Int32Array
  readonly child: Int32Array
  readonly sibling: Int32Array
  readonly stack: Int32Array
  readonly place: Int32Array
  readonly orphaned: Uint8Array
  readonly slots: Int32Array
  readonly high: Uint32Array
  readonly low: Uint32Array
  readonly kind: Uint8Array
  /** Slots in use less one, and what is left of a hash for them: its first bits, which are mixed best. */
  mask: number
  shift: number
}

function workspace(spans: number, longestTrace: number): Workspace {
  let slots = 16
  while (slots < longestTrace * 2) slots *= 2
  return {
    row: columnOf(Uint32Array, spans),
    parent: columnOf(Int32Array, spans),
    orphan: columnOf(Uint8Array, spans),
    size: columnOf(Uint32Array, spans),
    trace: columnOf(Uint32Array, spans),
    traceStart: [],
    placed: 0,
    orphans: 0,
    duplicates: 0,
    up: new Int32Array(longestTrace),
    child: new Int32Array(longestTrace),
    sibling: new Int32Array(longestTrace),
    stack: new Int32Array(longestTrace + 1),
    place: new Int32Array(longestTrace),
    orphaned: new Uint8Array(longestTrace),
    slots: new Int32Array(slots),
    high: new Uint32Array(longestTrace + 1),
    low: new Uint32Array(longestTrace + 1),
    kind: new Uint8Array(longestTrace + 1),
    mask: 0,
    shift: 32,
  }
}

/** Rows `from … to` are those of one trace. */
function placeTrace(table: SpanTable, rows: Uint32Array, from: number, to: number, work: Workspace): void {
  sortRows(table, rows, from, to)
  const n = withoutRepeated(table, rows, from, to, work)
  const { up, child, sibling } = work
  child.fill(-1, 0, n)
  const orphaned = work.orphaned.fill(0, 0, n)
  for (let i = n - 1; i >= 0; i--) {
    up[i] = parentOf(table, rows[from + i], i, work)
    sibling[i] = -1
    if (up[i] >= 0) {
      sibling[i] = child[up[i]]
      child[up[i]] = i
    }
  }
  const trace = work.traceStart.push(work.placed) - 1
  const place = work.place.fill(-1, 0, n)
  for (let i = 0; i < n; i++) if (up[i] === -1) walk(rows, from, i, trace, place, orphaned, work)
  for (let i = 0; i < n; i++) if (place[i] === -1) walk(rows, from, i, trace, place, orphaned, work)
}

/** Preorder from one root. A span of a cycle that nothing reached before is taken for a root. */
function walk(
  rows: Uint32Array,
  offset: number,
  root: number,
  trace: number,
  place: Int32Array,
  orphaned: Uint8Array,
  work: Workspace,
): void {
  const { stack, child, sibling, up } = work
  const from = work.placed
  let depth = 0
  stack[depth++] = root
  while (depth > 0) {
    const i = stack[--depth]
    if (place[i] !== -1) continue
    const at = work.placed++
    place[i] = at
    work.row[at] = rows[offset + i]
    work.trace[at] = trace
    work.size[at] = 1
    work.orphan[at] = orphaned[i]
    work.orphans += orphaned[i]
    work.parent[at] = i === root ? -1 : place[up[i]]
    if (i !== root && sibling[i] !== -1 && place[sibling[i]] === -1) stack[depth++] = sibling[i]
    if (child[i] !== -1) stack[depth++] = child[i]
  }
  for (let p = work.placed - 1; p > from; p--) work.size[work.parent[p]] += work.size[p]
}

const INSERTION_MAX = 64

/** Most traces are short and nearly in order: insertion beats the general sort, which copies. */
function sortRows(table: SpanTable, rows: Uint32Array, from: number, to: number): void {
  if (to - from > INSERTION_MAX) {
    rows.subarray(from, to).sort((a, b) => compareRows(table, a, b))
    return
  }
  for (let i = from + 1; i < to; i++) {
    const row = rows[i]
    let at = i
    for (; at > from && compareRows(table, rows[at - 1], row) > 0; at--) rows[at] = rows[at - 1]
    rows[at] = row
  }
}

function compareRows(t: SpanTable, a: number, b: number): number {
  return (
    t.startNs[a] - t.startNs[b] ||
    t.durationNs[b] - t.durationNs[a] ||
    t.spanWords[a * 2] - t.spanWords[b * 2] ||
    t.spanWords[a * 2 + 1] - t.spanWords[b * 2 + 1] ||
    t.kind[b] - t.kind[a] ||
    a - b
  )
}

/** Drops what came twice; `work` can look up the ids of the others afterwards. Returns how many are left. */
function withoutRepeated(t: SpanTable, rows: Uint32Array, from: number, to: number, work: Workspace): number {
  let capacity = 16
  let bits = 4
  for (; capacity < (to - from) * 2; capacity *= 2) bits += 1
  const { slots, high, low, kind } = work
  slots.fill(-1, 0, capacity)
  work.mask = capacity - 1
  work.shift = 32 - bits
  let n = 0
  for (let k = from; k < to; k++) {
    const row = rows[k]
    high[n] = t.spanWords[row * 2]
    low[n] = t.spanWords[row * 2 + 1]
    kind[n] = t.kind[row]
    let slot = slotOf(work, high[n], low[n])
    let repeated = false
    for (; slots[slot] !== -1; slot = (slot + 1) & work.mask) {
      const other = slots[slot]
      if (high[other] !== high[n] || low[other] !== low[n] || kind[other] !== kind[n]) continue
      if (sameService(t, rows[from + other], row)) repeated = true
    }
    if (repeated) {
      work.duplicates += 1
      continue
    }
    slots[slot] = n
    rows[from + n++] = row
  }
  return n
}

function slotOf({ shift }: Workspace, high: number, low: number): number {
  return Math.imul(high ^ Math.imul(low, 0x85ebca6b), 0x9e3779b1) >>> shift
}

/** The span of an id, other than `skip`; -1 when the trace has none. */
function find(work: Workspace, high: number, low: number, skip: number): number {
  const { slots, mask, kind } = work
  let found = -1
  for (let slot = slotOf(work, high, low); slots[slot] !== -1; slot = (slot + 1) & mask) {
    const i = slots[slot]
    if (i === skip || work.high[i] !== high || work.low[i] !== low) continue
    // Of a client and a server with one id, work below belongs to the server.
    if (found === -1 || kind[i] === SERVER) found = i
  }
  return found
}

const [SERVER, CLIENT] = [2, 3]

function sameService(t: SpanTable, a: number, b: number): boolean {
  return (
    t.resource[a] === t.resource[b] ||
    t.resources[t.resource[a]].service === t.resources[t.resource[b]].service
  )
}

function parentOf(t: SpanTable, row: number, i: number, work: Workspace): number {
  if (work.kind[i] === SERVER) {
    const twin = find(work, work.high[i], work.low[i], i)
    if (twin !== -1 && work.kind[twin] === CLIENT) return twin
  }
  const high = t.parentWords[row * 2]
  const low = t.parentWords[row * 2 + 1]
  if (high === 0 && low === 0) return -1
  const parent = find(work, high, low, i)
  if (parent === -1) work.orphaned[i] = 1
  return parent
}
