import type { ChaosEvent } from './chaos-event.ts'
import type { ChaosObject, ChaosRecord, RecordPhase } from './chaos-object.ts'
import type { PodChaos } from './pod-chaos.ts'
import type { PodFacts } from './pod-facts.ts'

/** When something reached us, by our clock; `live`: a watch brought it, so it had just happened. */
export type Seen = { readonly seenNs: bigint; readonly live: boolean }

/** A record entered this phase at some time before it was seen so. */
export type PhaseSighting = Seen & {
  readonly id: string
  readonly selectorKey: string
  readonly phase: RecordPhase
}

export type DesiredSighting = Seen & { readonly desiredPhase: 'Run' | 'Stop' }

export type PodChaosSighting = Seen & { readonly podChaos: PodChaos }

export type PodSighting = Seen & {
  readonly pod: PodFacts
  /** The pod is gone; `pod` is its last state. */
  readonly gone: boolean
}

/** All that was ever seen of one incarnation of a chaos object. Times in `events` are the controller's. */
export type History = {
  readonly uid: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** The newest state; undefined when only events are left of it. */
  readonly object: ChaosObject | undefined
  readonly events: readonly ChaosEvent[]
  readonly phases: readonly PhaseSighting[]
  readonly desired: readonly DesiredSighting[]
  /** Of the pods its records name, in the order they came. */
  readonly podChaos: readonly PodChaosSighting[]
  readonly pods: readonly PodSighting[]
  /** When nobody watched: what came and went then is known by events and counts only. Our clock. */
  readonly gaps: readonly { readonly fromNs: bigint; readonly untilNs: bigint }[]
  /** When we saw that the object is gone. */
  readonly goneNs: bigint | undefined
}

/** Where a record acts. */
export type RecordPlace = {
  readonly namespace: string | undefined
  readonly pod: string | undefined
  readonly container: string | undefined
  /** The machine, or the cloud's selector; undefined for pods. */
  readonly other: string | undefined
}

const WITHOUT_PODS = ['AWSChaos', 'GCPChaos', 'AzureChaos', 'PhysicalMachineChaos']

/** `ns/pod`, `ns/pod/container[/volume]`; machines and clouds have no pod. */
export function placeOf(kind: string, recordId: string): RecordPlace {
  const [namespace, pod, container] = recordId.split('/')
  if (WITHOUT_PODS.includes(kind) || pod === undefined)
    return { namespace: undefined, pod: undefined, container: undefined, other: recordId }
  return { namespace, pod, container, other: undefined }
}

/** Whether the fault sits on the record's pod, or whether the pod is only its other end (chaosmesh.md 2.3, trap a). */
export function roleOf(object: ChaosObject, record: ChaosRecord): 'target' | 'peer' {
  if (object.kind !== 'NetworkChaos' || object.action === 'partition') return 'target'
  if (!object.records?.some((one) => one.selectorKey === '.Target')) return 'target'
  if (object.direction === 'both') return 'target'
  const faulted = object.direction === 'from' ? '.Target' : '.'
  return record.selectorKey === faulted ? 'target' : 'peer'
}
