import { rfc3339 } from '../../formats/rfc3339.ts'
import type {
  ClusterBoundJson,
  ClusterEventJson,
  ClusterExperimentJson,
  ClusterExperimentState,
  ClusterWindowJson,
  OpenIntervalJson,
} from '../../model/cluster-experiment.ts'
import { RUN_LABEL } from '../our-objects.ts'
import type { Bound } from '../windows/bound.ts'
import type { ChaosEvent } from '../windows/chaos-event.ts'
import { certainOf, type OpenInterval, possibleOf } from '../windows/intervals.ts'
import type { HistoryWindows, PodWindow } from '../windows/pod-windows.ts'
import type { ExperimentEntry } from './experiment-entry.ts'

/** `service.name` of a pod, as far as it is known. */
export type ServiceOf = (namespace: string, pod: string) => string | undefined

export function experimentJson(
  entry: ExperimentEntry,
  { windows, unknown }: HistoryWindows,
  serviceOf: ServiceOf,
): ClusterExperimentJson {
  const { object } = entry
  const runId = object?.labels[RUN_LABEL]
  return {
    id: entry.uid,
    kind: entry.kind,
    ...(object?.action !== undefined && { action: object.action }),
    ...(object?.mode !== undefined && { mode: object.mode }),
    namespace: entry.namespace,
    name: entry.name,
    state: stateOf(entry),
    ...(object !== undefined && { createdAt: rfc3339(object.createdNs) }),
    ...(entry.goneNs !== undefined && { goneAt: rfc3339(entry.goneNs) }),
    parameters: object?.parameters ?? {},
    labels: object?.labels ?? {},
    ...(runId !== undefined && { runId }),
    windows: windows.map((window) => windowJson(window, serviceOf)),
    unknown: entry.dropped === 0 ? unknown : [...unknown, `${entry.dropped} events were beyond the limit`],
  }
}

/** The first that fits, as Chaos Mesh's dashboard counts. */
export function stateOf(entry: ExperimentEntry): ClusterExperimentState {
  const { object, goneNs } = entry
  if (goneNs !== undefined || object === undefined) return 'archived'
  if (object.deletionNs !== undefined) return 'deleting'
  if (object.paused) return 'paused'
  const { Selected, AllInjected, AllRecovered, Accomplished } = object.conditions
  // They make experiments, and inject nothing themselves.
  if (entry.kind === 'Schedule') return 'running'
  if (entry.kind === 'Workflow') return Accomplished === true ? 'finished' : 'running'
  if (object.desiredPhase === 'Stop' && AllRecovered === true) return 'finished'
  return Selected === true && AllInjected === true ? 'running' : 'injecting'
}

function windowJson(window: PodWindow, serviceOf: ServiceOf): ClusterWindowJson {
  const { place, start, end } = window
  const { namespace, pod, container, other } = place
  const service = namespace === undefined || pod === undefined ? undefined : serviceOf(namespace, pod)
  const certain = certainOf(window)
  return {
    recordId: window.recordId,
    role: window.role,
    round: window.round,
    instant: window.instant,
    target: {
      ...(service !== undefined && { service }),
      ...(namespace !== undefined && { namespace }),
      ...(pod !== undefined && { pod }),
      ...(container !== undefined && { container }),
      ...(other !== undefined && { other }),
    },
    start: { earliest: boundJson(start.earliest), latest: boundJson(start.latest) },
    ...(end !== undefined && {
      end: {
        earliest: boundJson(end.earliest),
        ...(end.latest !== undefined && { latest: boundJson(end.latest) }),
      },
    }),
    ...(certain !== undefined && { certain: intervalJson(certain) }),
    possible: intervalJson(possibleOf(window)),
    holes: window.holes.map((hole) => ({
      kind: hole.kind,
      from: rfc3339(hole.earliestNs),
      by: rfc3339(hole.latestNs),
      lost: hole.lost,
      why: hole.why,
    })),
  }
}

function boundJson(bound: Bound): ClusterBoundJson {
  return { at: rfc3339(bound.atNs), by: bound.by }
}

function intervalJson({ startNs, endNs }: OpenInterval): OpenIntervalJson {
  return { start: rfc3339(startNs), ...(endNs !== undefined && { end: rfc3339(endNs) }) }
}

export function eventJson(event: ChaosEvent): ClusterEventJson {
  return {
    at: rfc3339(event.atNs),
    exact: event.exact,
    kind: event.kind,
    namespace: event.namespace,
    name: event.objectName,
    id: event.uid,
    reason: event.reason,
    type: event.type,
    message: event.message,
    ...(event.recordId !== undefined && { recordId: event.recordId }),
    component: event.component,
  }
}
