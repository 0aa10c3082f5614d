import { durationText } from '../../formats/duration.ts'
import type { Output } from '../io.ts'
import type { RunSettings } from '../run-settings.ts'
import type { ToolkitPlan } from './toolkit-plan.ts'

/** `--dry-run` of a Chaos Toolkit experiment: what of it is known to hit whom, and what ends it. */
export function printToolkitPlan(
  name: string,
  plan: ToolkitPlan,
  settings: RunSettings,
  output: Output,
  flags: { readonly json: boolean },
): void {
  if (flags.json) {
    output.write(`${JSON.stringify({ name, baselineMs: settings.baselineMs, ...plan }, null, 2)}\n`)
    return
  }
  output.write(`${output.style('bold', name)}  plan only: nothing is started, nothing is injected\n`)
  for (const { label, action, targets, undoneBy } of plan.faults) {
    output.write(`  fault    ${label}  (action "${action}")\n`)
    output.write(
      `  targets  ${targets.length === 0 ? 'none that aftershock.yaml knows' : targets.join(', ')}\n`,
    )
    output.write(`  undo     ${undoneBy ?? 'nothing in the experiment undoes it'}\n`)
  }
  if (plan.faults.length === 0)
    output.write(
      `  fault    none of its ${plan.actions} actions is of an extension that is known here: the window will be the whole method\n`,
    )
  const recovery = settings.recovery === 'auto' ? 'until users are back' : durationText(settings.recovery)
  output.write(
    `  phases   baseline ${durationText(settings.baselineMs)}, chaos as long as the experiment, recovery ${recovery}\n`,
  )
}
