import type { Socket } from 'node:net'
import { ProblemError } from '../../model/problem.ts'
import type { Random } from '../../model/random.ts'
import type { Address } from '../../model/system.ts'
import { ActiveFault } from './active-fault.ts'
import { type Clock, systemClock } from './clock.ts'
import { countHangingConnects, type HangingConnects } from './hanging-connects.ts'
import { openHttpLayer } from './http/http-layer.ts'
import { isAbandoned } from './is-abandoned.ts'
import { Link, refuse } from './link.ts'
import type { LinkContext, Replica } from './link-context.ts'
import { canBlackHole, type Listener, openListener } from './listener.ts'
import type { AppliedLinkFault, LinkFault, ProxyStats, Proxy as ServiceProxy } from './proxy.ts'

export type ProxyOptions = {
  readonly service: string
  readonly protocol: 'http' | 'grpc' | 'tcp'
  readonly listen: Address
  readonly replicas: readonly Replica[]
  /** The calling service, by the remote port of its connection; undefined: nobody we know. */
  readonly identify?: ((remotePort: number) => Promise<string | undefined>) | undefined
  readonly random: Random
  readonly limits?: Partial<ProxyLimits> | undefined
  readonly clock?: Clock | undefined
}

export type ProxyLimits = {
  /** Further connections are reset, and counted as failed. */
  readonly connectionsMax: number
  /** Held for one direction of one connection; then it is read no further. */
  readonly laneHeldBytesMax: number
  /** Held by the whole proxy; then each connection keeps 64 KiB. */
  readonly heldBytesMax: number
  /** A body that an HTTP rule must read whole to change it; a longer one fails the exchange. */
  readonly httpBodyBytesMax: number
}

export const proxyLimits: ProxyLimits = {
  connectionsMax: 10_000,
  laneHeldBytesMax: 8 * 1024 * 1024,
  heldBytesMax: 256 * 1024 * 1024,
  httpBodyBytesMax: 16 * 1024 * 1024,
}

type State = {
  readonly options: ProxyOptions
  readonly limits: ProxyLimits
  readonly clock: Clock
  readonly links: Set<Link>
  readonly faults: Set<ActiveFault>
  readonly replicas: Map<string, { readonly replica: Replica; state: 'up' | 'skip' | 'refuse' }>
  readonly counters: { opened: number; failed: number; calls: number; up: number; down: number }
  readonly callers: Record<string, number>
  /** What `port` of an HTTP rule may name: where callers come, and where the replicas listen. */
  readonly ports: Set<number>
  turn: number
}

/**
 * Listens in front of a service's replicas and passes bytes; faults are added and removed while
 * connections live.
 *
 * @throws ProblemError when the address cannot be listened on (exit 4)
 */
export async function openProxy(options: ProxyOptions): Promise<ServiceProxy> {
  const state = newState(options)
  const context = linkContext(state)
  const listener = await openListener(options.listen, (client) => accept(state, context, client)).catch(
    (error: unknown) => {
      throw cannotListen(options, error)
    },
  )
  state.ports.add(listener.address.port)
  const holes = countHangingConnects(listener.address, state.clock)
  return {
    service: options.service,
    address: listener.address,
    add: (fault) => addFault(state, listener, holes, fault),
    setReplica(pod, next) {
      const entry = state.replicas.get(pod)
      if (entry === undefined) return
      entry.state = next
      // Until the listener has changed, connections are taken and reset.
      settleListener(state, listener, holes).catch(() => undefined)
    },
    stats: () => stats(state),
    async close() {
      holes.stop()
      const closed = listener.close()
      for (const link of [...state.links]) link.destroy()
      await closed
    },
  }
}

function newState(options: ProxyOptions): State {
  return {
    options,
    limits: { ...proxyLimits, ...options.limits },
    clock: options.clock ?? systemClock,
    links: new Set(),
    faults: new Set(),
    replicas: new Map(options.replicas.map((replica) => [replica.pod, { replica, state: 'up' }])),
    counters: { opened: 0, failed: 0, calls: 0, up: 0, down: 0 },
    callers: {},
    ports: new Set(options.replicas.map(({ address }) => address.port)),
    turn: 0,
  }
}

function linkContext(state: State): LinkContext {
  const { options, limits, clock, counters } = state
  return {
    clock,
    counters,
    budget: { heldBytes: 0, heldBytesMax: limits.heldBytesMax, laneBytesMax: limits.laneHeldBytesMax },
    faults: () => state.faults,
    needsCaller: () => [...state.faults].some((fault) => fault.fault.callers !== undefined),
    identify: options.identify,
    onIdentified(caller) {
      state.callers[caller] = (state.callers[caller] ?? 0) + 1
    },
    isAbandoned,
    mayBeHttp: options.protocol !== 'tcp',
    openHttp: (link) =>
      openHttpLayer({
        ...link,
        ports: state.ports,
        bodyBytesMax: limits.httpBodyBytesMax,
        clock,
        onFailed: () => {
          counters.failed += 1
        },
      }),
  }
}

