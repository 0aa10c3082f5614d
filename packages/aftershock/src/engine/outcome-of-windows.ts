import { faultLabel } from '../model/fault-label.ts'
import { compare } from '../model/order.ts'
import type { PhaseTimes, RunOutcome } from '../model/run.ts'
import type { Windows } from '../model/window.ts'

/** Windows told from outside, in the form of a run that somebody else made. */
export function outcomeOfWindows(windows: Windows, file: string): RunOutcome {
  const phases = (['baseline', 'chaos', 'recovery'] as const).flatMap((name): readonly PhaseTimes[] =>
    windows[name].map((one) => ({ name, ...one })),
  )
  const times = phases.flatMap((phase) => [phase.startNs, phase.endNs]).sort(compare)
  const chaos = windows.chaos[0]
  return {
    startedNs: times[0] ?? 0n,
    endedNs: times.at(-1) ?? 0n,
    phases,
    injections:
      chaos === undefined
        ? []
        : windows.experiments.map((facts) => ({
            fault: `${facts.kind}/${facts.name}`,
            label: faultLabel(facts),
            kind: facts.action === undefined ? facts.kind : `${facts.kind}/${facts.action}`,
            params: Object.fromEntries(
              Object.entries(facts.parameters).map(([key, value]) => [
                key,
                typeof value === 'boolean' ? String(value) : value,
              ]),
            ),
            source: { file, line: 1, format: 'window file' },
            targets: facts.targets.map((target) => ({
              service: target.service,
              namespace: target.namespace ?? '',
              pod: target.pods[0] ?? target.service,
              role: 'target',
            })),
            startPossibleNs: chaos.startNs,
            startCertainNs: chaos.startNs,
            endCertainNs: chaos.endNs,
            endPossibleNs: chaos.endNs,
            effect: {
              confirmed: false,
              seen: 0,
              eligible: 0,
              unit: 'calls',
              why: 'nobody counted: the traces tell',
            },
            uncounted: true,
            removal: { ok: true, verifiedBy: '' },
          })),
    stoppedBy: undefined,
    recoveredAfterMs: undefined,
    events: [],
  }
}
