import { unitedIntervals } from '../model/intervals.ts'
import type { Injection, RunOutcome } from '../model/run.ts'
import type { ExperimentFacts, Interval, Windows } from '../model/window.ts'

/**
 * The windows of a run for its analysis: chaos is where a fault was in force, its edges the certain ones;
 * recovery begins where the last fault surely was gone.
 */
export function windowsOfOutcome(name: string, outcome: RunOutcome): Windows {
  const phase = (which: string): readonly Interval[] =>
    outcome.phases.filter((one) => one.name === which).map(({ startNs, endNs }) => ({ startNs, endNs }))
  const chaosPhase = phase('chaos')[0]
  const injected = outcome.injections.map((one) => ({
    startNs: one.startPossibleNs,
    endNs: one.endPossibleNs ?? chaosPhase?.endNs ?? outcome.endedNs,
  }))
  const chaos = injected.length > 0 ? unitedIntervals(injected) : chaosPhase === undefined ? [] : [chaosPhase]
  const lastEndNs = chaos.at(-1)?.endNs
  const recovery = phase('recovery').map((one) => ({
    startNs: lastEndNs !== undefined && lastEndNs > one.startNs ? lastEndNs : one.startNs,
    endNs: one.endNs,
  }))
  return { experiments: factsOf(name, outcome.injections), baseline: phase('baseline'), chaos, recovery }
}

/** One experiment a fault, however often it was injected. */
function factsOf(name: string, injections: readonly Injection[]): readonly ExperimentFacts[] {
  const byFault = new Map<string, Injection>()
  for (const one of injections) if (!byFault.has(one.fault)) byFault.set(one.fault, one)
  return [...byFault.values()].map((one) => {
    const [kind = one.kind, action] = one.kind.split('/')
    const services = new Map<string, { namespace: string; pods: string[] }>()
    for (const target of one.targets) {
      if (target.role !== 'target') continue
      const entry = services.get(target.service) ?? { namespace: target.namespace, pods: [] }
      entry.pods.push(target.pod)
      services.set(target.service, entry)
    }
    return {
      name,
      kind,
      action,
      mode: undefined,
      targets: [...services].map(([service, { namespace, pods }]) => ({ service, namespace, pods })),
      parameters: one.params,
    }
  })
}
