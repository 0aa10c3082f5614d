import { ApiError } from '../../../packages/aftershock/src/kubernetes/api-error.ts'
import type { Ref } from '../../../packages/aftershock/src/kubernetes/client.ts'
import type { KubeObject } from '../../../packages/aftershock/src/kubernetes/objects.ts'
import { EVENTS } from '../../../packages/aftershock/src/kubernetes/resources.ts'
import type { Stage } from './player.ts'

/** Any object, to be changed in place. */
export type Draft = {
  apiVersion: string
  kind: string
  metadata: KubeObject['metadata'] & { finalizers?: string[]; annotations?: Record<string, string> }
  spec: Record<string, unknown>
  status?: Record<string, unknown>
}

/** Read, change, write, again on a conflict: as the controller does. */
export async function update(stage: Stage, ref: Ref, change: (draft: Draft) => boolean): Promise<boolean> {
  for (let tries = 0; tries < 20; tries++) {
    const draft = (await stage.client.get(ref)) as Draft | undefined
    if (draft === undefined || !change(draft)) return false
    try {
      await stage.client.replace(ref.resource, draft as unknown as KubeObject & Record<string, unknown>)
      return true
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 409) throw error
    }
  }
  throw new Error(`${ref.name} is always in conflict`)
}

/** Named by the nanosecond, as upstream names them; a lost one is simply not there. */
export async function tell(
  stage: Stage,
  about: KubeObject,
  reason: string,
  component: string,
  more: {
    readonly message: string
    readonly type?: 'Normal' | 'Warning'
    readonly annotations?: Readonly<Record<string, string>>
  },
): Promise<void> {
  if (stage.script.losesEvents) return
  const ns = stage.controllerNs()
  const { name, namespace, uid } = about.metadata
  const seconds = `${new Date(Number(ns / 1_000_000n)).toISOString().slice(0, 19)}Z`
  const kind = reason.replaceAll(/(?<=.)([A-Z])/g, '-$1').toLowerCase()
  await stage.client.create(EVENTS, {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: {
      name: `${name}.${ns.toString(16)}`,
      namespace,
      annotations: { 'chaos-mesh.org/type': kind, ...more.annotations },
    },
    involvedObject: { apiVersion: about.apiVersion, kind: about.kind, name, namespace, uid },
    reason,
    message: more.message,
    source: { component },
    firstTimestamp: seconds,
    lastTimestamp: seconds,
    count: 1,
    type: more.type ?? 'Normal',
  })
}

export async function tellUpdated(
  stage: Stage,
  about: KubeObject,
  component: string,
  field: string,
): Promise<void> {
  const message = `Successfully update ${field} of resource`
  await tell(stage, about, 'Updated', component, { message, annotations: { 'chaos-mesh.org/field': field } })
}

export async function tellFailed(
  stage: Stage,
  about: KubeObject,
  component: string,
  activity: string,
  error: string,
): Promise<void> {
  await tell(stage, about, 'Failed', component, {
    type: 'Warning',
    message: `Failed to ${activity}: ${error}`,
    annotations: { 'chaos-mesh.org/activity': activity, 'chaos-mesh.org/err': error },
  })
}
