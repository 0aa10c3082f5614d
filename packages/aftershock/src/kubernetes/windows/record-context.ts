import type { ChaosEvent } from './chaos-event.ts'
import type { ChaosRecord } from './chaos-object.ts'
import type { ControllerClock } from './controller-clock.ts'
import { type History, placeOf, type RecordPlace, type Seen } from './history.ts'
import { POD_CHAOS_OF } from './pod-chaos.ts'

/** All that concerns one record id of one chaos object. */
export type RecordContext = {
  readonly history: History
  readonly clock: ControllerClock
  readonly id: string
  readonly place: RecordPlace
  /** Two when a pod is source and target; none when the object was never seen. */
  readonly records: readonly ChaosRecord[]
  /** Events that name the record. */
  readonly events: readonly ChaosEvent[]
  /** Events about the pod's Pod*Chaos. */
  readonly podEvents: readonly ChaosEvent[]
  /** Undefined: the kind acts without an object per pod. */
  readonly podChaosKind: string | undefined
  readonly rules: readonly RuleSighting[]
  /** Records that the controller takes before this one. */
  readonly idsBefore: ReadonlySet<string>
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
  const records = history.object?.records ?? []
  const named = history.events.flatMap((event) => (event.recordId === undefined ? [] : [event.recordId]))
  const sighted = history.phases.map((one) => one.id)
  const ids = [...new Set([...records.map((record) => record.id), ...named, ...sighted])]
  const podChaosKind = POD_CHAOS_OF[history.kind]
  const source = `${history.namespace}/${history.name}`
  return ids.map((id, i) => {
    const place = placeOf(history.kind, id)
    return {
      history,
      clock,
      id,
      place,
      records: records.filter((record) => record.id === id),
      events: history.events.filter((event) => event.recordId === id && event.kind === history.kind),
      podEvents: history.events.filter(
        (event) =>
          event.kind === podChaosKind &&
          event.objectName === place.pod &&
          event.namespace === place.namespace,
      ),
      podChaosKind,
      rules: history.podChaos
        .filter(
          ({ podChaos }) =>
            podChaos.kind === podChaosKind &&
            podChaos.pod === place.pod &&
            podChaos.namespace === place.namespace,
        )
        .map(({ seenNs, live, podChaos }) => ({
          seenNs,
          live,
          generation: podChaos.generation,
          observedGeneration: podChaos.observedGeneration,
          failed: podChaos.failedMessage !== '',
          hasRule: podChaos.sources.includes(source),
        })),
      idsBefore: new Set(ids.slice(0, i)),
    }
  })
}
