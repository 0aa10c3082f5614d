import { areIn, holds, isInPhase } from '../../formats/chaos-mesh/selector-match.ts'
import type { Selector } from '../../model/fault.ts'
import type { Pod } from '../objects.ts'

type Texts = Readonly<Record<string, string>>

/**
 * Whether the controller's selector takes a pod, by everything but `pods` (which overrides it all).
 *
 * @param nodes - names of the nodes that the selector means; undefined when it names none
 * @see chaosmesh.md 1.3
 */
export function matchesPod(selector: Selector, pod: Pod, nodes: ReadonlySet<string> | undefined): boolean {
  const { metadata, spec, status } = pod
  const labels = metadata.labels ?? {}
  return (
    selector.namespaces.includes(metadata.namespace ?? '') &&
    areIn(selector.labelSelectors, labels) &&
    selector.expressionSelectors.every((one) => holds(one, labels)) &&
    areIn(selector.annotationSelectors, metadata.annotations ?? {}) &&
    hasFields(selector.fieldSelectors, pod) &&
    isInPhase(selector.podPhaseSelectors, status?.phase ?? '') &&
    (nodes === undefined || nodes.has(spec?.nodeName ?? ''))
  )
}

/** The fields that both the API server and the controller know. */
export const POD_FIELDS: Readonly<Record<string, (pod: Pod) => string>> = {
  'metadata.name': (pod) => pod.metadata.name,
  'metadata.namespace': (pod) => pod.metadata.namespace ?? '',
  'spec.nodeName': (pod) => pod.spec?.nodeName ?? '',
  'spec.restartPolicy': (pod) => pod.spec?.restartPolicy ?? '',
  'spec.schedulerName': (pod) => pod.spec?.schedulerName ?? '',
  'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName ?? '',
  'status.phase': (pod) => pod.status?.phase ?? '',
  'status.podIP': (pod) => pod.status?.podIPs?.[0]?.ip ?? '',
  'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName ?? '',
}

function hasFields(wanted: Texts, pod: Pod): boolean {
  return Object.entries(wanted).every(([field, value]) => POD_FIELDS[field]?.(pod) === value)
}
