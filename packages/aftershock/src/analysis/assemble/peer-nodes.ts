import type { NodeKind, ServiceNode } from './forest.ts'

/** `127.0.0.1:21007` → `payment-db`: names of addresses, where the system's file tells them. */
export type Peers = Readonly<Record<string, string>>

/** A peer as its callers know it. */
export type PeerSeen = { readonly peer: string; readonly system: string; readonly kind: NodeKind }

export type KnownPeers = {
  /** Services with spans, then peers without. */
  readonly services: readonly ServiceNode[]
  /** `peerKey` → index into `services`. */
  readonly nodes: ReadonlyMap<string, number>
}

export function peerKey({ peer, system, kind }: PeerSeen): string {
  return [peer, system, kind].join('\u0000')
}

/** Peers that send no spans become nodes of their own, in the order of their names. */
export function peerNodes(
  seen: readonly PeerSeen[],
  databases: readonly (readonly [system: string, address: string])[],
  withSpans: readonly ServiceNode[],
  peers: Peers,
): KnownPeers {
  const addresses = new Map<string, Set<string>>()
  for (const [system, address] of databases) {
    addresses.set(system, (addresses.get(system) ?? new Set()).add(address))
  }
  const services = [...withSpans]
  const byName = new Map(services.map(({ name }, i) => [name, i]))
  const nodes = new Map<string, number>()
  const named = [...new Map(seen.map((one) => [peerKey(one), one]))]
    .map(([key, one]) => ({ key, kind: one.kind, name: nameOf(one, addresses, peers) }))
    .filter((one) => one.name !== '')
    .sort((a, b) => compare(a.name, b.name) || compare(a.kind, b.kind) || compare(a.key, b.key))
  for (const { key, kind, name } of named) {
    // `redis.default.svc` is called `redis` where something is known by that name.
    const known = byName.get(name) ?? byName.get(name.split('.')[0])
    nodes.set(key, known ?? services.push({ name, kind, hasSpans: false }) - 1)
    if (known === undefined) byName.set(name, services.length - 1)
  }
  return { services, nodes }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function nameOf(
  { peer, system, kind }: PeerSeen,
  addresses: ReadonlyMap<string, ReadonlySet<string>>,
  peers: Peers,
): string {
  const named = peers[peer] ?? ''
  if (named !== '') return named
  if (peer === '') return kind === 'external' ? '' : system
  if (kind !== 'db') return hostOf(peer)
  // Databases known by an address alone are told by what they are; with the address where there are several.
  const address = hostOf(peer)
  if (system === '' || !isAddress(address)) return address
  return (addresses.get(system)?.size ?? 0) > 1 ? `${system} ${address}` : system
}

function isAddress(text: string): boolean {
  return /^(localhost|[\d.]+|\[?[0-9a-f:]*:[0-9a-f:]*\]?)(:\d+)?$/i.test(text)
}

/** Without the port where the host has a name; an address keeps it, for it is all that tells two apart. */
function hostOf(address: string): string {
  // Istio's names of clusters: `outbound|8080||payment.default.svc.cluster.local`; what comes in has no host.
  const peer = address.slice(address.lastIndexOf('|') + 1)
  const at = peer.lastIndexOf(':')
  if (at <= 0) return peer
  const host = peer.slice(0, at)
  return /^(localhost|[\d.]+|\[?[0-9a-f:]*\]?)$/i.test(host) ? peer : host
}
