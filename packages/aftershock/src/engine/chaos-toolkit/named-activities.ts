import { isDict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import { dictsIn } from './control-order.ts'

/** What `ref` finds. Method first, then probes: on the same name the hypothesis wins. Rollbacks cannot be referred to. */
export function namedActivities(experiment: PyDict): ReadonlyMap<string, PyDict> {
  const hypothesis = experiment.get('steady-state-hypothesis')
  const probes = isDict(hypothesis) ? dictsIn(hypothesis.get('probes')) : []
  const named = new Map<string, PyDict>()
  for (const activity of [...dictsIn(experiment.get('method')), ...probes]) {
    const name = activity.get('name')
    if (typeof name === 'string' && name !== '') named.set(name, activity)
  }
  return named
}
