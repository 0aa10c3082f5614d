import type { Clock } from '../../engine/clock.ts'
import type { KubeClient, Ref } from '../client.ts'
import { type Change, follow } from '../follow.ts'
import type { KubeEvent, KubeObject, Pod, ChaosObject as RawChaos } from '../objects.ts'
import { EVENTS, PER_POD_CHAOS, PODS, type Resource } from '../resources.ts'
import type { Scope } from '../scope.ts'
import { type ChaosEvent, readChaosEvent } from '../windows/chaos-event.ts'
import { readChaosObject } from '../windows/chaos-object.ts'
import { type ControllerClock, controllerClock } from '../windows/controller-clock.ts'
import { type History, placeOf } from '../windows/history.ts'
import { readPodChaos } from '../windows/pod-chaos.ts'
import { readPod } from '../windows/pod-facts.ts'

/** Keeps everything that is seen of one chaos object and its pods, for exact windows. */
export type ObjectHistory = {
  /** The newest state; undefined before the first sight. */
  object(): RawChaos | undefined
  isGone(): boolean
  history(): History
  clock(): ControllerClock
  /** Resolves when something changed since `count`, or after `ms`. @returns the new count */
  changed(count: number, ms: number): Promise<number>
  stop(): Promise<void>
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer U)[] ? U[] : T[K] }

/**
 * Begins to look before the object exists, so that nothing is missed: the first one of that name is meant.
 *
 * @param namespaces - where its targets may be: their pods are watched for restarts
 */
export async function objectHistory(
  client: KubeClient,
  time: Clock,
  ref: Ref & { readonly uid?: string | undefined },
  namespaces: readonly string[],
): Promise<ObjectHistory> {
  const { resource, namespace, name } = ref
  const found: Mutable<History> = {
    uid: ref.uid ?? '',
    kind: resource.kind,
    namespace: namespace ?? '',
    name,
    object: undefined,
    events: [],
    phases: [],
    desired: [],
    podChaos: [],
    pods: [],
    gaps: [],
    goneNs: undefined,
  }
  const samples: { readonly emittedNs: bigint; readonly seenNs: bigint }[] = []
  let raw: RawChaos | undefined
  let count = 0
  let wake = Promise.withResolvers<void>()
  const stop = new AbortController()
  const noted = (): void => {
    count += 1
    wake.resolve()
    wake = Promise.withResolvers<void>()
  }
  const seeObject = (change: Change<RawChaos>): void => {
    if (found.uid === '' && change.kind !== 'deleted') found.uid = change.object.metadata.uid ?? ''
    if (change.object.metadata.uid !== found.uid) return
    raw = change.object
    seeState(found, change)
    if (change.kind === 'deleted') found.goneNs = change.receivedNs
    noted()
  }
  const seeEvent = ({ object, receivedNs, by, kind }: Change<KubeEvent>): void => {
    const event = readChaosEvent(object)
    if (kind === 'deleted' || event === undefined || !concerns(event, found)) return
    found.events.push(event)
    if (by === 'watch' && event.exact) samples.push({ emittedNs: event.atNs, seenNs: receivedNs })
    noted()
  }
  const followers = watches(ref, namespaces, {
    object: seeObject,
    event: seeEvent,
    pod: (change) => seePod(found, change),
    podChaos: (change) => seePodChaos(found, change),
  }).map((one) => follow<KubeObject>(client, time, { ...one, signal: stop.signal }))
  await Promise.all(followers.map((one) => one.ready))
  return {
    object: () => raw,
    isGone: () => found.goneNs !== undefined,
    history: () => ({ ...found, pods: podsOfRecords(found) }),
    clock: () => controllerClock(samples.slice(-50)),
    changed: async (since, ms) => {
      if (count === since) await Promise.race([wake.promise, time.sleep(ms, stop.signal)])
      return count
    },
    stop: async () => {
      stop.abort()
      await Promise.all(followers.map((one) => one.done))
    },
  }
}