function accept(state: State, context: LinkContext, client: Socket): void {
  state.counters.opened += 1
  const replica = nextReplica(state)
  if (replica === undefined || state.links.size >= state.limits.connectionsMax) {
    state.counters.failed += 1
    refuse(client)
    return
  }
  const link: Link = new Link(context, client, replica, () => state.links.delete(link))
  state.links.add(link)
  link.open()
}

/** Round robin over those that are not skipped; undefined when its turn comes to one that refuses. */
function nextReplica(state: State): Replica | undefined {
  const candidates = [...state.replicas.values()].filter((entry) => entry.state !== 'skip')
  const entry = candidates[state.turn % Math.max(1, candidates.length)]
  state.turn += 1
  return entry?.state === 'up' ? entry.replica : undefined
}

function addFault(
  state: State,
  listener: Listener,
  holes: HangingConnects,
  fault: LinkFault,
): AppliedLinkFault {
  const active = new ActiveFault(fault, state.options.random, (pod) => roundTripMs(state, pod))
  state.faults.add(active)
  const attached = [...state.links].map(async (link) => {
    if (fault.callers !== undefined) await link.identify()
    link.attach(active)
  })
  const ready = Promise.all([...attached, settleListener(state, listener, holes)]).then(() => undefined)
  // Whoever does not wait for it must not be ended by it; `remove` reports what fails for good.
  ready.catch(() => undefined)
  let removed: Promise<void> | undefined
  return {
    ready,
    effect: () => active.tally.effect(),
    remove() {
      removed ??= (async () => {
        active.isRemoved = true
        state.faults.delete(active)
        active.gone.abort()
        for (const link of state.links) link.detach(active)
        await ready.catch(() => undefined)
        await settleListener(state, listener, holes)
      })()
      return removed
    },
  }
}

/** Brings the listener to what faults and replicas ask for; later calls win. */
async function settleListener(state: State, listener: Listener, holes: HangingConnects): Promise<void> {
  const holding = (): ActiveFault[] => [...state.faults].filter((one) => isForEveryone(state, one))
  const isUp = [...state.replicas.values()].some((entry) => entry.state === 'up')
  if (holding().length === 0) holes.watch([])
  await listener.set(holding().length > 0 ? 'black-hole' : isUp ? 'open' : 'refuse')
  holes.watch(holding().map((one) => one.tally))
}

/**
 * Only what stops every caller on every replica can stop a SYN, which names neither; else connections
 * are taken, and held.
 */
function isForEveryone(state: State, { isBlackHole, fault }: ActiveFault): boolean {
  if (!canBlackHole || !isBlackHole || fault.callers !== undefined || fault.directions.length === 0)
    return false
  const pods = fault.pods
  return pods === undefined || [...state.replicas.keys()].every((pod) => pods.has(pod))
}

/** What the latency faults in force add to a round trip. */
function roundTripMs(state: State, pod: string): number {
  let sumMs = 0
  for (const { fault } of state.faults) {
    if (fault.stage.kind !== 'latency' || (fault.pods !== undefined && !fault.pods.has(pod))) continue
    sumMs += fault.stage.latencyMs * fault.directions.length
  }
  return sumMs
}

function stats(state: State): ProxyStats {
  const { opened, failed, calls, up, down } = state.counters
  // Callers are looked up when somebody asks, for the next answer.
  if (state.options.identify !== undefined) for (const link of state.links) link.identify()
  return {
    connections: { opened, open: state.links.size, failed },
    calls,
    bytes: { up, down },
    callers: { ...state.callers },
  }
}

function cannotListen({ service, listen }: ProxyOptions, error: unknown): ProblemError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  const place = `${listen.host}:${listen.port}`
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: `another process listens on ${place}`,
    EACCES: `this user may not listen on ${place}`,
    EADDRNOTAVAIL: `${listen.host} is not an address of this machine`,
  }
  return new ProblemError(
    [
      {
        code: 'proxy-listen',
        what: `Cannot open the proxy of ${service}`,
        why: `the address that callers use must be free: ${reasons[code] ?? `listening on ${place} failed (${code})`}`,
        fix:
          code === 'EADDRINUSE'
            ? `Let ${service} listen elsewhere (upstream) and leave ${place} to the proxy; who has it: ss -ltnp 'sport = :${listen.port}'`
            : `Give services.${service}.listen another address`,
      },
    ],
    4,
    error,
  )
}
