import type { Ref } from '../../../packages/aftershock/src/kubernetes/client.ts'
import type {
  ChaosObject,
  ChaosRecord,
  KubeObject,
} from '../../../packages/aftershock/src/kubernetes/objects.ts'
import { POD_NETWORK_CHAOS } from '../../../packages/aftershock/src/kubernetes/resources.ts'
import { openDeeds } from './deeds.ts'
import type { Stage } from './player.ts'
import { tellUpdated, update } from './write.ts'

type Record_ = { -readonly [K in keyof ChaosRecord]: ChaosRecord[K] }
type PodNetwork = KubeObject & { readonly status?: { readonly observedGeneration?: number } }

/**
 * First the rules are written into the pod's PodNetworkChaos (`Not Injected/Wait`), then its controller has
 * the daemon set them and reports the generation, then the record counts as injected.
 *
 * @returns whether that is done
 */
export async function applyToPod(
  stage: Stage,
  object: ChaosObject,
  record: Record_,
  name: string,
  instances: Record<string, unknown>,
): Promise<boolean> {
  if (!actsOn(object, record.selectorKey)) return true
  const ref = refOf(record.id)
  if (record.phase === 'Not Injected') {
    await ensure(stage, ref)
    instances[record.id] = await commit(stage, ref, (tcs) => [
      ...tcs,
      { type: 'netem', source: sourceOf(object) },
    ])
    record.phase = 'Not Injected/Wait'
    return false
  }
  await stage.sleep(stage.script.applyMs)
  stage.deeds.push({ object: name, id: record.id, startNs: stage.nowNs(), endNs: undefined })
  await observe(stage, ref)
  return true
}

export async function recoverFromPod(
  stage: Stage,
  object: ChaosObject,
  record: Record_,
  name: string,
  instances: Record<string, unknown>,
): Promise<boolean> {
  if (!actsOn(object, record.selectorKey)) return true
  const ref = refOf(record.id)
  if (record.phase === 'Injected') {
    const source = sourceOf(object)
    instances[record.id] = await commit(stage, ref, (tcs) => tcs.filter((one) => one.source !== source))
    record.phase = 'Injected/Wait'
    return false
  }
  await stage.sleep(stage.script.recoverMs)
  for (const deed of openDeeds(stage, name, record.id)) deed.endNs = stage.nowNs()
  await observe(stage, ref)
  return true
}

/** tc sits on the sources' egress (`to`), on the targets' (`from`), or on both; peers have records all the same. */
function actsOn(object: ChaosObject, selectorKey: string | undefined): boolean {
  const { action, direction } = object.spec ?? {}
  if (action === 'partition' || direction === 'both') return true
  return direction === 'from' ? selectorKey === '.Target' : selectorKey === '.'
}

function refOf(id: string): Ref {
  const [namespace, name = ''] = id.split('/')
  return { resource: POD_NETWORK_CHAOS, namespace, name }
}

function sourceOf(object: ChaosObject): string {
  return `${object.metadata.namespace}/${object.metadata.name}`
}

async function ensure(stage: Stage, ref: Ref): Promise<void> {
  if ((await stage.client.get(ref)) !== undefined) return
  const { namespace, name } = ref
  const object = {
    apiVersion: 'chaos-mesh.org/v1alpha1',
    kind: 'PodNetworkChaos',
    metadata: { name, namespace },
    spec: {},
  }
  await stage.client.create(POD_NETWORK_CHAOS, object)
}

type Tc = { readonly type: string; readonly source: string }

async function commit(
  stage: Stage,
  ref: Ref,
  change: (tcs: readonly Tc[]) => readonly Tc[],
): Promise<number> {
  await update(stage, ref, (draft) => {
    draft.spec = { ...draft.spec, tcs: change((draft.spec?.tcs ?? []) as readonly Tc[]) }
    return true
  })
  return (await stage.client.get(ref))?.metadata.generation ?? 0
}

async function observe(stage: Stage, ref: Ref): Promise<void> {
  const object = await stage.client.get<PodNetwork>(ref)
  if (object === undefined) return
  const observedGeneration = object.metadata.generation
  await stage.client.patch(ref, { status: { observedGeneration } }, { subresource: 'status' })
  await tellUpdated(stage, object, 'podnetworkchaos', 'ObservedGeneration and FailedMessage')
}
