import type { FaultPlan } from '../faults/injector.ts'
import { planLocally } from '../faults/local/local-injector.ts'
import type { Experiment } from '../model/fault.ts'
import { type Problem, ProblemError } from '../model/problem.ts'
import type { SystemFile } from '../model/system.ts'

/** Resolves every fault of a file to targets; nothing is started or changed. @throws ProblemError with all problems */
export async function planFaults(
  experiment: Experiment,
  system: SystemFile,
  seed: number,
): Promise<readonly FaultPlan[]> {
  const world = { services: system.services, seed, callersKnown: process.platform === 'linux' }
  const problems: Problem[] = []
  const plans: FaultPlan[] = []
  for (const fault of experiment.faults) {
    const plan = planLocally(fault, world)
    if (plan.ok) plans.push(plan.value)
    else problems.push(...plan.problems)
  }
  if (experiment.faults.length === 0) problems.push(noFault(experiment))
  if (problems.length > 0) throw new ProblemError(problems)
  return plans
}

export function noFault(experiment: Experiment): Problem {
  return {
    code: 'no-fault',
    what: `Cannot run ${experiment.file}`,
    where: { file: experiment.file },
    why: 'it holds no fault',
    fix: 'name a manifest with a chaos object, for example one made by `aftershock init`',
  }
}
