import type { Clock } from '../../engine/clock.ts'
import type { Problem } from '../../model/problem.ts'
import { ApiError } from '../api-error.ts'
import { heldRecords, lastFailure, recordsOf } from '../chaos-records.ts'
import type { KubeClient, Ref } from '../client.ts'
import type { ChaosObject, KubeEvent } from '../objects.ts'
import { EVENTS, type Resource } from '../resources.ts'
import { refText } from './held-objects.ts'

export type Removing = {
  readonly client: KubeClient
  readonly clock: Clock
  /** Chaos Mesh has so long to recover everything. */
  readonly withinMs: number
  /** When it does not: take the finalizers away. What was injected may stay then. */
  readonly ifStuck: 'explain' | 'force'
}

export type RemovedObject =
  | { readonly gone: true; readonly forced: boolean; readonly records: number }
  | { readonly gone: false; readonly problem: Problem }

const LOOK_MS = 200
const FORCE_ANNOTATION = 'chaos-mesh.chaos-mesh.org/cleanFinalizer'

/**
 * Deletes a chaos object and waits until Chaos Mesh has recovered every target and let go of it.
 *
 * @param uid - only this incarnation; undefined: whatever bears the name
 */
export async function removeObject(
  ref: Ref,
  uid: string | undefined,
  removing: Removing,
): Promise<RemovedObject> {
  const { client, withinMs } = removing
  const before = await client.get<ChaosObject>(ref)
  const records = recordsOf(before).length
  if (before === undefined || isOther(before, uid)) return { gone: true, forced: false, records }
  await client.remove(ref, { uid: before.metadata.uid })
  if (await isGoneWithin(ref, before.metadata.uid, withinMs, removing))
    return { gone: true, forced: false, records }
  if (removing.ifStuck === 'explain') return { gone: false, problem: await stuckProblem(ref, removing) }
  return { ...(await force(ref, before.metadata.uid, removing)), records } as RemovedObject
}

async function isGoneWithin(
  ref: Ref,
  uid: string | undefined,
  ms: number,
  removing: Removing,
): Promise<boolean> {
  const { client, clock } = removing
  const endNs = clock.nowNs() + BigInt(Math.round(ms * 1e6))
  for (;;) {
    const found = await client.get(ref)
    if (found === undefined || isOther(found, uid)) return true
    if (clock.nowNs() >= endNs) return false
    await clock.sleep(LOOK_MS)
  }
}

/** First the way that Chaos Mesh offers, then the one that always works. */
async function force(ref: Ref, uid: string | undefined, removing: Removing): Promise<RemovedObject> {
  const { client } = removing
  try {
    await client.patch(ref, { metadata: { annotations: { [FORCE_ANNOTATION]: 'forced' } } })
    if (await isGoneWithin(ref, uid, 5_000, removing)) return { gone: true, forced: true, records: 0 }
    await client.patch(ref, { metadata: { finalizers: null } })
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 404) throw error
  }
  if (await isGoneWithin(ref, uid, 5_000, removing)) return { gone: true, forced: true, records: 0 }
  return { gone: false, problem: await stuckProblem(ref, removing) }
}

function isOther(object: ChaosObject, uid: string | undefined): boolean {
  return uid !== undefined && object.metadata.uid !== uid
}

/** Why Chaos Mesh does not let go, as far as the object and its events tell. */
async function stuckProblem(ref: Ref, { client, withinMs }: Removing): Promise<Problem> {
  const object = await client.get<ChaosObject>(ref)
  const left = heldRecords(object)
  const said = lastFailure(left) ?? (await lastEventOfFailure(ref, client))
  const isUntouched = object?.status?.experiment?.desiredPhase === 'Run'
  const reason =
    said ??
    (isUntouched ? 'Chaos Mesh’s controller does not react: is it running?' : 'Chaos Mesh gives no reason')
  const where = left.length === 0 ? '' : ` on ${left.map((one) => one.id).join(', ')}`
  const finalizers = object?.metadata.finalizers?.join(', ') ?? ''
  return {
    code: 'fault-stuck',
    what: `Cannot remove ${refText(ref)}`,
    why: `Chaos Mesh must recover every target before it lets go: after ${withinMs / 1_000} s it is still there (finalizer ${finalizers})${where}: ${reason}`,
    fix: `mend the cause and it goes by itself; to drop the object and leave what is injected: aftershock stop --target k8s --force-finalizers, or ${byHand(ref.resource, ref)}`,
  }
}

export function byHand(resource: Resource, { namespace, name }: Ref): string {
  return `kubectl annotate -n ${namespace} ${resource.plural} ${name} ${FORCE_ANNOTATION}=forced`
}

async function lastEventOfFailure({ namespace, name }: Ref, client: KubeClient): Promise<string | undefined> {
  const fieldSelector = `involvedObject.name=${name},reason=Failed`
  const { items } = await client.list<KubeEvent>(EVENTS, { namespace, fieldSelector })
  return items.map((one) => one.message).findLast((one) => one !== undefined)
}
