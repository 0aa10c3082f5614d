import type { Clock } from '../../engine/clock.ts'
import type { KubeClient, Ref } from '../client.ts'
import { follow } from '../follow.ts'
import type { ChaosObject } from '../objects.ts'
import { CHAOS_KINDS, type Resource } from '../resources.ts'
import { type ObjectHistory, objectHistory } from './object-history.ts'

/** The chaos objects of one fault: the object itself, or those that a Schedule or Workflow makes. */
export type Scene = {
  /** In the order in which they appeared. */
  histories(): readonly ObjectHistory[]
  refs(): readonly Ref[]
  changed(count: number, ms: number): Promise<number>
  stop(): Promise<void>
}

/** One object; looked at from before it exists. */
export async function sceneOf(
  client: KubeClient,
  clock: Clock,
  ref: Ref,
  namespaces: readonly string[],
): Promise<Scene> {
  const history = await objectHistory(client, clock, ref, namespaces)
  return {
    histories: () => [history],
    refs: () => [ref],
    changed: (count, ms) => history.changed(count, ms),
    stop: () => history.stop(),
  }
}

/** The children of a Schedule (label `managed-by`) or of a Workflow (label `chaos-mesh.org/workflow`). */
export async function sceneOfChildren(
  client: KubeClient,
  clock: Clock,
  parent: Ref,
  childKind: Resource | undefined,
  namespaces: readonly string[],
): Promise<Scene> {
  const stop = new AbortController()
  const children = new Map<string, { readonly ref: Ref; readonly history: Promise<ObjectHistory> }>()
  const ready: ObjectHistory[] = []
  const label = parent.resource.kind === 'Schedule' ? 'managed-by' : 'chaos-mesh.org/workflow'
  const followers = (childKind === undefined ? CHAOS_KINDS : [childKind]).map((resource) =>
    follow<ChaosObject>(client, clock, {
      resource,
      scope: { namespace: parent.namespace, labelSelector: `${label}=${parent.name}` },
      signal: stop.signal,
      onChange: ({ kind, object }) => {
        const { uid = '', name, namespace } = object.metadata
        if (kind === 'deleted' || children.has(uid)) return
        const ref = { resource, namespace, name, uid }
        const history = objectHistory(client, clock, ref, namespaces)
        children.set(uid, { ref, history })
        // A child that may not be looked at is removed with its parent all the same.
        void history.then(
          (one) => ready.push(one),
          () => undefined,
        )
      },
    }),
  )
  await Promise.all(followers.map((one) => one.ready))
  return {
    histories: () => ready,
    refs: () => [...children.values()].map((one) => one.ref),
    changed: async (count, ms) => {
      await clock.sleep(Math.min(ms, 200), stop.signal)
      return count + 1
    },
    stop: async () => {
      stop.abort()
      await Promise.all(followers.map((one) => one.done))
      const started = await Promise.allSettled([...children.values()].map((one) => one.history))
      await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.stop() : undefined)))
    },
  }
}
