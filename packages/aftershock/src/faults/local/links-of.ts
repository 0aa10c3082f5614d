import type { LocalPod } from '../../model/system.ts'
import type { Direction } from '../proxy/proxy.ts'
import type { LocalWorld } from './local-plan.ts'

/** One proxy, and which of its links and directions packets of a flow take. */
export type FlowLink = {
  readonly service: string
  /** Undefined: all replicas. */
  readonly pods: ReadonlySet<string> | undefined
  /** Undefined: whoever calls. */
  readonly callers: ReadonlySet<string> | undefined
  readonly directions: readonly Direction[]
}

/** Packets from one side to the other; undefined = anybody. */
export type Flow = {
  readonly from: readonly LocalPod[] | undefined
  readonly to: readonly LocalPod[] | undefined
}

export type Links = {
  readonly links: readonly FlowLink[]
  /** Why part of the flow is not reached. */
  readonly missed: readonly string[]
}

/**
 * Where a flow of packets passes our proxies. What a service sends are its answers (`down` on its own
 * proxy) and its calls (`up` on the proxies of others, from it); what it receives, the reverse.
 */
export function linksOf(flows: readonly Flow[], world: LocalWorld): Links {
  const found: FlowLink[] = []
  const missed = new Set<string>()
  const proxied = new Set(
    world.services.filter((service) => service.listen && service.upstream).map((service) => service.name),
  )
  const add = (servers: Side, callers: Side, direction: Direction): void => {
    for (const [service, pods] of servers ?? everyoneBut(callers, proxied)) {
      if (!proxied.has(service)) {
        missed.add(`calls to ${service} pass no proxy (it needs \`listen\` and \`upstream\`)`)
        continue
      }
      const named = callers && callersOf(callers, service, world, missed)
      if (named !== undefined && named.size === 0) continue
      found.push({ service, pods: wholeOr(service, pods, world), callers: named, directions: [direction] })
    }
  }
  for (const flow of flows) {
    const from = sideOf(flow.from)
    const to = sideOf(flow.to)
    add(to, from, 'up')
    add(from, to, 'down')
  }
  return { links: merged(found), missed: [...missed] }
}

/** Pods by service; undefined = anybody. */
type Side = ReadonlyMap<string, ReadonlySet<string>> | undefined

function sideOf(pods: readonly LocalPod[] | undefined): Side {
  if (pods === undefined) return undefined
  const found = new Map<string, Set<string>>()
  for (const { service, pod } of pods) found.set(service, (found.get(service) ?? new Set()).add(pod))
  return found
}

function everyoneBut(side: Side, proxied: ReadonlySet<string>): NonNullable<Side> {
  return new Map(
    [...proxied].filter((name) => side?.size !== 1 || !side.has(name)).map((name) => [name, new Set()]),
  )
}

function wholeOr(
  service: string,
  pods: ReadonlySet<string>,
  world: LocalWorld,
): ReadonlySet<string> | undefined {
  const replicas = world.services.find((each) => each.name === service)?.replicas ?? pods.size
  return pods.size === 0 || pods.size === replicas ? undefined : pods
}

/** Callers are told apart by service, not by replica. */
function callersOf(
  callers: NonNullable<Side>,
  server: string,
  world: LocalWorld,
  missed: Set<string>,
): ReadonlySet<string> {
  const named = new Set<string>()
  for (const [service, pods] of callers) {
    if (service === server) continue
    if (!world.callersKnown) missed.add(`calls of ${service}: who calls a proxy can be told on Linux only`)
    else if (wholeOr(service, pods, world) !== undefined)
      missed.add(`calls of ${[...pods].join(', ')}: callers are told apart by service, not by replica`)
    else named.add(service)
  }
  return named
}

/** Both directions of the same links make one fault. */
function merged(links: readonly FlowLink[]): readonly FlowLink[] {
  const byLink = new Map<string, FlowLink>()
  for (const link of links) {
    const key = linkKey(link)
    const known = byLink.get(key)
    const directions = [...new Set([...(known?.directions ?? []), ...link.directions])]
    byLink.set(key, { ...link, directions })
  }
  return [...byLink.values()]
}

export function linkKey({ service, pods, callers }: FlowLink): string {
  return [service, [...(pods ?? ['*'])].sort().join(','), [...(callers ?? ['*'])].sort().join(',')].join(' ')
}
