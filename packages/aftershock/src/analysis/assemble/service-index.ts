import { CLIENT } from '../../model/span-kind.ts'
import { Protocol, type SpanTable } from '../../model/span-table.ts'
import { columnOf } from '../numbers/columns.ts'
import type { ServiceNode } from './forest.ts'
import type { SpanOrder } from './order-spans.ts'
import { meshesOf, type PassingOn, passingOn } from './passing-on.ts'

/** Who sent the spans of a share of the traces, by name. */
export type NamesSeen = {
  readonly senders: readonly Sender[]
  /** Services with a root that is a call, and services with a span that is no such root's. */
  readonly drives: readonly string[]
  readonly serves: readonly string[]
  /** Services with spans that are a proxy's, and with others. */
  readonly proxies: readonly string[]
  readonly apps: readonly string[]
  /** See `passingOn`. */
  readonly passing: readonly PassingOn[]
}

type Sender = { readonly service: string; readonly instance: string }

/** Services with spans and instances by number: sorted by name, so that numbers depend on nothing else. */
export type Names = {
  readonly services: readonly ServiceNode[]
  readonly instances: readonly { readonly service: number; readonly name: string }[]
  /** The node that stands for whoever sends the load; -1 when roots are servers. */
  readonly users: number
  /**
   * Name of a sender → who it belongs to. Services whose every root is a client span and that answer nothing send the
   * load: they are the users. A mesh's proxies may carry their namespace (`order.default`) where their service does not.
   */
  readonly belongsTo: ReadonlyMap<string, string>
  /** Proxies beside services that all go by one name of their own (Linkerd's), or by several such names. */
  readonly meshes: ReadonlySet<string>
}

export function namesSeen(table: SpanTable, order: SpanOrder): NamesSeen {
  const seen = new Uint8Array(table.resources.length)
  const drives = new Set<string>()
  const serves = new Set<string>()
  const [proxies, apps] = [new Set<string>(), new Set<string>()]
  for (let p = 0; p < order.row.length; p++) {
    const row = order.row[p]
    const resource = table.resource[row]
    seen[resource] |= (table.protocol[row] & Protocol.proxy) === 0 ? APP : PROXY
    const isCall = table.kind[row] === CLIENT
    const isRoot = order.parent[p] === -1 && order.orphan[p] === 0
    if (!isRoot && isCall && order.parent[p] !== -1) continue
    if (isRoot && isCall && order.size[p] > 1) seen[resource] |= DRIVES
    else if (!isCall || order.orphan[p] === 1) seen[resource] |= SERVES
  }
  const senders: Sender[] = []
  for (const [r, { service, instance }] of table.resources.entries()) {
    if (seen[r] === 0) continue
    senders.push({ service, instance })
    if ((seen[r] & DRIVES) !== 0) drives.add(service)
    if ((seen[r] & SERVES) !== 0) serves.add(service)
    if ((seen[r] & PROXY) !== 0) proxies.add(service)
    if ((seen[r] & APP) !== 0) apps.add(service)
  }
  return {
    ...{ senders, drives: [...drives], serves: [...serves], proxies: [...proxies], apps: [...apps] },
    passing: passingOn(table, order),
  }
}

const [APP, DRIVES, SERVES, PROXY] = [1, 2, 4, 8]

export function namesOf(seen: readonly NamesSeen[]): Names {
  const serves = new Set(seen.flatMap((s) => s.serves))
  const drivers = new Set(seen.flatMap((s) => s.drives).filter((name) => !serves.has(name)))
  const belongsTo = new Map([...sidecarsOf(seen), ...[...drivers].map((name) => [name, USERS] as const)])
  const senders = seen.flatMap((s) => s.senders)
  const names = [...new Set(senders.map((s) => nameOf(belongsTo, s)))].sort()
  const services = names.map(
    (name): ServiceNode => ({
      name,
      kind: name === USERS && drivers.size > 0 ? 'user' : 'service',
      hasSpans: true,
    }),
  )
  const keys = [...new Set(senders.map((s) => keyOf(belongsTo, s)))].sort()
  const instances = keys.map((key) => {
    const [service, name] = key.split('\u0000')
    return { service: names.indexOf(service), name }
  })
  const users = drivers.size > 0 ? names.indexOf(USERS) : -1
  return { services, instances, users, belongsTo, meshes: meshesOf(seen.map((s) => s.passing)) }
}

/** Who each span belongs to. */
export function belongings(
  table: SpanTable,
  order: SpanOrder,
  { instances, services, belongsTo }: Names,
): { readonly service: Uint32Array; readonly instance: Uint32Array } {
  const ids = new Map(instances.map(({ service, name }, i) => [`${services[service].name}\u0000${name}`, i]))
  const instanceOf = table.resources.map((resource) => ids.get(keyOf(belongsTo, resource)) ?? 0)
  const n = order.row.length
  const service = columnOf(Uint32Array, n)
  const instance = columnOf(Uint32Array, n)
  for (let p = 0; p < n; p++) {
    instance[p] = instanceOf[table.resource[order.row[p]]]
    service[p] = instances[instance[p]].service
  }
  return { service, instance }
}

const USERS = 'users'

/** Proxies named after a service that sends spans of its own, with its namespace: of `order.default` it is `order`. */
function sidecarsOf(seen: readonly NamesSeen[]): readonly (readonly [string, string])[] {
  const apps = new Set(seen.flatMap((s) => s.apps))
  return [...new Set(seen.flatMap((s) => s.proxies))]
    .map((name) => [name, name.slice(0, Math.max(0, name.indexOf('.')))] as const)
    .filter(([name, app]) => !apps.has(name) && apps.has(app))
}

function nameOf(belongsTo: Names['belongsTo'], { service }: Sender): string {
  return belongsTo.get(service) ?? service
}

function keyOf(belongsTo: Names['belongsTo'], sender: Sender): string {
  const name = nameOf(belongsTo, sender)
  return `${name}\u0000${sender.instance || name}`
}
