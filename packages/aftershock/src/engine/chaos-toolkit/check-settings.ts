import { pythonTruth } from '../../formats/chaos-toolkit/python-compare.ts'
import { isDict, isList, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { Refused } from './stops.ts'

/** Notifications are a list of mappings. @throws Refused where the reference dies at the first of them */
export function checkChannels(settings: PyDict, path: string): void {
  const channels = settings.get('notifications') ?? null
  if (!pythonTruth(channels)) return
  if (!isList(channels) || !channels.every(isDict))
    throw new Refused(`'notifications' in ${path} must be a list of mappings, each with a type`)
  const nameless = channels.find(
    (one) => isDict(one) && one.get('type') === 'plugin' && typeof one.get('module') !== 'string',
  )
  if (nameless !== undefined)
    throw new Refused(`'notifications' in ${path}: a channel of type plugin needs the name of its module`)
}

/** What a run reads of the settings. @throws Refused where the reference dies of it */
export function checkRunSettings(settings: PyDict, path: string): void {
  const refuse = (place: string) => {
    throw new Refused(`'${place}' in ${path} must be a mapping`)
  }
  const isMapping = (value: PyValue | undefined) => value === undefined || isDict(value)
  const runtime = settings.get('runtime')
  if (!isMapping(runtime)) refuse('runtime')
  for (const part of ['rollbacks', 'hypothesis'])
    if (isDict(runtime) && !isMapping(runtime.get(part))) refuse(`runtime.${part}`)
  checkControls(settings.get('controls'), `'controls' in ${path}`)
}

/** Controls that are global to all experiments: each under its name. @throws Refused for anything else */
export function checkControls(controls: PyValue | undefined, where: string): void {
  if (controls === undefined) return
  if (!isDict(controls) || ![...controls.values()].every(isDict))
    throw new Refused(`${where} must be a mapping of names to controls, which are mappings themselves`)
}
