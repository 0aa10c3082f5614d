import { Protocol, type SpanTable } from '../model/span-table.ts'
import type { NodeKind } from './forest.ts'
import type { SpanOrder } from './order-spans.ts'
import type { ServiceIndex } from './service-index.ts'
import { TupleIds } from './tuple-ids.ts'

/**
 * For every client and producer span, who it called and which span answered. Where nobody answered, the
 * callee is learnt from calls to the same peer (or of the same name) that were answered; a peer that
 * never answered becomes a node of its own. Client spans that leave nothing to learn from are work
 * inside their service, not calls.
 */
export function findCallees(
  table: SpanTable,
  order: SpanOrder,
  kind: Uint8Array,
  index: ServiceIndex,
  peers: Peers = {},
): { callee: Int32Array; server: Int32Array } {
  const n = order.row.length
  const callee = new Int32Array(n).fill(-1)
  const server = new Int32Array(n).fill(-1)
  const learnt = new Learnt(table)
  const databases = new Databases(table)
  for (let p = 0; p < n; p++) {
    if (kind[p] !== 3 && kind[p] !== 4) continue
    server[p] = answerTo(p, order, kind, index.service)
    if (server[p] === -1) continue
    callee[p] = index.service[server[p]]
    learnt.add(index.service[p], order.row[p], callee[p])
  }
  for (let p = 0; p < n; p++) {
    if ((kind[p] !== 3 && kind[p] !== 4) || callee[p] !== -1) continue
    const row = order.row[p]
    const known = learnt.of(index.service[p], row)
    if (known !== -1) callee[p] = isWrapper(p, order, kind) ? -1 : known
    else if (!isWrapper(p, order, kind)) callee[p] = peerNode(table, row, index, peers, databases)
  }
  return { callee, server }
}

/** The first child that is a server or consumer, or that belongs to another service. */
function answerTo(p: number, order: SpanOrder, kind: Uint8Array, service: Uint32Array): number {
  const end = p + order.size[p]
  for (let c = p + 1; c < end; c += order.size[c]) {
    if (kind[c] === 2 || kind[c] === 5 || service[c] !== service[p]) return c
  }
  return -1
}

/** A client span above other client spans (a retrying SDK's outer span) is not an attempt itself. */
function isWrapper(p: number, order: SpanOrder, kind: Uint8Array): boolean {
  const end = p + order.size[p]
  for (let c = p + 1; c < end; c += order.size[c]) if (kind[c] === 3) return true
  return false
}

function peerNode(
  table: SpanTable,
  row: number,
  index: ServiceIndex,
  peers: Peers,
  databases: Databases,
): number {
  const peer = table.strings[table.peer[row]]
  const system = table.strings[table.system[row]]
  const bits = table.protocol[row]
  const isDb = (bits & Protocol.db) !== 0
  const isQueue = (bits & Protocol.messaging) !== 0
  if (peer === '' && !isDb && !isQueue) return -1
  const kind: NodeKind = isDb ? 'db' : isQueue ? 'queue' : 'external'
  const named = peers[peer] ?? ''
  const name = named !== '' ? named : peer === '' ? system : isDb ? databases.nameOf(row) : hostOf(peer)
  if (name === '') return -1
  const short = name.split('.')[0]
  if (index.find(name) === -1 && index.find(short) !== -1) return index.find(short)
  return index.addPeer(name, kind)
}

/** `127.0.0.1:21007` → `payment-db`: names of addresses, where the system's file tells them. */
export type Peers = Readonly<Record<string, string>>

/** Databases known by an address alone are told by what they are; with the address where there are several. */
class Databases {
  readonly #table: SpanTable
  #addresses: Map<number, Set<number>> | undefined

  constructor(table: SpanTable) {
    this.#table = table
  }

  nameOf(row: number): string {
    const { peer, system, strings } = this.#table
    const address = hostOf(strings[peer[row]])
    const kind = strings[system[row]]
    if (kind === '' || !isAddress(address)) return address
    return (this.#all().get(system[row])?.size ?? 0) > 1 ? `${kind} ${address}` : kind
  }

  /** System → its addresses, of all client spans. */
  #all(): ReadonlyMap<number, ReadonlySet<number>> {
    if (this.#addresses !== undefined) return this.#addresses
    const found = new Map<number, Set<number>>()
    const { peer, system, protocol, length } = this.#table
    for (let row = 0; row < length; row++) {
      if ((protocol[row] & Protocol.db) === 0 || peer[row] === 0) continue
      const known = found.get(system[row])
      if (known === undefined) found.set(system[row], new Set([peer[row]]))
      else known.add(peer[row])
    }
    this.#addresses = found
    return found
  }
}

function isAddress(text: string): boolean {
  return /^(localhost|[\d.]+|\[?[0-9a-f:]*:[0-9a-f:]*\]?)(:\d+)?$/i.test(text)
}

/** Without the port where the host has a name; an address keeps it, for it is all that tells two apart. */
function hostOf(peer: string): string {
  const at = peer.lastIndexOf(':')
  if (at <= 0) return peer
  const host = peer.slice(0, at)
  return /^(localhost|[\d.]+|\[?[0-9a-f:]*\]?)$/i.test(host) ? peer : host
}

/** Majority of what answered calls from a service to a peer, or by a span name where no peer is told. */
class Learnt {
  readonly #table: SpanTable
  readonly #ids = new TupleIds()
  readonly #votes: Map<number, number>[] = []

  constructor(table: SpanTable) {
    this.#table = table
  }

  add(service: number, row: number, callee: number): void {
    const id = this.#key(service, row, 'add')
    if (id === this.#votes.length) this.#votes.push(new Map())
    const votes = this.#votes[id]
    votes.set(callee, (votes.get(callee) ?? 0) + 1)
  }

  of(service: number, row: number): number {
    const id = this.#key(service, row, 'find')
    if (id === -1) return -1
    let best = -1
    let most = 0
    for (const [callee, votes] of this.#votes[id]) {
      if (votes > most || (votes === most && callee < best)) [best, most] = [callee, votes]
    }
    return best
  }

  #key(service: number, row: number, how: 'add' | 'find'): number {
    const t = this.#table
    const peer = t.peer[row]
    const parts =
      peer === 0 ? [service, 0, t.name[row], t.method[row], t.route[row]] : [service, peer, 0, 0, 0]
    const [a, b, c, d, e] = parts
    return how === 'add' ? this.#ids.id(a, b, c, d, e) : this.#ids.find(a, b, c, d, e)
  }
}
