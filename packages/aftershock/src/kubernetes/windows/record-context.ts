import { ascending } from '../../model/order.ts'
import type { ChaosEvent } from './chaos-event.ts'
import type { ChaosRecord } from './chaos-object.ts'
import type { ControllerClock } from './controller-clock.ts'
import {
  type History,
  type PhaseSighting,
  type PodChaosSighting,
  type PodSighting,
  placeOf,
  type RecordPlace,
  type Seen,
} from './history.ts'
import { POD_CHAOS_OF } from './pod-chaos.ts'

/** All that concerns one record id of one chaos object. */
export type RecordContext = {
  readonly history: History
  readonly clock: ControllerClock
  readonly id: string
  readonly place: RecordPlace
  /** Two when a pod is source and target; none when the object was never seen. */
  readonly records: readonly ChaosRecord[]
  /** `Applied` and `Recovered` of the record. */
  readonly events: readonly ChaosEvent[]
  /** Events about the pod's Pod*Chaos. */
  readonly podEvents: readonly ChaosEvent[]
  /** Undefined: the kind acts without an object per pod. */
  readonly podChaosKind: string | undefined
  readonly rules: readonly RuleSighting[]
  readonly phases: readonly PhaseSighting[]
  /** What became of the record's pod. */
  readonly pods: readonly PodSighting[]
  /** Events of the object itself, by reason, in the order of their times. */
  readonly reasons: ReadonlyMap<string, readonly ChaosEvent[]>
  /** Whether the controller takes that record before this one. */
  readonly isBefore: (recordId: string) => boolean
}

/** The pod's Pod*Chaos as seen once. */
export type RuleSighting = Seen & {
  readonly generation: number
  readonly observedGeneration: number
  readonly failed: boolean
  /** Whether it held a rule of this chaos object. */
  readonly hasRule: boolean
}

export function recordContexts(history: History, clock: ControllerClock): readonly RecordContext[] {
  const { object, events, phases } = history
  const podChaosKind = POD_CHAOS_OF[history.kind]
  const own = events.filter((event) => event.kind === history.kind).toSorted(ascending((one) => one.atNs))
  const reasons = grouped(own, (event) => event.reason)
  const records = grouped(object?.records ?? [], (record) => record.id)
  const eventsById = grouped(own, (event) => event.recordId)
  const phasesById = grouped(phases, (one) => one.id)
  const podEvents = grouped(events, (event) =>
    event.kind === podChaosKind ? `${event.namespace}/${event.objectName}` : undefined,
  )
  const rules = grouped(history.podChaos, ({ podChaos }) =>
    podChaos.kind === podChaosKind ? `${podChaos.namespace}/${podChaos.pod}` : undefined,
  )
  const pods = grouped(history.pods, ({ pod }) => `${pod.namespace}/${pod.name}`)
  const ids = [...new Set([...records.keys(), ...eventsById.keys(), ...phasesById.keys()])]
  const places = new Map(ids.map((id, i) => [id, i]))
  const source = `${history.namespace}/${history.name}`
  return ids.map((id, i) => {
    const place = placeOf(history.kind, id)
    const pod = `${place.namespace}/${place.pod}`
    return {
      history,
      clock,
      id,
      place,
      records: records.get(id) ?? [],
      events: eventsById.get(id) ?? [],
      podEvents: podEvents.get(pod) ?? [],
      podChaosKind,
      rules: (rules.get(pod) ?? []).map((one) => ruleSighting(one, source)),
      phases: phasesById.get(id) ?? [],
      pods: pods.get(pod) ?? [],
      reasons,
      isBefore: (other) => (places.get(other) ?? i) < i,
    }
  })
}

function ruleSighting({ seenNs, live, podChaos }: PodChaosSighting, source: string): RuleSighting {
  return {
    seenNs,
    live,
    generation: podChaos.generation,
    observedGeneration: podChaos.observedGeneration,
    failed: podChaos.failedMessage !== '',
    hasRule: podChaos.sources.includes(source),
  }
}

/** Items without a key are left out. */
function grouped<T>(
  items: readonly T[],
  keyOf: (item: T) => string | undefined,
): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return groups
}
