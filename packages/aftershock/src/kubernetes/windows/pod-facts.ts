import { parseRfc3339 } from '../../formats/rfc3339.ts'
import { itemsAt, numberAt, textAt, valueAt } from './json-at.ts'
import { serviceOfPod } from './service-of-pod.ts'

/** What a window needs of a pod. */
export type PodFacts = {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly ip: string
  /** `service.name` its telemetry bears, as well as can be told from outside. */
  readonly service: string
  /** The object that would replace it; empty for a bare pod. */
  readonly ownerUid: string
  readonly createdNs: bigint
  readonly deleting: boolean
  readonly ready: boolean
  /** Whole seconds; undefined when it is not ready. */
  readonly readySinceNs: bigint | undefined
  readonly containers: readonly ContainerFacts[]
  /** What `chaos-mesh.org/experiment` holds; undefined: not annotated. */
  readonly experiment: string | undefined
}

export type ContainerFacts = {
  readonly name: string
  readonly id: string
  readonly restarts: number
  /** When the one before it ended: whole seconds of the node's clock. */
  readonly lastFinishedNs: bigint | undefined
}

/** The annotation that tells a process in the pod which experiments act on it. */
export const EXPERIMENT_ANNOTATION = 'chaos-mesh.org/experiment'

export function readPod(json: unknown): PodFacts | undefined {
  const uid = textAt(json, 'metadata', 'uid')
  if (uid === '') return undefined
  const ready = itemsAt(json, 'status', 'conditions').find((one) => textAt(one, 'type') === 'Ready')
  const isReady = textAt(ready, 'status') === 'True'
  const owner = itemsAt(json, 'metadata', 'ownerReferences').find(
    (one) => valueAt(one, 'controller') === true,
  )
  const experiment = valueAt(json, 'metadata', 'annotations', EXPERIMENT_ANNOTATION)
  return {
    uid,
    namespace: textAt(json, 'metadata', 'namespace'),
    name: textAt(json, 'metadata', 'name'),
    ip: textAt(json, 'status', 'podIP'),
    service: serviceOfPod(json),
    ownerUid: textAt(owner, 'uid'),
    createdNs: parseRfc3339(textAt(json, 'metadata', 'creationTimestamp')) ?? 0n,
    deleting: textAt(json, 'metadata', 'deletionTimestamp') !== '',
    ready: isReady,
    readySinceNs: isReady ? parseRfc3339(textAt(ready, 'lastTransitionTime')) : undefined,
    containers: itemsAt(json, 'status', 'containerStatuses').map((one) => ({
      name: textAt(one, 'name'),
      id: textAt(one, 'containerID'),
      restarts: numberAt(one, 'restartCount') ?? 0,
      lastFinishedNs: parseRfc3339(textAt(one, 'lastState', 'terminated', 'finishedAt')),
    })),
    experiment: typeof experiment === 'string' ? experiment : undefined,
  }
}
