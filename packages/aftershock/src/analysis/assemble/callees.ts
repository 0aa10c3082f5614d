import { CLIENT, CONSUMER, PRODUCER, SERVER } from '../../model/span-kind.ts'
import { Protocol, type SpanTable } from '../../model/span-table.ts'
import { columnOf } from '../numbers/columns.ts'
import { addTo } from '../numbers/sums.ts'
import { TupleIds } from '../numbers/tuple-ids.ts'
import type { NodeKind } from './forest.ts'
import {
  joinedMessages,
  type MessagesSeen,
  receivedIds,
  sampleOfMessages,
  sentId,
  votesByLinks,
} from './linked-consumers.ts'
import type { SpanOrder } from './order-spans.ts'
import { type KnownPeers, type PeerSeen, peerKey } from './peer-nodes.ts'

/** What the calls of a share of the traces tell about who is behind a peer's name. */
export type CallsSeen = {
  /** Key of a call (see `keyText`), who answered, and how often. */
  readonly votes: readonly (readonly [key: string, callee: number, n: number])[]
  /** Peers of calls that nobody's span answered, with the calls' keys. */
  readonly unanswered: readonly (PeerSeen & { readonly key: string })[]
  /** Databases: system and address. */
  readonly databases: readonly (readonly [system: string, address: string])[]
  readonly messages: MessagesSeen
}

/** Kept by the share itself until the callees are known. */
export type OwnCalls = {
  readonly kind: Uint8Array
  readonly service: Uint32Array
  /** For calls: the span that answered, else -1. */
  readonly server: Int32Array
  /** Key → its text. */
  readonly texts: readonly string[]
  readonly keys: TupleIds
}

/** Finds who answered each call, and what there is to learn for those that nobody answered. */
export function callsSeen(
  table: SpanTable,
  order: SpanOrder,
  untold: Uint8Array,
  kind: Uint8Array,
  service: Uint32Array,
): { readonly own: OwnCalls; readonly seen: CallsSeen } {
  const n = order.row.length
  const server = columnOf(Int32Array, n, -1)
  const keys = new TupleIds()
  const [votes, peers, databases] = [new TupleIds(), new TupleIds(), new TupleIds()]
  const voted: number[] = []
  const [sent, received]: [[string, number][], [string, number][]] = [[], []]
  for (let p = 0; p < n; p++) {
    const row = order.row[p]
    if ((table.protocol[row] & Protocol.db) !== 0 && table.peer[row] !== 0)
      databases.id(table.system[row], table.peer[row])
    if (kind[p] === CONSUMER) for (const id of receivedIds(table, row)) received.push([id, service[p]])
    if (kind[p] !== CLIENT && kind[p] !== PRODUCER) continue
    server[p] = answerTo(p, table, order, kind, service)
    // Its attributes are the answer's: whom it names is not whom it called.
    if (untold[p] === 1) continue
    if (server[p] === -1 && isWrapper(p, order, kind)) continue
    const telling = tellingRow(table, order, p)
    const key = keyOf(keys, table, service[p], telling)
    if (kind[p] === PRODUCER && server[p] === -1) sent.push([sentId(table, row), key])
    if (server[p] === -1) {
      const { peer, system, protocol } = table
      peers.id(key, peer[telling], system[telling], nodeKindOf(protocol[telling]))
    } else {
      const vote = votes.id(key, service[server[p]])
      voted[vote] = (voted[vote] ?? 0) + 1
    }
  }
  const texts = Array.from({ length: keys.length }, (_, id) => keyText(keys, id, table))
  const text = table.strings
  const messages = {
    sent: sampleOfMessages(sent).map(([id, key]) => [id, texts[key]] as const),
    received: sampleOfMessages(received),
  }
  const seen: CallsSeen = {
    messages,
    votes: voted.map((count, id) => [texts[votes.part(id, 0)], votes.part(id, 1), count]),
    unanswered: Array.from({ length: peers.length }, (_, id) => ({
      key: texts[peers.part(id, 0)],
      peer: text[peers.part(id, 1)],
      system: text[peers.part(id, 2)],
      kind: NODE_KINDS[peers.part(id, 3)],
    })),
    databases: Array.from({ length: databases.length }, (_, id) => [
      text[databases.part(id, 0)],
      text[databases.part(id, 1)],
    ]),
  }
  return { own: { kind, service, server, texts, keys }, seen }
}

/** What several partitions saw as if it were one. */
export function joinedCallsSeen(seen: readonly CallsSeen[]): CallsSeen {
  const votes = new Map<string, readonly [string, number, number]>()
  for (const [key, callee, n] of seen.flatMap((s) => s.votes)) {
    const of = `${key}\u0000${callee}`
    votes.set(of, [key, callee, n + (votes.get(of)?.[2] ?? 0)])
  }
  return {
    votes: [...votes.values()],
    unanswered: distinct(seen.flatMap((s) => s.unanswered)),
    databases: distinct(seen.flatMap((s) => s.databases)),
    messages: joinedMessages(seen.map((s) => s.messages)),
  }
}

function distinct<T extends object>(list: readonly T[]): readonly T[] {
  return [...new Map(list.map((one) => [Object.values(one).join('\u0000'), one])).values()]
}

