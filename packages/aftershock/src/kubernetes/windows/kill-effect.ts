import type { Bound } from './bound.ts'
import type { EndBounds } from './end-bounds.ts'
import type { PodSighting } from './history.ts'
import type { RecordContext } from './record-context.ts'
import type { StartBounds } from './start-bounds.ts'

/** PodChaos actions that are an instant; what they do to users lasts until the replacement is ready. */
const INSTANTS = ['pod-kill', 'container-kill']

export function isInstant(kind: string, action: string | undefined): boolean {
  return kind === 'PodChaos' && action !== undefined && INSTANTS.includes(action)
}

/**
 * When the pod, or the one in its stead, was ready again.
 *
 * @returns undefined while there is none
 */
export function killEffectEnd(context: RecordContext, start: StartBounds): EndBounds | undefined {
  const { history, pods: own } = context
  const killed = own.find((one) => one.seenNs <= start.latest.atNs) ?? own[0]
  const ready = history.pods.find((one) => isBack(one, killed, start))
  if (ready === undefined) return undefined
  const sinceNs = ready.pod.readySinceNs
  const latest: Bound =
    sinceNs !== undefined && sinceNs + 1_000_000_000n < ready.seenNs
      ? { atNs: sinceNs + 1_000_000_000n, by: 'second' }
      : { atNs: ready.seenNs, by: 'seen' }
  const earliestNs = sinceNs !== undefined && sinceNs > start.latest.atNs ? sinceNs : start.latest.atNs
  return {
    earliest: { atNs: earliestNs < latest.atNs ? earliestNs : latest.atNs, by: 'second' },
    latest,
  }
}

/** Ready, and not merely still: another pod of the same owner, or the same pod after its container came back. */
function isBack(one: PodSighting, killed: PodSighting | undefined, start: StartBounds): boolean {
  const { pod } = one
  if (one.gone || !pod.ready || pod.deleting || one.seenNs <= start.latest.atNs) return false
  const readyNs = pod.readySinceNs ?? one.seenNs
  // Timestamps have whole seconds: the one it was killed in may read as before.
  const isAfter = readyNs + 1_000_000_000n > start.earliest.atNs
  if (killed === undefined || !isAfter) return false
  if (pod.uid === killed.pod.uid) return restartsOf(one) > restartsOf(killed)
  const sameOwner = pod.ownerUid !== '' && pod.ownerUid === killed.pod.ownerUid
  const sameName = pod.namespace === killed.pod.namespace && pod.name === killed.pod.name
  return (sameOwner || sameName) && pod.createdNs + 1_000_000_000n > start.earliest.atNs
}

function restartsOf({ pod }: PodSighting): number {
  return pod.containers.reduce((sum, one) => sum + one.restarts, 0)
}
