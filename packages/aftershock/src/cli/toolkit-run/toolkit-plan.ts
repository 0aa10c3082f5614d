import { loadConfiguration } from '../../engine/chaos-toolkit/configuration.ts'
import { targetServices } from '../../engine/chaos-toolkit/target-services.ts'
import { isDict, isList, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { isUndoneBy, type KnownFault, type KnownStep } from '../../formats/known-faults/known-fault.ts'
import { stepOfActivity } from '../../formats/known-faults/step-of-activity.ts'
import type { Problem } from '../../model/problem.ts'
import type { ServiceConfig } from '../../model/system.ts'

/** What an experiment will do to the system, as far as its actions are known here. */
export type ToolkitPlan = {
  readonly faults: readonly {
    readonly label: string
    readonly action: string
    readonly targets: readonly string[]
    /** What ends it; undefined: nothing in the experiment does. */
    readonly undoneBy: string | undefined
  }[]
  readonly actions: number
}

/** @param overrides - what the command line says of the configuration */
export function toolkitPlan(
  experiment: PyDict,
  services: readonly ServiceConfig[],
  overrides: PyDict,
): ToolkitPlan {
  const declared = experiment.get('configuration')
  const configuration = loadConfiguration(isDict(declared) ? declared : new Map(), overrides, process.env)
  const scope = { configuration, secrets: new Map() }
  const method = actionsIn(experiment.get('method'))
  const rollbacks = actionsIn(experiment.get('rollbacks'))
  const faults = method.flatMap((action, at) => {
    const step = stepOfActivity(action, scope)
    if (step?.does !== 'inject') return []
    const later = [...method.slice(at + 1), ...rollbacks]
    const undo = later.find((one) => ends(stepOfActivity(one, scope), step.fault))
    const undoneBy = undo === undefined ? endsItself(step.fault) : `the action "${nameOf(undo)}"`
    const targets = targetServices(step.fault.targets, services).map((one) => one.pod)
    return [{ label: step.fault.label, action: nameOf(action), targets, undoneBy }]
  })
  return { faults, actions: method.length }
}

/** A warning for each fault that will be left in place. */
export function neverUndone(plan: ToolkitPlan, file: string): readonly Problem[] {
  return plan.faults
    .filter((one) => one.undoneBy === undefined)
    .map(({ label, action }) => ({
      code: 'never-undone',
      what: `Cannot see what ends "${label}"`,
      where: { file },
      why: `a fault must be undone by a rollback or a later action: none of them names what the action "${action}" injects, so the run will end with exit code 6`,
      fix: 'add the action that undoes it to rollbacks',
      level: 'warning',
    }))
}

function endsItself({ lasts, durationMs }: KnownFault): string | undefined {
  if (lasts === 'moment') return 'itself, when the action returns'
  return durationMs === undefined ? undefined : `itself, after ${durationMs / 1_000} s`
}

function ends(step: KnownStep | undefined, fault: KnownFault): boolean {
  return step?.does === 'undo' && isUndoneBy(fault, step.keyStart)
}

function actionsIn(list: PyValue | undefined): readonly PyDict[] {
  return isList(list) ? list.filter(isDict).filter((one) => one.get('type') === 'action') : []
}

function nameOf(action: PyDict): string {
  return String(action.get('name') ?? '')
}
