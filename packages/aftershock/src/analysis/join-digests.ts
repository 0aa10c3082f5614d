import type { Digest, Finds } from './digest.ts'
import { mergedRuns } from './merge-runs.ts'

const BY_ROW = [...(['start', 'end', 'op', 'instance', 'fail', 'root', 'bits', 'attempts', 'extra'] as const)]
const BY_REQUEST = [
  ...(['first', 'withoutNs', 'ofPhase', 'asked', 'answer', 'open', 'outcome', 'attributed', 'hung'] as const),
]

type Typed = Uint8Array | Uint16Array | Uint32Array | Float64Array

/** All partitions' digests as one, whatever their order: requests by start, rows partition by partition. */
export function joinedDigest(parts: readonly Digest[]): Digest {
  if (parts.length === 1) return parts[0]
  const requests = requestOrder(parts)
  const column = (of: (part: Digest) => Typed): Typed => concatenated(parts.map(of))
  return {
    length: parts.reduce((n, part) => n + part.length, 0),
    traces: requests.length,
    trace: tracesOfRows(parts, requests),
    entry: gathered(
      shifted(parts, (part) => part.entry),
      requests,
    ),
    head: gathered(
      shifted(parts, (part) => part.head),
      requests,
    ),
    ...joinedPaths(parts, requests),
    traceIds: gathered(concatenated(parts.map((part) => part.traceIds)), requests, 16),
    spanIds: concatenated(parts.map((part) => part.spanIds)),
    ...(named(BY_ROW, (name) => column((part) => part[name])) as Pick<Digest, (typeof BY_ROW)[number]>),
    ...(named(BY_REQUEST, (name) =>
      gathered(
        column((part) => part[name]),
        requests,
      ),
    ) as Pick<Digest, (typeof BY_REQUEST)[number]>),
    finds: joinedFinds(parts),
  }
}

/** Requests of all partitions, one behind the other, by first start and then by id. */
function requestOrder(parts: readonly Digest[]): Uint32Array {
  const first = concatenated(parts.map((part) => part.first))
  const id = concatenated(parts.map((part) => part.traceIds))
  return mergedRuns(
    parts.map((part) => part.traces),
    (a, b) => first[a] > first[b] || (first[a] === first[b] && isIdAfter(id, a * 16, b * 16)),
  )
}

function isIdAfter(id: Typed, a: number, b: number): boolean {
  for (let i = 0; i < 16; i++) if (id[a + i] !== id[b + i]) return id[a + i] > id[b + i]
  return false
}

/** Row → its request. */
function tracesOfRows(parts: readonly Digest[], requests: Uint32Array): Uint32Array {
  const placeOf = new Uint32Array(requests.length)
  for (let t = 0; t < requests.length; t++) placeOf[requests[t]] = t
  const traces = new Uint32Array(parts.reduce((n, part) => n + part.length, 0))
  let [at, first] = [0, 0]
  for (const { trace, traces: own } of parts) {
    for (let row = 0; row < trace.length; row++) traces[at++] = placeOf[first + trace[row]]
    first += own
  }
  return traces
}

/** Rows that requests name, counted from the first of all; -1 stays. */
function shifted(parts: readonly Digest[], of: (part: Digest) => Int32Array): Int32Array {
  const all = new Int32Array(parts.reduce((n, part) => n + part.traces, 0))
  let [at, first] = [0, 0]
  for (const part of parts) {
    for (const row of of(part)) all[at++] = row === -1 ? -1 : first + row
    first += part.length
  }
  return all
}

function joinedPaths(
  parts: readonly Digest[],
  requests: Uint32Array,
): Pick<Digest, 'paths' | 'path' | 'way'> {
  const paths = [...new Set(parts.flatMap((part) => part.paths))].sort()
  const known = new Map(paths.map((path, id) => [path, id]))
  const idsOf = (of: (part: Digest) => Int32Array): Int32Array => {
    const all = new Int32Array(requests.length)
    let at = 0
    for (const part of parts) {
      const own = Int32Array.from(part.paths, (path) => known.get(path) ?? -1)
      for (const id of of(part)) all[at++] = id === -1 ? -1 : own[id]
    }
    return gathered(all, requests)
  }
  return { paths, path: idsOf((part) => part.path), way: idsOf((part) => part.way) }
}

function joinedFinds(parts: readonly Digest[]): Readonly<Record<string, Finds>> {
  const kinds = [...new Set(parts.flatMap((part) => Object.keys(part.finds)))]
  return Object.fromEntries(
    kinds.map((kind) => {
      const found = parts.map((part) => part.finds[kind])
      const rows = concatenated(found.map((one) => one.rows))
      let [at, first] = [0, 0]
      for (const [k, one] of found.entries()) {
        for (let i = 0; i < one.rows.length; i++) rows[at++] += first
        first += parts[k].length
      }
      const edges = concatenated(found.map((one) => one.edges))
      const ms = concatenated(found.map((one) => one.ms))
      return [kind, { rows, edges, ms, besides: joinedBesides(found) }]
    }),
  )
}

function joinedBesides(found: readonly Finds[]): Finds['besides'] {
  const besides = new Map<number, { others: number; before: number }>()
  for (const [edge, n] of found.flatMap((one) => [...one.besides])) {
    const known = besides.get(edge) ?? { others: 0, before: 0 }
    besides.set(edge, { others: known.others + n.others, before: known.before + n.before })
  }
  return besides
}

function named<Name extends string>(names: readonly Name[], of: (name: Name) => Typed): unknown {
  return Object.fromEntries(names.map((name) => [name, of(name)]))
}

function concatenated<T extends Typed>(lists: readonly T[]): T {
  const all = emptyLike(
    lists[0],
    lists.reduce((n, list) => n + list.length, 0),
  )
  let at = 0
  for (const list of lists) {
    all.set(list, at)
    at += list.length
  }
  return all
}

function emptyLike<T extends Typed | Int32Array>(like: T, n: number): T {
  return new (like.constructor as new (n: number) => T)(n)
}

/** The elements of a column, of its own memory, in another order. */
function gathered<T extends Typed | Int32Array>(column: T, order: Uint32Array, each = 1): T {
  const to = emptyLike(column, order.length * each)
  const bytes = each * column.BYTES_PER_ELEMENT
  // Two loops over plain words: one over columns of every type would be several times as slow.
  if (bytes % 4 === 0)
    gatherWords(new Uint32Array(column.buffer), new Uint32Array(to.buffer), order, bytes / 4)
  else gatherBytes(new Uint8Array(column.buffer), new Uint8Array(to.buffer), order, bytes)
  return to
}

function gatherWords(from: Uint32Array, to: Uint32Array, order: Uint32Array, each: number): void {
  let at = 0
  for (let i = 0; i < order.length; i++) {
    const first = order[i] * each
    for (let k = 0; k < each; k++) to[at++] = from[first + k]
  }
}

function gatherBytes(from: Uint8Array, to: Uint8Array, order: Uint32Array, each: number): void {
  let at = 0
  for (let i = 0; i < order.length; i++) {
    const first = order[i] * each
    for (let k = 0; k < each; k++) to[at++] = from[first + k]
  }
}
