import type { Fault } from '../../model/fault.ts'
import { type Decoded, ProblemError, undecoded } from '../../model/problem.ts'
import type { AppliedFault, FaultPlan, Injector, Lease, Removal } from '../injector.ts'
import { notAfterNs } from '../warden/clock.ts'
import type { Warden } from '../warden/warden-client.ts'
import type { LocalFaultPlan, LocalWorld } from './local-plan.ts'
import { planHttp } from './plan-http.ts'
import { planNetwork } from './plan-network.ts'
import { planPod } from './plan-pod.ts'
import { planStress } from './plan-stress.ts'
import { refusalOf } from './refused-kinds.ts'

/** Injects faults of a manifest into services on this machine: what `warden` holds, it also undoes. */
export function localInjector(warden: Warden, world: LocalWorld): Injector {
  return {
    plan: async (fault) => planLocally(fault, world),
    apply: (plan, lease) => applyLocally(warden, plan, lease),
  }
}

/** What a fault would do here; nothing needs to run, nothing is touched. */
export function planLocally(fault: Fault, world: LocalWorld): Decoded<LocalFaultPlan> {
  const { spec } = fault
  if ('clusterOnly' in spec) {
    const refusal = refusalOf(fault)
    return undecoded(...(refusal === undefined ? [] : [refusal]))
  }
  switch (spec.kind) {
    case 'NetworkChaos':
      return planNetwork(fault, spec, world)
    case 'HTTPChaos':
      return planHttp(fault, spec, world)
    case 'PodChaos':
      return planPod(fault, spec, world)
    case 'StressChaos':
      return planStress(fault, spec, world)
  }
}

async function applyLocally(warden: Warden, plan: FaultPlan, lease: Lease): Promise<AppliedFault> {
  if (!isLocal(plan)) throw new Error(`the plan of ${plan.fault.id} was not made by planLocally()`)
  const faultId = plan.fault.id
  const { possibleNs, certainNs } = await warden.apply({
    faultId,
    label: plan.label,
    actions: plan.actions,
    untilNs: lease.untilNs,
  })
  return {
    plan,
    started: { possibleNs, certainNs },
    evidence: () => warden.evidence(faultId),
    remove: () => warden.remove(faultId).catch((error: unknown) => lost(error, certainNs)),
  }
}

function isLocal(plan: FaultPlan): plan is LocalFaultPlan {
  return 'actions' in plan
}

/** A fault cannot outlive its warden: proxies and burners are in it, or end with it. */
function lost(error: unknown, appliedNs: bigint): Removal {
  if (!(error instanceof ProblemError)) throw error
  const [problem] = error.problems
  if (problem.code !== 'warden-gone') return { removed: false, problem }
  return {
    removed: true,
    possibleNs: appliedNs,
    certainNs: notAfterNs(),
    verifiedBy: 'the warden is gone, and its proxies and workers with it',
  }
}
