import { arch, type as osType, release } from 'node:os'
import type { Step } from '../../engine/chaos-toolkit/ports.ts'
import { isDict, isList, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import type { Attributes } from '../run-trace.ts'
import { activityAttributes, textAt } from './activity-facts.ts'
import { type JsonBounds, withoutSecrets } from './bounded-json.ts'

/** Names as the extension gives them. */
export function nameOfStep(step: Step): string {
  return step.kind === 'activity' ? `activity: ${nameOf(step.activity)}` : step.kind
}

export function attributesOfStep(step: Step, bounds: JsonBounds): Attributes {
  if (step.kind === 'experiment') return experimentAttributes(step.experiment)
  if (step.kind === 'hypothesis') {
    const title = textAt(step.hypothesis, 'title')
    return {
      'chaostoolkit.hypothesis.phase': step.phase === 'during' ? 'continuous' : step.phase,
      ...(title === undefined ? {} : { 'chaostoolkit.hypothesis.title': title }),
      ...(step.iteration === undefined ? {} : { 'chaostoolkit.hypothesis.iteration': step.iteration }),
    }
  }
  if (step.kind === 'rollbacks') return { 'chaostoolkit.rollbacks.strategy': step.strategy }
  if (step.kind !== 'activity') return {}
  return {
    'chaostoolkit.activity.name': nameOf(step.activity),
    'chaostoolkit.activity.background': step.isBackground,
    'chaostoolkit.activity.section': step.section,
    ...hidden(activityAttributes(step.activity), bounds),
  }
}

function experimentAttributes(experiment: PyDict): Attributes {
  const tags = experiment.get('tags')
  const contributions = experiment.get('contributions')
  const description = textAt(experiment, 'description')
  return {
    'chaostoolkit.experiment.title': String(experiment.get('title') ?? ''),
    ...(description === undefined
      ? {}
      : { 'chaostoolkit.experiment.description': description.slice(0, 1_024) }),
    'chaostoolkit.platform.full': `${osType()}-${release()}-${arch()}`,
    ...(isList(tags) ? { 'chaostoolkit.experiment.tags': tags.map(String) } : {}),
    ...(isDict(contributions)
      ? Object.fromEntries(
          [...contributions].map(([name, weight]) => [
            `chaostoolkit.experiment.contribution.${name}`,
            String(weight),
          ]),
        )
      : {}),
  }
}

function hidden(attributes: Attributes, { secrets }: JsonBounds): Attributes {
  return Object.fromEntries(
    Object.entries(attributes).map(([key, value]) => [
      key,
      typeof value === 'string' ? withoutSecrets(value, secrets) : value,
    ]),
  )
}

function nameOf(activity: PyDict): string {
  return String(activity.get('name') ?? '')
}