/** Majority of what answered calls of a key, or received its messages: where nobody answered, the callee is learnt from these. */
export function learntFrom(seen: readonly CallsSeen[]): ReadonlyMap<string, number> {
  const counts = new Map<string, Map<number, number>>()
  const byLinks = votesByLinks(seen.map((s) => s.messages))
  for (const [key, callee, n] of [...seen.flatMap((s) => s.votes), ...byLinks]) {
    const votes = counts.get(key) ?? new Map<number, number>()
    addTo(votes, callee, n)
    counts.set(key, votes)
  }
  const best = (votes: ReadonlyMap<number, number>): number =>
    [...votes].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0][0]
  return new Map([...counts].map(([key, votes]) => [key, best(votes)]))
}

/**
 * For every client and producer span, who it called. Where nobody answered, the callee is learnt from
 * calls to the same peer (or of the same name) that were answered; a peer that never answered is a node of
 * its own. Client spans that leave nothing to learn from are work inside their service, not calls.
 */
export function calleesOf(
  table: SpanTable,
  order: SpanOrder,
  { kind, service, server, texts, keys }: OwnCalls,
  learnt: ReadonlyMap<string, number>,
  peers: KnownPeers,
): Int32Array {
  const byKey = texts.map((text) => learnt.get(text) ?? -1)
  const nodeAt = nodeLookup(table, peers)
  const callee = columnOf(Int32Array, order.row.length, -1)
  for (let p = 0; p < callee.length; p++) {
    if (kind[p] !== CLIENT && kind[p] !== PRODUCER) continue
    if (server[p] !== -1) {
      callee[p] = service[server[p]]
      continue
    }
    if (isWrapper(p, order, kind)) continue
    const row = tellingRow(table, order, p)
    const known = byKey[keyOf(keys, table, service[p], row)]
    callee[p] = known === -1 ? nodeAt(row) : known
  }
  return callee
}

/** Whose row tells whom a call is for: its own; where that names its own machine only, that of its proxy there. */
function tellingRow(table: SpanTable, { row, proxied }: SpanOrder, p: number): number {
  if (proxied.length === 0 || proxied[p] === -1) return row[p]
  return /^(localhost|127\.|\[?::1|$)/.test(table.strings[table.peer[row[p]]]) ? proxied[p] : row[p]
}

/** Row → the node of its peer, -1 without. */
function nodeLookup(table: SpanTable, peers: KnownPeers): (row: number) => number {
  const ids = new TupleIds()
  const nodes: number[] = []
  return (row) => {
    const kind = nodeKindOf(table.protocol[row])
    const id = ids.id(table.peer[row], table.system[row], kind)
    nodes[id] ??= nodeOf(table, row, NODE_KINDS[kind], peers)
    return nodes[id]
  }
}

function nodeOf(table: SpanTable, row: number, kind: NodeKind, peers: KnownPeers): number {
  if (table.peer[row] === 0 && kind === 'external') return -1
  const peer = table.strings[table.peer[row]]
  return peers.nodes.get(peerKey({ peer, system: table.strings[table.system[row]], kind })) ?? -1
}

const NODE_KINDS: readonly NodeKind[] = ['db', 'queue', 'external']

function nodeKindOf(protocol: number): number {
  return (protocol & Protocol.db) !== 0 ? 0 : (protocol & Protocol.messaging) !== 0 ? 1 : 2
}

/**
 * The child that is a server or consumer, or that belongs to another service. Of several servers below one client
 * span (attempts that share it) the one whose answer was taken: the last begun; of gRPC's hedges, which run side by
 * side, the first to end.
 */
function answerTo(
  p: number,
  table: SpanTable,
  order: SpanOrder,
  kind: Uint8Array,
  service: Uint32Array,
): number {
  const end = p + order.size[p]
  const isGrpc = (table.protocol[order.row[p]] & Protocol.grpc) !== 0
  let taken = -1
  for (let c = p + 1; c < end; c += order.size[c]) {
    if (kind[c] !== SERVER && kind[c] !== CONSUMER && service[c] === service[p]) continue
    if (taken === -1) taken = c
    else if (kind[p] !== CLIENT || kind[c] !== SERVER || service[c] !== service[taken]) continue
    else if (!isGrpc || startOf(table, order, c) >= endOf(table, order, taken)) taken = c
    else if (endOf(table, order, c) < endOf(table, order, taken)) taken = c
  }
  return taken
}

function startOf(table: SpanTable, order: SpanOrder, p: number): number {
  return table.startNs[order.row[p]]
}

function endOf(table: SpanTable, order: SpanOrder, p: number): number {
  return table.startNs[order.row[p]] + table.durationNs[order.row[p]]
}

/**
 * A client span above other client spans (a retrying SDK's outer span) is not an attempt itself. A message is sent all
 * the same where its queue is spoken to by calls (SQS, Redis streams).
 */
function isWrapper(p: number, order: SpanOrder, kind: Uint8Array): boolean {
  if (kind[p] !== CLIENT) return false
  const end = p + order.size[p]
  for (let c = p + 1; c < end; c += order.size[c]) if (kind[c] === CLIENT) return true
  return false
}

function keyOf(keys: TupleIds, t: SpanTable, service: number, row: number): number {
  const peer = t.peer[row]
  // One broker carries many topics.
  if ((t.protocol[row] & Protocol.messaging) !== 0) return keys.id(service, peer, 0, 0, t.route[row])
  return peer === 0
    ? keys.id(service, 0, t.name[row], t.method[row], t.route[row])
    : keys.id(service, peer, 0, 0, 0)
}

/** A key in words, so that shares with dictionaries of their own understand each other. */
function keyText(keys: TupleIds, id: number, { strings }: SpanTable): string {
  const words = [1, 2, 3, 4].map((part) => strings[keys.part(id, part)])
  return [keys.part(id, 0), ...words].join('\u0000')
}
