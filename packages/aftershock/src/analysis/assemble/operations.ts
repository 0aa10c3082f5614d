import { PRODUCER } from '../../model/span-kind.ts'
import { Protocol, type SpanTable } from '../../model/span-table.ts'
import { columnOf } from '../numbers/columns.ts'
import { TupleIds } from '../numbers/tuple-ids.ts'
import type { Op } from './forest.ts'
import { openEndedNames } from './open-ended-names.ts'
import type { SpanOrder } from './order-spans.ts'
import { templateOf } from './template.ts'

/** An operation in the words that tell it from others, whatever dictionary they came from. */
export type OpSeen = Words &
  Pick<Op, 'service' | 'kind' | 'callee'> & {
    readonly key: string
    /** Spans of it. */
    readonly n: number
  }

type Words = {
  readonly name: string
  readonly route: string
  readonly method: string
  /** Bits of `Protocol` that any of its spans has. */
  readonly bits: number
}

type Spans = {
  readonly kind: Uint8Array
  readonly service: Uint32Array
  readonly callee: Int32Array
}

/** Like with like: service, kind, callee, templated name, method and route; numbers are a partition's own. */
export function operationsSeen(
  table: SpanTable,
  order: SpanOrder,
  { kind, service, callee }: Spans,
): { readonly op: Uint32Array; readonly seen: readonly OpSeen[] } {
  const ids = new TupleIds()
  const texts = new TextTemplates(table.strings)
  const n = order.row.length
  const op = columnOf(Uint32Array, n)
  const bits: number[] = []
  const first: number[] = []
  const counts: number[] = []
  for (let p = 0; p < n; p++) {
    const row = order.row[p]
    const name = texts.of(table.name[row])
    const route = texts.of(table.route[row])
    const id = ids.id(service[p] * 8 + kind[p], callee[p] + 1, name, table.method[row], route)
    op[p] = id
    if (id === first.length) first.push(p)
    bits[id] = (bits[id] ?? 0) | table.protocol[row]
    counts[id] = (counts[id] ?? 0) + 1
  }
  const seen = first.map((p, id) => {
    const who = { service: service[p], kind: kind[p], callee: callee[p] }
    const words = {
      name: texts.text(ids.part(id, 2)),
      method: table.strings[ids.part(id, 3)],
      route: texts.text(ids.part(id, 4)),
    }
    const key = keyOf({ ...who, ...words })
    return { ...who, ...words, bits: bits[id], n: counts[id], key }
  })
  return { op, seen }
}

export type KnownOps = { readonly ops: readonly Op[]; readonly ids: ReadonlyMap<string, number> }

/** Each operation once. */
export function joinedOps(seen: readonly (readonly OpSeen[])[]): readonly OpSeen[] {
  const byKey = new Map<string, OpSeen>()
  for (const one of seen.flat()) {
    const known = byKey.get(one.key)
    byKey.set(one.key, { ...one, bits: one.bits | (known?.bits ?? 0), n: one.n + (known?.n ?? 0) })
  }
  return [...byKey.values()]
}

/** The operations of all partitions, in an order of their own. */
export function operationsOf(seen: readonly (readonly OpSeen[])[]): KnownOps {
  const joined = joinedOps(seen)
  const meant = closedOff(joined)
  const sorted = joinedOps([meant]).toSorted(
    (a, b) => a.service - b.service || a.kind - b.kind || a.callee - b.callee || (a.key < b.key ? -1 : 1),
  )
  const idOf = new Map(sorted.map((one, id) => [one.key, id]))
  return {
    ops: sorted.map((one) => ({
      service: one.service,
      kind: one.kind,
      callee: one.callee,
      label: labelOf(one),
      writes: writes(one, one.kind),
    })),
    ids: new Map(joined.map(({ key }, i) => [key, idOf.get(meant[i].key) ?? 0])),
  }
}

/** The same list, with what names hold of single things left out. */
function closedOff(joined: readonly OpSeen[]): readonly OpSeen[] {
  const alike = Map.groupBy(joined, (one) => [one.service, one.kind, one.callee, one.method].join(' '))
  const as = new Map<OpSeen, OpSeen>()
  for (const some of alike.values()) {
    const names = openEndedNames(some.map(({ name, n }) => ({ text: name, n })))
    const routes = openEndedNames(some.map(({ route, n }) => ({ text: route, n })))
    if (names.size === 0 && routes.size === 0) continue
    for (const one of some) {
      const words = { name: names.get(one.name) ?? one.name, route: routes.get(one.route) ?? one.route }
      as.set(one, { ...one, ...words, key: keyOf({ ...one, ...words }) })
    }
  }
  return joined.map((one) => as.get(one) ?? one)
}

function keyOf({ service, kind, callee, name, method, route }: Omit<OpSeen, 'key' | 'bits' | 'n'>): string {
  return [service, kind, callee, name, method, route].join('\u0000')
}

/** A partition's own numbers → those of all. */
export function renumbered(op: Uint32Array, seen: readonly OpSeen[], { ids }: KnownOps): Uint32Array {
  const known = Uint32Array.from(seen, ({ key }) => ids.get(key) ?? 0)
  const all = columnOf(Uint32Array, op.length)
  for (let p = 0; p < op.length; p++) all[p] = known[op[p]]
  return all
}

/** `POST /checkout` where the conventions say so, else the span's name. */
function labelOf({ name, route, method, bits }: Words): string {
  const isHttp = (bits & Protocol.http) !== 0
  return isHttp && method !== '' && route !== '' && !name.includes(route) ? `${method} ${route}` : name
}

function writes({ name, method, bits }: Words, kind: number): boolean {
  if ((bits & Protocol.db) !== 0) {
    const verb = method.toUpperCase() || (/[A-Z]+/.exec(name.toUpperCase())?.[0] ?? '')
    return /\b(INSERT|UPDATE|DELETE|MERGE|UPSERT|REPLACE|SET|HSET|INCR|DEL|LPUSH|RPUSH)\b/.test(
      `${verb} ${name.toUpperCase()}`,
    )
  }
  if ((bits & Protocol.messaging) !== 0) return kind === PRODUCER
  return /^(POST|PUT|PATCH|DELETE)$/i.test(method)
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
