import { isDict, isList, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { ControlLevel } from './ports.ts'

/**
 * Which controls fire at a level, in what order (chaostoolkit 3.3). Two rules are the reference's and surprise: with
 * top-level controls, globals do not fire around method and rollbacks; and each automatic top-level control fires
 * once for every global or local control of the level.
 */
export function controlsAt(
  level: ControlLevel,
  globals: readonly PyDict[],
  experiment: PyDict | undefined,
  context: PyValue,
): readonly PyDict[] {
  if (experiment === undefined) return globals
  const topLevel = dictsIn(experiment.get('controls'))
  const own = [...globals, ...(isDict(context) ? dictsIn(context.get('controls')) : [])]
  if (topLevel.length === 0) return own
  if (own.length === 0 || level === 'method' || level === 'rollback') return topLevel.filter(isAutomatic)
  const fired = [...own]
  for (const control of own) {
    const reference = control.get('ref')
    if (reference !== undefined) {
      const target = topLevel.find((one) => one.get('name') === reference)
      if (target !== undefined) fired.push(target)
    } else if (level !== 'experiment') {
      fired.unshift(...topLevel.filter((one) => isAutomatic(one) && one.get('name') !== control.get('name')))
    }
  }
  return fired
}

/** Every declaration in an experiment: top, hypothesis, activities in order. */
export function controlsOf(experiment: PyDict): readonly PyDict[] {
  const hypothesis = experiment.get('steady-state-hypothesis')
  const probes = isDict(hypothesis) ? dictsIn(hypothesis.get('probes')) : []
  const activities = [
    ...probes,
    ...dictsIn(experiment.get('method')),
    ...dictsIn(experiment.get('rollbacks')),
  ]
  return [
    ...dictsIn(experiment.get('controls')),
    ...(isDict(hypothesis) ? dictsIn(hypothesis.get('controls')) : []),
    ...activities.flatMap((activity) => dictsIn(activity.get('controls'))),
  ]
}

function isAutomatic(control: PyDict): boolean {
  const automatic = control.get('automatic')
  return automatic === undefined || automatic === true || automatic === 1n
}

export function dictsIn(value: PyValue | undefined): readonly PyDict[] {
  return isList(value) ? value.filter(isDict) : []
}
