import type { Step, StepEnd } from '../../engine/chaos-toolkit/ports.ts'
import { isDict, isList, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import type { Attributes } from '../run-trace.ts'
import { dictAt, plainUrl, textAt } from './activity-facts.ts'

/** The tags of `chaostracing.control`, so that searches made for them still find: `type`, `target`, `activity` … */
export function olderTags(step: Step): Attributes {
  if (step.kind === 'experiment') return { type: 'experiment', ...experimentTags(step.experiment) }
  if (step.kind === 'hypothesis') return { type: 'hypothesis' }
  if (step.kind === 'method') return { type: 'method' }
  if (step.kind === 'rollbacks') return { type: 'rollback' }
  if (step.kind === 'pause') return {}
  return { type: 'activity', activity: textAt(step.activity, 'type') ?? '', ...httpTags(step.activity) }
}

export function olderEndTags(step: Step, end: StepEnd): Attributes {
  if (end.kind === 'hypothesis')
    return { deviated: end.isMet === false, ...(end.isMet === false ? { error: true } : {}) }
  const record = end.kind === 'experiment' ? end.journal : end.kind === 'activity' ? end.record : undefined
  const status = record === undefined ? undefined : textAt(record, 'status')
  if (status === undefined) return {}
  if (end.kind !== 'activity') return { status }
  return { status, ...(status === 'failed' ? { error: true } : {}), ...httpStatus(step, end) }
}

function httpStatus(step: Step, { outcome }: Extract<StepEnd, { kind: 'activity' }>): Attributes {
  if (step.kind !== 'activity' || Object.keys(httpTags(step.activity)).length === 0) return {}
  const answer = outcome.kind === 'returned' ? outcome.value : null
  const code = isDict(answer) ? answer.get('status') : undefined
  return typeof code === 'bigint' ? { 'http.status_code': Number(code) } : {}
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
    ? {
        'http.method': (textAt(provider, 'method') ?? 'GET').toUpperCase(),
        'http.url': plainUrl(textAt(provider, 'url') ?? ''),
        'span.kind': 'client',
      }
    : {}
}
