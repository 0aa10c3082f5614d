import type { Digest, Finds } from './digest.ts'
import { mergedRuns } from './merge-runs.ts'

const BY_ROW = [...(['start', 'end', 'op', 'instance', 'fail', 'root', 'bits', 'attempts', 'extra'] as const)]
const BY_REQUEST = [
  ...(['first', 'withoutNs', 'ofPhase', 'asked', 'answer', 'open', 'outcome', 'attributed', 'hung'] as const),
]

type Typed = Uint8Array | Uint16Array | Uint32Array | Float64Array

/** All partitions' digests as one, whatever their order. */
export function joinedDigest(parts: readonly Digest[]): Digest {
  if (parts.length === 1) return parts[0]
  const requests = requestOrder(parts)
  const { rows, places, trace, traceStart } = rowOrder(parts, requests)
  return {
    length: rows.length,
    traces: requests.length,
    trace,
    traceStart,
    ...joinedPaths(parts, requests),
    entry: entriesAt(parts, requests, places),
    traceIds: gathered(concatenated(parts.map((part) => part.traceIds)), requests, 16),
    spanIds: gathered(concatenated(parts.map((part) => part.spanIds)), rows, 8),
    ...(named(BY_ROW, parts, rows) as Pick<Digest, (typeof BY_ROW)[number]>),
    ...(named(BY_REQUEST, parts, requests) as Pick<Digest, (typeof BY_REQUEST)[number]>),
    finds: joinedFinds(parts, places),
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

/** Rows of all partitions, one behind the other, by request; and where each of them goes. */
function rowOrder(parts: readonly Digest[], requests: Uint32Array) {
  const [starts, ends] = rangesOf(parts)
  const length = parts.reduce((n, part) => n + part.length, 0)
  const rows = new Uint32Array(length)
  const places = new Uint32Array(length)
  const trace = new Uint32Array(length)
  const traceStart = new Uint32Array(requests.length + 1)
  let next = 0
  for (let t = 0; t < requests.length; t++) {
    traceStart[t] = next
    for (let row = starts[requests[t]]; row < ends[requests[t]]; row++) {
      trace[next] = t
      places[row] = next
      rows[next++] = row
    }
  }
  traceStart[requests.length] = next
  return { rows, places, trace, traceStart }
}

/** Request → its first row, and the one behind its last. */
function rangesOf(parts: readonly Digest[]): readonly [Uint32Array, Uint32Array] {
  const requests = parts.reduce((n, part) => n + part.traces, 0)
  const [starts, ends] = [new Uint32Array(requests), new Uint32Array(requests)]
  let [at, row] = [0, 0]
  for (const { traces, traceStart, length } of parts) {
    for (let t = 0; t < traces; t++, at++) {
      starts[at] = row + traceStart[t]
      ends[at] = row + traceStart[t + 1]
    }
    row += length
  }
  return [starts, ends]
}

function entriesAt(parts: readonly Digest[], requests: Uint32Array, places: Uint32Array): Int32Array {
  const all = new Int32Array(requests.length)
  let [at, row] = [0, 0]
  for (const { entry, length } of parts) {
    for (let t = 0; t < entry.length; t++) all[at++] = entry[t] === -1 ? -1 : places[row + entry[t]]
    row += length
  }
  return gathered(all, requests)
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

function joinedFinds(parts: readonly Digest[], places: Uint32Array): Readonly<Record<string, Finds>> {
  const kinds = [...new Set(parts.flatMap((part) => Object.keys(part.finds)))]
  return Object.fromEntries(
    kinds.map((kind) => {
      const found = parts.map((part) => part.finds[kind])
      const lengths = found.map(({ rows }) => rows.length)
      const rows = new Uint32Array(lengths.reduce((n, length) => n + length, 0))
      let [at, row] = [0, 0]
      for (const [k, { rows: own }] of found.entries()) {
        for (let i = 0; i < own.length; i++) rows[at++] = places[row + own[i]]
        row += parts[k].length
      }
      const order = mergedRuns(lengths, (a, b) => rows[a] > rows[b])
      const edges = concatenated(found.map((one) => one.edges))
      const ms = concatenated(found.map((one) => one.ms))
      return [
        kind,
        {
          rows: gathered(rows, order),
          edges: gathered(edges, order),
          ms: ms.length === 0 ? ms : gathered(ms, order),
          besides: joinedBesides(found),
        },
      ]
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

function named<Name extends (typeof BY_ROW | typeof BY_REQUEST)[number]>(
  names: readonly Name[],
  parts: readonly Digest[],
  order: Uint32Array,
): unknown {
  return Object.fromEntries(
    names.map((name) => {
      const all = concatenated(parts.map((part): Typed => part[name]))
      return [name, gathered(all, order)]
    }),
  )
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
