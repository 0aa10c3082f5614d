import type { Step, StepEnd } from '../../engine/chaos-toolkit/ports.ts'
import { isDict, isList, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import type { Attributes } from '../run-trace.ts'
import { dictAt, textAt } from './activity-facts.ts'

/** The tags of `chaostracing.control`, so that searches made for them still find: `type`, `target`, `activity` … */
export function olderTags(step: Step): Attributes {
  if (step.kind === 'experiment') return { type: 'experiment', ...experimentTags(step.experiment) }
  if (step.kind === 'hypothesis') return { type: 'hypothesis' }
  if (step.kind === 'method') return { type: 'method' }
  if (step.kind === 'rollbacks') return { type: 'rollback' }
  if (step.kind === 'pause') return {}
  return { type: 'activity', activity: textAt(step.activity, 'type') ?? '', ...httpTags(step.activity) }
}

export function olderEndTags(end: StepEnd): Attributes {
  if (end.kind === 'hypothesis')
    return { deviated: end.isMet === false, ...(end.isMet === false ? { error: true } : {}) }
  const record = end.kind === 'experiment' ? end.journal : end.kind === 'activity' ? end.record : undefined
  const status = record === undefined ? undefined : textAt(record, 'status')
  if (status === undefined) return {}
  return { status, ...(end.kind === 'activity' && status === 'failed' ? { error: true } : {}) }
}

function experimentTags(experiment: PyDict): Attributes {
  const tags = experiment.get('tags')
  const contributions = experiment.get('contributions')
  return {
    ...(isList(tags) ? { target: tags.map(String).join(', ') } : {}),
    ...(isDict(contributions)
      ? Object.fromEntries([...contributions].map(([name, weight]) => [String(name), String(weight)]))
      : {}),
  }
}

function httpTags(activity: PyDict): Attributes {
  const provider = dictAt(activity, 'provider')
  return provider !== undefined && textAt(provider, 'type') === 'http'
    ? { 'http.method': (textAt(provider, 'method') ?? 'GET').toUpperCase(), 'span.kind': 'client' }
    : {}
}