type Eyes = {
  readonly object: (change: Change<RawChaos>) => void
  readonly event: (change: Change<KubeEvent>) => void
  readonly pod: (change: Change<Pod>) => void
  readonly podChaos: (change: Change<KubeObject>) => void
}

type Watch = {
  readonly resource: Resource
  readonly scope: Scope
  readonly onChange: (change: Change<KubeObject>) => void
}

/** What tells of an object: itself, its events, the pods and, where it acts through them, their Pod*Chaos. */
function watches({ resource, namespace, name }: Ref, namespaces: readonly string[], see: Eyes) {
  // What a resource's objects look like is the API server's word.
  const of = <T extends KubeObject>(
    watched: Resource,
    scope: Scope,
    onChange: (change: Change<T>) => void,
  ): Watch => ({ resource: watched, scope, onChange: onChange as Watch['onChange'] })
  const perPod = PER_POD_CHAOS[resource.kind]
  const pods = [...new Set(namespaces)].flatMap((one) => {
    const own = of(PODS, { namespace: one }, see.pod)
    if (perPod === undefined) return [own]
    const fieldSelector = `involvedObject.kind=${perPod.kind}`
    return [
      own,
      of(EVENTS, { namespace: one, fieldSelector }, see.event),
      of(perPod, { namespace: one }, see.podChaos),
    ]
  })
  return [
    of(resource, { namespace, fieldSelector: `metadata.name=${name}` }, see.object),
    of(EVENTS, { namespace, fieldSelector: `involvedObject.name=${name}` }, see.event),
    ...pods,
  ]
}

function concerns(event: ChaosEvent, found: Mutable<History>): boolean {
  return event.kind === found.kind ? event.uid === found.uid : event.kind.startsWith('Pod')
}

function seeState(found: Mutable<History>, change: Change<RawChaos>): void {
  const object = readChaosObject(change.object)
  if (object === undefined) return
  const seen = { seenNs: change.receivedNs, live: change.by === 'watch' }
  if (object.desiredPhase !== undefined && object.desiredPhase !== found.object?.desiredPhase)
    found.desired.push({ ...seen, desiredPhase: object.desiredPhase })
  for (const { id, selectorKey, phase } of object.records ?? []) {
    const before = found.phases.findLast((one) => one.id === id && one.selectorKey === selectorKey)
    if (before?.phase !== phase) found.phases.push({ ...seen, id, selectorKey, phase })
  }
  found.object = object
}

function seePod(found: Mutable<History>, change: Change<Pod>): void {
  const pod = readPod(change.object)
  if (pod === undefined) return
  const seen = { seenNs: change.receivedNs, live: change.by === 'watch' }
  found.pods.push({ ...seen, pod, gone: change.kind === 'deleted' })
}

function seePodChaos(found: Mutable<History>, change: Change<KubeObject>): void {
  const podChaos = readPodChaos(change.object)
  if (podChaos === undefined) return
  found.podChaos.push({ seenNs: change.receivedNs, live: change.by === 'watch', podChaos })
}

/** A busy namespace has many others. */
function podsOfRecords(found: Mutable<History>): History['pods'] {
  const named = new Set(
    [...found.phases.map((one) => one.id), ...found.events.flatMap((one) => one.recordId ?? [])].map((id) => {
      const { namespace, pod } = placeOf(found.kind, id)
      return `${namespace}/${pod}`
    }),
  )
  // Of a pod that was killed, its successor counts as well: it has the same owner.
  const owners = new Set(
    found.pods
      .filter(({ pod }) => named.has(`${pod.namespace}/${pod.name}`) && pod.ownerUid !== '')
      .map(({ pod }) => pod.ownerUid),
  )
  return found.pods.filter(({ pod }) => named.has(`${pod.namespace}/${pod.name}`) || owners.has(pod.ownerUid))
}
