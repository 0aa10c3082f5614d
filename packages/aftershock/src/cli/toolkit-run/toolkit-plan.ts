import { loadConfiguration } from '../../engine/chaos-toolkit/configuration.ts'
import { targetServices } from '../../engine/chaos-toolkit/target-services.ts'
import { substitute } from '../../formats/chaos-toolkit/substitute.ts'
import { isDict, isList, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { isUndoneBy, type KnownFault, type KnownStep } from '../../formats/known-faults/known-fault.ts'
import { knownStep } from '../../formats/known-faults/known-step.ts'
import { plainRecord } from '../../formats/known-faults/plain-record.ts'
import type { ServiceConfig } from '../../model/system.ts'

/** What an experiment will do to the system, as far as its actions are known here. */
export type ToolkitPlan = {
  readonly faults: readonly {
    readonly label: string
    readonly action: string
    readonly targets: readonly string[]
    /** The action that ends it; undefined: none does. */
    readonly undoneBy: string | undefined
  }[]
  readonly actions: number
}

export function toolkitPlan(experiment: PyDict, services: readonly ServiceConfig[]): ToolkitPlan {
  const declared = experiment.get('configuration')
  const configuration = loadConfiguration(isDict(declared) ? declared : new Map(), new Map(), process.env)
  const scope = { configuration, secrets: new Map() }
  const method = actionsIn(experiment.get('method'))
  const rollbacks = actionsIn(experiment.get('rollbacks'))
  const faults = method.flatMap((action, at) => {
    const step = stepOf(action, scope)
    if (step?.does !== 'inject') return []
    const later = [...method.slice(at + 1), ...rollbacks]
    const undo = later.find((one) => ends(stepOf(one, scope), step.fault))
    const undoneBy = step.fault.lasts === 'moment' ? nameOf(action) : undo && nameOf(undo)
    const targets = targetServices(step.fault.targets, services).map((one) => one.pod)
    return [{ label: step.fault.label, action: nameOf(action), targets, undoneBy }]
  })
  return { faults, actions: method.length }
}

function ends(step: KnownStep | undefined, fault: KnownFault): boolean {
  return step?.does === 'undo' && isUndoneBy(fault, step.keyStart)
}

function stepOf(action: PyDict, scope: Parameters<typeof substitute>[1]): KnownStep | undefined {
  const provider = action.get('provider')
  if (!isDict(provider) || provider.get('type') !== 'python') return undefined
  const given = provider.get('arguments')
  return knownStep({
    module: String(provider.get('module') ?? ''),
    func: String(provider.get('func') ?? ''),
    arguments: plainRecord(given === undefined ? undefined : substitute(given, scope)),
  })
}

function actionsIn(list: PyValue | undefined): readonly PyDict[] {
  return isList(list) ? list.filter(isDict).filter((one) => one.get('type') === 'action') : []
}

function nameOf(action: PyDict): string {
  return String(action.get('name') ?? '')
}
