import type { Clock } from '../../engine/clock.ts'
import { heldRecords, lastFailure, recordsOf } from '../chaos-records.ts'
import type { KubeClient } from '../client.ts'
import { byHand } from '../drive/remove-object.ts'
import { listIfReadable, listIfServed } from '../list-if-served.ts'
import type { ChaosObject, KubeObject, Pod } from '../objects.ts'
import { isOrphan } from '../our-objects.ts'
import {
  CHAOS_KINDS,
  POD_HTTP_CHAOS,
  POD_IO_CHAOS,
  POD_NETWORK_CHAOS,
  PODS,
  type Resource,
} from '../resources.ts'
import { readPodChaos } from '../windows/pod-chaos.ts'
import { type Check, shortened } from './check.ts'

type Found = { readonly resource: Resource; readonly object: ChaosObject }

const STUCK_MS = 120_000

/** What earlier experiments left: objects that do not go, records that do not move, rules without an owner. */
export async function leftoverChecks(client: KubeClient, clock: Clock): Promise<readonly Check[]> {
  const objects = await chaosObjects(client)
  const nowMs = Number(clock.nowNs() / 1_000_000n)
  const checks = [
    ...objects.flatMap((one) => terminatingCheck(one, nowMs)),
    ...objects.flatMap((one) => failingCheck(one)),
    ...orphanChecks(objects, clock),
    ...(await ruleChecks(client, objects)),
    ...(await imageChecks(client, objects)),
  ]
  return checks.length > 0
    ? checks
    : [{ state: 'ok', what: `leftovers: none (${objects.length} chaos objects looked at)` }]
}

async function chaosObjects(client: KubeClient): Promise<readonly Found[]> {
  const lists = await Promise.all(
    CHAOS_KINDS.map(async (resource) =>
      (await listIfServed<ChaosObject>(client, resource)).map((object) => ({ resource, object })),
    ),
  )
  return lists.flat()
}

function nameOf({ resource, object }: Found): string {
  return `${resource.kind} ${object.metadata.namespace}/${object.metadata.name}`
}

function terminatingCheck(found: Found, nowMs: number): readonly Check[] {
  const { deletionTimestamp, finalizers, namespace, name } = found.object.metadata
  const sinceMs = deletionTimestamp === undefined ? 0 : nowMs - Date.parse(deletionTimestamp)
  if (sinceMs < STUCK_MS) return []
  const why = lastFailure(heldRecords(found.object)) ?? 'no reason is noted: is the controller running?'
  return [
    {
      state: 'bad',
      what: `${nameOf(found)} has been terminating for ${Math.round(sinceMs / 60_000)} min`,
      seen: [`finalizer ${finalizers?.join(', ')}`, why],
      fix: `mend the cause; to drop it and leave what it injected: ${byHand(found.resource, { resource: found.resource, namespace, name })}`,
    },
  ]
}

/** A record between two states, whose last word is a failure. */
function failingCheck(found: Found): readonly Check[] {
  const records = recordsOf(found.object)
  const stuck = records.flatMap((one) => {
    const last = one.events?.at(-1)
    return last?.type === 'Failed' ? [`${one.id} (${one.phase}): ${last.message}`] : []
  })
  if (stuck.length === 0 || found.object.metadata.deletionTimestamp !== undefined) return []
  return [
    {
      state: 'bad',
      what: `${nameOf(found)}: ${stuck.length} of ${records.length} records fail`,
      seen: shortened(stuck),
      fix: `kubectl describe -n ${found.object.metadata.namespace} ${found.resource.plural} ${found.object.metadata.name}`,
    },
  ]
}

function orphanChecks(objects: readonly Found[], clock: Clock): readonly Check[] {
  const orphans = objects.filter(({ object }) => isOrphan(object, clock.nowNs()))
  return orphans.length === 0
    ? []
    : [
        {
          state: 'bad',
          what: `${orphans.length} objects of runs of ours that are gone`,
          seen: shortened(orphans.map(nameOf)),
          fix: 'aftershock stop --target k8s',
        },
      ]
}

/** Rules on pods whose chaos object no longer exists. */
async function ruleChecks(client: KubeClient, objects: readonly Found[]): Promise<readonly Check[]> {
  const known = new Set(objects.map(({ object }) => `${object.metadata.namespace}/${object.metadata.name}`))
  const lists = await Promise.all(
    [POD_NETWORK_CHAOS, POD_HTTP_CHAOS, POD_IO_CHAOS].map((one) => listIfReadable<KubeObject>(client, one)),
  )
  const lost = lists
    .flatMap((list) => list ?? [])
    .flatMap((one) => {
      const found = readPodChaos(one)
      return (found?.sources ?? [])
        .filter((source) => !known.has(source))
        .map((source) => `${found?.kind} ${found?.namespace}/${found?.pod} holds a rule of ${source}`)
    })
  return lost.length === 0
    ? []
    : [
        {
          state: 'bad',
          what: `${lost.length} rules on pods without a chaos object`,
          seen: shortened(lost),
          fix: 'delete those pods: kubectl delete pod -n <namespace> <pod>',
        },
      ]
}

/** pod-failure notes the original image on the pod, `chaos-mesh-<chaos>-pod-failure-…`, until it is put back. */
async function imageChecks(client: KubeClient, objects: readonly Found[]): Promise<readonly Check[]> {
  const failing = new Set(
    objects
      .filter(({ object }) => object.spec?.action === 'pod-failure')
      .map(({ object }) => object.metadata.name),
  )
  const left = ((await listIfReadable<Pod>(client, PODS)) ?? []).flatMap(({ metadata }) =>
    Object.keys(metadata.annotations ?? {}).flatMap((key) => {
      const name = /^chaos-mesh-(.+)-pod-failure-/.exec(key)?.[1]
      return name === undefined || failing.has(name)
        ? []
        : [`${metadata.namespace}/${metadata.name} (${key})`]
    }),
  )
  return left.length === 0
    ? []
    : [
        {
          state: 'bad',
          what: `${left.length} pods still run the pause image of a pod-failure`,
          seen: shortened(left),
          fix: 'delete those pods: their owner makes them anew',
        },
      ]
}
