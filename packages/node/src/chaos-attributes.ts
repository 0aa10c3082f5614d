import { type Attributes, type Context, propagation } from '@opentelemetry/api'
import type { PodExperiments } from './pod-experiments.ts'

/**
 * `chaos.*` attributes of work in this context: what acts on this pod, and what the caller's baggage names.
 * Empty when there is no experiment. `certainty` is never `certain` here: an annotation comes up to a minute
 * late, and baggage tells of a request, not of a fault; exact windows are the watcher's.
 */
export function chaosAttributes(context: Context, pod: PodExperiments): Attributes {
  const here = pod.names()
  const baggage = propagation.getBaggage(context)
  const id = baggage?.getEntry('chaos.experiment.id')?.value
  const name = baggage?.getEntry('chaos.experiment.name')?.value
  if (here.length === 0 && id === undefined && name === undefined) return {}
  const names = here.length > 0 ? here.join(',') : name
  return {
    'chaos.experiment.active': true,
    ...(names !== undefined && { 'chaos.experiment.name': names }),
    ...(id !== undefined && { 'chaos.experiment.id': id }),
    'chaos.fault.target': here.length > 0,
    'chaos.window.certainty': 'possible',
  }
}
