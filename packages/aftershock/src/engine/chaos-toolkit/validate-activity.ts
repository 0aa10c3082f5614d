import { pythonTruth } from '../../formats/chaos-toolkit/python-compare.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { isDict, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { ValidationScope } from './ports.ts'
import type { ProviderOf } from './run-context.ts'

/** What is wrong with an activity, in the reference's order and words; undefined when valid. */
export async function activityMessage(
  activity: PyValue,
  scope: ValidationScope,
  providerOf: ProviderOf,
): Promise<string | undefined> {
  if (!pythonTruth(activity) || !isDict(activity)) return 'empty activity is no activity'
  const reference = activity.get('ref') ?? null
  if (reference !== null) {
    return typeof reference === 'string' && reference !== ''
      ? undefined
      : 'reference to activity must be non-empty strings'
  }
  const head = headMessage(activity)
  if (head !== undefined) return head
  const provider = activity.get('provider') ?? null
  if (!pythonTruth(provider) || !isDict(provider)) return 'an activity requires a provider'
  const type = provider.get('type') ?? null
  if (!pythonTruth(type)) return 'a provider must have a type'
  const own = providerOf(pythonText(type))
  if (own === undefined) return `unknown provider type '${pythonText(type)}'`
  return timingMessage(activity) ?? own.validate(activity, scope)
}

function headMessage(activity: PyDict): string | undefined {
  const type = activity.get('type') ?? null
  if (!pythonTruth(type)) return 'an activity must have a type'
  if (type !== 'probe' && type !== 'action') {
    return `'${pythonText(type)}' is not a supported activity type`
  }
  return pythonTruth(activity.get('name') ?? null) ? undefined : 'an activity must have a name'
}

function timingMessage(activity: PyDict): string | undefined {
  const timeout = activity.get('timeout') ?? null
  if (timeout !== null && !['bigint', 'number', 'boolean'].includes(typeof timeout)) {
    return 'activity timeout must be a number'
  }
  const pauses = activity.get('pauses')
  for (const moment of ['before', 'after']) {
    const pause = isDict(pauses) ? pauses.get(moment) : undefined
    if (typeof pause === 'string' && !(pause.startsWith('${') && pause.endsWith('}'))) {
      return `activity ${moment} pause must be a number or a pattern to a variable from the configuration or secrets`
    }
  }
  const background = activity.get('background')
  return background === undefined || typeof background === 'boolean'
    ? undefined
    : 'activity background must be a boolean'
}
