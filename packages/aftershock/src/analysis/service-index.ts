import type { SpanTable } from '../model/span-table.ts'
import type { ServiceNode } from './forest.ts'
import type { SpanOrder } from './order-spans.ts'

/** Services and instances by number. `addPeer` grows the list by peers that send no spans. */
export type ServiceIndex = {
  readonly services: ServiceNode[]
  readonly instances: readonly { readonly service: number; readonly name: string }[]
  readonly service: Uint32Array
  readonly instance: Uint32Array
  /** The node that stands for whoever sends the load; -1 when roots are servers. */
  readonly users: number
  find(name: string): number
  addPeer(name: string, kind: ServiceNode['kind']): number
}

/** Who each span belongs to; sorted by name, so that numbers do not depend on the order of arrival. */
export function serviceIndex(table: SpanTable, order: SpanOrder): ServiceIndex {
  const drivers = loadGenerators(table, order)
  const names = new Map<string, number>()
  const services: ServiceNode[] = []
  const addPeer = (name: string, kind: ServiceNode['kind'], hasSpans = false): number => {
    const known = names.get(name)
    if (known !== undefined) return known
    names.set(name, services.length)
    return services.push({ name, kind, hasSpans }) - 1
  }
  const seen = resourcesSeen(table, order)
  const nameOf = (resource: number): string =>
    drivers.has(table.resources[resource].service) ? 'users' : table.resources[resource].service
  const keyOf = (resource: number): string => table.resources[resource].instance || nameOf(resource)
  for (const name of [...new Set(seen.map(nameOf))].sort()) {
    addPeer(name, name === 'users' && drivers.size > 0 ? 'user' : 'service', true)
  }
  const instanceIds = new Map<string, number>()
  const instances: { service: number; name: string }[] = []
  const keys = [...new Set(seen.map((r) => `${nameOf(r)}\u0000${keyOf(r)}`))].sort()
  for (const key of keys) {
    const [service, name] = key.split('\u0000')
    instanceIds.set(key, instances.push({ service: names.get(service) ?? 0, name }) - 1)
  }
  const instanceOf = table.resources.map((_, r) => instanceIds.get(`${nameOf(r)}\u0000${keyOf(r)}`) ?? 0)
  const n = order.row.length
  const service = new Uint32Array(n)
  const instance = new Uint32Array(n)
  for (let p = 0; p < n; p++) {
    instance[p] = instanceOf[table.resource[order.row[p]]]
    service[p] = instances[instance[p]].service
  }
  const users = drivers.size > 0 ? (names.get('users') ?? -1) : -1
  return { services, instances, service, instance, users, find: (name) => names.get(name) ?? -1, addPeer }
}

function resourcesSeen(table: SpanTable, order: SpanOrder): readonly number[] {
  const seen = new Uint8Array(table.resources.length)
  for (const row of order.row) seen[table.resource[row]] = 1
  return [...seen.keys()].filter((r) => seen[r] === 1)
}

/** Services whose every root is a client span and that answer nothing: they send the load. */
function loadGenerators(table: SpanTable, order: SpanOrder): ReadonlySet<string> {
  const drives = new Set<string>()
  const serves = new Set<string>()
  for (let p = 0; p < order.row.length; p++) {
    const row = order.row[p]
    const kind = table.kind[row]
    const isRoot = order.parent[p] === -1 && order.orphan[p] === 0
    if (!isRoot && kind === 3 && order.parent[p] !== -1) continue
    const name = table.resources[table.resource[row]].service
    if (isRoot && kind === 3 && order.size[p] > 1) drives.add(name)
    else if (kind !== 3 || order.orphan[p] === 1) serves.add(name)
  }
  return new Set([...drives].filter((name) => !serves.has(name)))
}
