import { errorText } from '../../model/error-text.ts'
import type { KubeClient } from '../client.ts'
import type { KubeObject } from '../objects.ts'
import { isOrphan, LEASE_LABEL, ownershipOf } from '../our-objects.ts'
import type { Resource } from '../resources.ts'

/** An object of ours whose owner is gone: its lease was not renewed. */
export type Orphan = { readonly resource: Resource; readonly object: KubeObject; readonly runId: string }

/** Those that are being deleted already only wait for Chaos Mesh. */
export function orphansIn(
  objects: Iterable<{ readonly resource: Resource; readonly object: KubeObject }>,
  nowNs: bigint,
): readonly Orphan[] {
  const found: Orphan[] = []
  for (const { resource, object } of objects) {
    if (object.metadata.deletionTimestamp !== undefined || !isOrphan(object, nowNs)) continue
    found.push({ resource, object, runId: ownershipOf(object)?.runId ?? '' })
  }
  return found
}

/** Asks Chaos Mesh to remove them; a finalizer is never taken away here. @returns how many were asked for */
export async function removeOrphans(
  client: KubeClient,
  orphans: readonly Orphan[],
  say: (text: string) => void,
): Promise<number> {
  let removed = 0
  for (const { resource, object, runId } of orphans) {
    const { namespace, name, uid } = object.metadata
    try {
      // The cache may be behind: only what is an orphan still is removed.
      const now = await client.get({ resource, namespace, name })
      if (now === undefined || now.metadata.uid !== uid) continue
      if (now.metadata.labels?.[LEASE_LABEL] !== object.metadata.labels?.[LEASE_LABEL]) continue
      if (await client.remove({ resource, namespace, name }, { uid })) removed += 1
      say(`removed ${resource.kind} ${namespace}/${name}: run ${runId} has not renewed its lease`)
    } catch (error) {
      say(`cannot remove ${resource.kind} ${namespace}/${name}: ${errorText(error)}`)
    }
  }
  return removed
}
