import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { isDict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import { controlsOf as declaredControls } from './control-order.ts'
import { type ControlsOf, hooksFor } from './controls.ts'
import type { ChaosLog } from './log.ts'
import { Refused } from './stops.ts'

/** Checks every control of an experiment, also by its own `validate_control`. @throws Refused */
export async function checkControls(
  experiment: PyDict,
  controlsOf: ControlsOf,
  log: ChaosLog,
): Promise<void> {
  const controls = declaredControls(experiment)
  const names = controls.filter((one) => !one.has('ref')).map((one) => one.get('name'))
  for (const control of controls) {
    const message = messageOf(control, names)
    if (message !== undefined) throw new Refused(message)
    const hooks = hooksFor(control, controlsOf)
    const provider = control.get('provider')
    if (hooks === undefined || !isDict(provider)) continue
    const name = pythonText(control.get('name') ?? null)
    if ((provider.get('module') ?? '') === '') throw new Refused(`Control '${name}' must have a module path`)
    const missing = await hooks.load(control)
    if (missing !== undefined) {
      log.warning(missing)
      continue
    }
    const refused = await hooks.validate(control)
    if (refused !== undefined) throw new Refused(refused)
  }
}

function messageOf(control: PyDict, names: readonly unknown[]): string | undefined {
  const reference = control.get('ref')
  if (reference !== undefined && !names.includes(reference)) {
    return `Control reference '${pythonText(reference)}' declaration cannot be found`
  }
  const name = control.get('name')
  if (name === undefined) return 'A control must have a `name` property'
  if (!control.has('provider')) return `Control '${pythonText(name)}' must have a \`provider\` property`
  const scope = control.get('scope') ?? ''
  return scope === '' || scope === 'before' || scope === 'after'
    ? undefined
    : `Control '${pythonText(name)}' scope property must be 'before' or 'after' only`
}
