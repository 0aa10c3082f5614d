import type { Injector } from '../../faults/injector.ts'
import { applyInCluster, type DrivingWorld } from './apply-in-cluster.ts'
import type { ClusterFaultPlan, ClusterWorld } from './plan-fault.ts'
import { planInCluster } from './plan-fault.ts'

/** Injects faults of a manifest by Chaos Mesh: what it applies, it removes, and a keeper should it die. */
export function meshInjector(world: ClusterWorld & DrivingWorld): Injector {
  return {
    plan: (fault) => planInCluster(fault, world),
    apply: (plan, lease) => {
      if (!isForCluster(plan)) throw new Error(`the plan of ${plan.fault.id} was not made by planInCluster()`)
      return applyInCluster(plan, lease, world)
    },
  }
}

function isForCluster(plan: Parameters<Injector['apply']>[0]): plan is ClusterFaultPlan {
  return 'resource' in plan
}
