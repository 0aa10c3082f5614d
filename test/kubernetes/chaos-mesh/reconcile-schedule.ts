import { everyMs } from '../../../packages/aftershock/src/formats/cron.ts'
import type { ChaosObject } from '../../../packages/aftershock/src/kubernetes/objects.ts'
import { chaosResource } from '../../../packages/aftershock/src/kubernetes/resources.ts'
import type { Reconcile } from './player.ts'
import { tell, update } from './write.ts'

/** `@every`, policy Forbid: the next child when the time has come and the last one is finished. */
export const reconcileSchedule: Reconcile = async (stage, ref) => {
  const schedule = await stage.client.get<ChaosObject & { status?: { time?: string } }>(ref)
  if (schedule === undefined || schedule.metadata.deletionTimestamp !== undefined)
    return endChildren(stage, ref)
  const { spec = {}, metadata } = schedule
  const stepMs = everyMs(String(spec.schedule)) ?? 60_000
  const lastMs = Date.parse(schedule.status?.time ?? metadata.creationTimestamp ?? '')
  const nowMs = Number(stage.nowNs() / 1_000_000n)
  if (lastMs + stepMs > nowMs) return { afterMs: lastMs + stepMs - nowMs }
  const resource = chaosResource(String(spec.type))
  if (resource === undefined) return 'settled'
  const labelSelector = `managed-by=${metadata.name}`
  const living = (
    await stage.client.list<ChaosObject>(resource, { namespace: metadata.namespace, labelSelector })
  ).items
  const isBusy = living.some((one) => one.status?.experiment?.desiredPhase !== 'Stop' || !isRecovered(one))
  if (isBusy && spec.concurrencyPolicy !== 'Allow') {
    await tell(stage, schedule, 'Forbid', 'schedule-cron', {
      message: 'Forbid spawning new job because old is running',
    })
    return { afterMs: stepMs }
  }
  const key = `${resource.kind.charAt(0).toLowerCase()}${resource.kind.slice(1)}`
  const name = `${metadata.name}-${Math.random().toString(36).slice(2, 7).padEnd(5, 'x')}`
  await stage.client.create(resource, {
    apiVersion: 'chaos-mesh.org/v1alpha1',
    kind: resource.kind,
    metadata: {
      name,
      namespace: metadata.namespace,
      labels: { 'managed-by': metadata.name },
      ownerReferences: [
        {
          apiVersion: 'chaos-mesh.org/v1alpha1',
          kind: 'Schedule',
          name: metadata.name,
          uid: metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: spec[key],
  })
  await tell(stage, schedule, 'Spawned', 'schedule-cron', {
    message: `Create new object: ${name}`,
    annotations: { 'chaos-mesh.org/name': name },
  })
  await update(stage, ref, (draft) => {
    draft.status = { ...draft.status, time: `${new Date(nowMs).toISOString().slice(0, 19)}Z` }
    return true
  })
  return { afterMs: stepMs }
}

/** The garbage collector's part: what an owner leaves behind is removed. */
const endChildren: Reconcile = async (stage, ref) => {
  for (const kind of ['PodChaos', 'NetworkChaos', 'StressChaos', 'HTTPChaos']) {
    const resource = chaosResource(kind)
    if (resource === undefined) continue
    const scope = { namespace: ref.namespace, labelSelector: `managed-by=${ref.name}` }
    for (const child of (await stage.client.list(resource, scope)).items)
      if (child.metadata.deletionTimestamp === undefined)
        await stage.client.remove({ resource, namespace: ref.namespace, name: child.metadata.name })
  }
  return 'settled'
}

function isRecovered(object: ChaosObject): boolean {
  return (object.status?.experiment?.containerRecords ?? []).every((one) => one.phase === 'Not Injected')
}
