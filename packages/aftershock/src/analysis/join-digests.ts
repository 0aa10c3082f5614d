import type { Digest, Finds } from './digest.ts'

const BY_ROW = [
  ...(['start', 'end', 'op', 'instance', 'fail', 'root', 'durationNs', 'bits', 'attempts', 'extra'] as const),
  ...(['neededMs', 'lateMs', 'waitedMs', 'addedMs'] as const),
]
const BY_REQUEST = [
  ...(['first', 'ofPhase', 'asked', 'answer', 'open', 'outcome', 'attributed', 'hung'] as const),
]

type Typed = Uint8Array | Uint16Array | Uint32Array | Float64Array

/** All partitions' digests as one, whatever their order. */
export function joinedDigest(parts: readonly Digest[]): Digest {
  if (parts.length === 1) return parts[0]
  const order = parts
    .flatMap((part, k) => Array.from({ length: part.traces }, (_, t) => ({ k, t, part })))
    .sort((a, b) => a.part.first[a.t] - b.part.first[b.t] || compareIds(a, b))
  const { trace, traceStart, places } = rowPlaces(parts, order)
  const rows = (of: (part: Digest) => Typed, each = 1): Typed => {
    const all = emptyLike(of(parts[0]), trace.length * each)
    for (const [k, part] of parts.entries()) {
      const from = of(part)
      for (let row = 0; row < part.length; row++) {
        for (let i = 0; i < each; i++) all[places[k][row] * each + i] = from[row * each + i]
      }
    }
    return all
  }
  const requests = (of: (part: Digest) => Typed, each = 1): Typed => {
    const all = emptyLike(of(parts[0]), order.length * each)
    for (const [t, { t: own, part }] of order.entries()) {
      const from = of(part)
      for (let i = 0; i < each; i++) all[t * each + i] = from[own * each + i]
    }
    return all
  }
  return {
    length: trace.length,
    traces: order.length,
    trace,
    traceStart,
    ...joinedPaths(parts, order),
    entry: Int32Array.from(order, ({ k, t, part }) => (part.entry[t] === -1 ? -1 : places[k][part.entry[t]])),
    traceIds: requests((part) => part.traceIds, 16) as Uint8Array,
    spanIds: rows((part) => part.spanIds, 8) as Uint8Array,
    ...(named(BY_ROW, (name) => rows((part) => part[name])) as Pick<Digest, (typeof BY_ROW)[number]>),
    ...(named(BY_REQUEST, (name) => requests((part) => part[name])) as Pick<
      Digest,
      (typeof BY_REQUEST)[number]
    >),
    finds: joinedFinds(parts, places),
  }
}

function named<Name extends string>(names: readonly Name[], of: (name: Name) => Typed): unknown {
  return Object.fromEntries(names.map((name) => [name, of(name)]))
}

/** Where each row of each partition goes. */
function rowPlaces(parts: readonly Digest[], order: readonly Place[]) {
  const length = parts.reduce((n, part) => n + part.length, 0)
  const traceStart = new Uint32Array(order.length + 1)
  const places = parts.map((part) => new Uint32Array(part.length))
  const trace = new Uint32Array(length)
  let next = 0
  for (const [t, { k, t: own, part }] of order.entries()) {
    traceStart[t] = next
    for (let row = part.traceStart[own]; row < part.traceStart[own + 1]; row++) {
      trace[next] = t
      places[k][row] = next++
    }
  }
  traceStart[order.length] = next
  return { trace, traceStart, places }
}

function joinedPaths(
  parts: readonly Digest[],
  order: readonly Place[],
): Pick<Digest, 'paths' | 'path' | 'way'> {
  const paths = [...new Set(parts.flatMap((part) => part.paths))].sort()
  const ids = new Map(paths.map((path, id) => [path, id]))
  const idsOf = (of: (part: Digest) => Int32Array): Int32Array =>
    Int32Array.from(order, ({ t, part }) => {
      const own = of(part)[t]
      return own === -1 ? -1 : (ids.get(part.paths[own]) ?? -1)
    })
  return { paths, path: idsOf((part) => part.path), way: idsOf((part) => part.way) }
}

function emptyLike(like: Typed, n: number): Typed {
  if (like instanceof Float64Array) return new Float64Array(n)
  if (like instanceof Uint32Array) return new Uint32Array(n)
  return like instanceof Uint16Array ? new Uint16Array(n) : new Uint8Array(n)
}

/** A request: the partition it is in, and its number there. */
type Place = { readonly k: number; readonly t: number; readonly part: Digest }

function compareIds(a: Place, b: Place): number {
  for (let i = 0; i < 16; i++) {
    const by = a.part.traceIds[a.t * 16 + i] - b.part.traceIds[b.t * 16 + i]
    if (by !== 0) return by
  }
  return 0
}

function joinedFinds(
  parts: readonly Digest[],
  places: readonly Uint32Array[],
): Readonly<Record<string, Finds>> {
  const kinds = [...new Set(parts.flatMap((part) => Object.keys(part.finds)))]
  return Object.fromEntries(
    kinds.map((kind) => {
      const rows: number[] = []
      const edges: number[] = []
      const besides = new Map<number, { others: number; before: number }>()
      for (const [k, part] of parts.entries()) {
        const found = part.finds[kind]
        for (const [i, row] of found.rows.entries()) {
          rows.push(places[k][row])
          edges.push(found.edges[i])
        }
        for (const [edge, n] of found.besides) {
          const known = besides.get(edge) ?? { others: 0, before: 0 }
          besides.set(edge, { others: known.others + n.others, before: known.before + n.before })
        }
      }
      return [kind, { rows: Uint32Array.from(rows), edges: Float64Array.from(edges), besides }]
    }),
  )
}
