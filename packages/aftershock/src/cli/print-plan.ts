import { chaosMsOf } from '../engine/occurrences.ts'
import type { FaultPlan } from '../faults/injector.ts'
import { durationText } from '../formats/duration.ts'
import type { Experiment } from '../model/fault.ts'
import type { Output } from './io.ts'
import { knownCallers } from './known-callers.ts'
import type { RunFlags } from './run-options.ts'
import type { RunSettings } from './run-settings.ts'

/** `--dry-run`: what would be hit, how, for how long, and how it ends. */
export function printPlan(
  experiment: Experiment,
  plans: readonly FaultPlan[],
  settings: RunSettings,
  output: Output,
  flags: RunFlags & { readonly undo: string; readonly home: string },
): void {
  const chaosMs = chaosMsOf(experiment.faults, settings.chaosMs)
  if (flags.json) {
    const faults = plans.map(({ fault, ...plan }) => ({ id: fault.id, ...plan }))
    output.write(
      `${JSON.stringify({ name: experiment.name, baselineMs: settings.baselineMs, chaosMs, faults }, null, 2)}\n`,
    )
    return
  }
  output.write(
    `${output.style('bold', experiment.name)}  plan only: nothing is started, nothing is injected\n`,
  )
  for (const plan of plans) {
    const named = (role: string): string =>
      plan.targets
        .filter((one) => one.role === role)
        .map((one) => one.pod)
        .join(', ')
    output.write(`  fault    ${plan.label}\n`)
    output.write(`  targets  ${named('target')}${named('peer') === '' ? '' : `  towards ${named('peer')}`}\n`)
    output.write(`  callers  ${callersText(flags.home, plan)}\n`)
    for (const how of plan.how) output.write(`  how      ${how}\n`)
    for (const effective of plan.effective) output.write(`  rate     ${effective}\n`)
    for (const warning of plan.warnings) output.write(`  note     ${warning.why}\n`)
  }
  const recovery = settings.recovery === 'auto' ? 'until users are back' : durationText(settings.recovery)
  output.write(
    `  phases   baseline ${durationText(settings.baselineMs)}, chaos ${durationText(chaosMs)}, recovery ${recovery}\n`,
  )
  output.write(`  undo     ${flags.undo}\n`)
}

function callersText(home: string, plan: FaultPlan): string {
  const services = plan.targets.filter((one) => one.role === 'target').map((one) => one.service)
  const known = knownCallers(home, services)
  return known === undefined
    ? 'known after the first run'
    : `${known.callers.join(', ')} (seen in ${known.run})`
}
