import { systemClock } from '../../../packages/aftershock/src/engine/clock.ts'
import { ApiError } from '../../../packages/aftershock/src/kubernetes/api-error.ts'
import type { KubeClient, Ref } from '../../../packages/aftershock/src/kubernetes/client.ts'
import { follow } from '../../../packages/aftershock/src/kubernetes/follow.ts'
import type { ChaosObject } from '../../../packages/aftershock/src/kubernetes/objects.ts'
import {
  chaosResource,
  type Resource,
  SCHEDULES,
  WORKFLOWS,
} from '../../../packages/aftershock/src/kubernetes/resources.ts'
import { reconcileChaos } from './reconcile-chaos.ts'
import { reconcileSchedule } from './reconcile-schedule.ts'
import { reconcileWorkflow } from './reconcile-workflow.ts'

/** What goes wrong, and how long things take; all of it may be changed while the play goes on. */
export type Script = {
  /** What the daemon answers instead of injecting into that record. */
  applyError?: ((id: string) => string | undefined) | undefined
  /** What the daemon answers instead of recovering that record. */
  recoverError?: ((id: string) => string | undefined) | undefined
  applyMs: number
  recoverMs: number
  /** Events are made asynchronously upstream and may be lost. */
  losesEvents: boolean
  /** The controller is down: nothing happens to any object. */
  isDown: boolean
  /** So far the controller's clock is ahead of ours; below 0, behind. */
  clockAheadMs: number
}

/** When a daemon really began and ended to disturb a record: the truth that windows are compared with. */
export type Deed = {
  readonly object: string
  readonly id: string
  readonly startNs: bigint
  endNs: bigint | undefined
}

export type Stage = {
  readonly client: KubeClient
  readonly script: Script
  readonly deeds: Deed[]
  readonly nowNs: () => bigint
  /** What the controller's own clock shows. */
  readonly controllerNs: () => bigint
  readonly sleep: (ms: number) => Promise<void>
}

export type Player = {
  readonly script: Script
  readonly deeds: readonly Deed[]
  /** Records that a daemon disturbs right now. */
  injectedNow(): readonly string[]
  stop(): Promise<void>
}

const KINDS = ['PodChaos', 'NetworkChaos', 'HTTPChaos', 'IOChaos', 'StressChaos', 'TimeChaos', 'DNSChaos']

/**
 * Plays the controller manager and the daemons of Chaos Mesh on a real API server: the same objects, status,
 * finalizers and events in the same order (chaosmesh.md 2.1 to 2.6), and the failures that a test asks for.
 */
export function playChaosMesh(client: KubeClient): Player {
  const clock = systemClock()
  const script: Script = { applyMs: 5, recoverMs: 5, losesEvents: false, isDown: false, clockAheadMs: 0 }
  const stage: Stage = {
    client,
    script,
    deeds: [],
    nowNs: clock.nowNs,
    controllerNs: () => clock.nowNs() + BigInt(script.clockAheadMs) * 1_000_000n,
    sleep: (ms) => clock.sleep(ms),
  }
  const stop = new AbortController()
  const work = new Map<string, Promise<void>>()
  const act = (resource: Resource, ref: Ref, reconcile: Reconcile): void => {
    const key = `${resource.kind}/${ref.namespace}/${ref.name}`
    const before = work.get(key) ?? Promise.resolve()
    const next = before.then(() => settle(ref, reconcile))
    work.set(key, next)
  }
  // Reconciles until nothing changes; asks again later where the object wants it.
  const settle = async (ref: Ref, reconcile: Reconcile): Promise<void> => {
    for (let turns = 0; turns < 200 && !stop.signal.aborted; turns++) {
      if (script.isDown) return later(ref, reconcile, 200)
      const next = await reconcile(stage, ref).catch((error: unknown) => {
        if (!(error instanceof ApiError)) throw error
        return { afterMs: 300 }
      })
      if (next === 'changed') continue
      if (next !== 'settled') later(ref, reconcile, next.afterMs)
      return
    }
  }
  const later = (ref: Ref, reconcile: Reconcile, afterMs: number): void => {
    void clock.sleep(Math.min(afterMs, 60_000), stop.signal).then(() => {
      if (!stop.signal.aborted) act(ref.resource, ref, reconcile)
    })
  }
  const followed = [
    ...KINDS.map((kind) => [chaosResource(kind), reconcileChaos] as const),
    [SCHEDULES, reconcileSchedule] as const,
    [WORKFLOWS, reconcileWorkflow] as const,
  ].flatMap(([resource, reconcile]) =>
    resource === undefined
      ? []
      : [
          follow<ChaosObject>(client, clock, {
            resource,
            signal: stop.signal,
            onChange: ({ kind, object }) => {
              if (kind === 'deleted') return
              const { namespace, name } = object.metadata
              act(resource, { resource, namespace, name }, reconcile)
            },
          }),
        ],
  )
  return {
    script,
    deeds: stage.deeds,
    injectedNow: () => stage.deeds.filter((one) => one.endNs === undefined).map((one) => one.id),
    stop: async () => {
      stop.abort()
      await Promise.all(followed.map((one) => one.done))
      await Promise.allSettled(work.values())
    },
  }
}

/** One turn over one object. `changed`: look again at once. */
export type Reconcile = (
  stage: Stage,
  ref: Ref,
) => Promise<'changed' | 'settled' | { readonly afterMs: number }>
