import type { Fault, Targeting } from '../../model/fault.ts'
import { type Decoded, decoded, type Problem, undecoded } from '../../model/problem.ts'
import { forkRandom } from '../../model/random.ts'
import type { LocalPod, ServiceConfig } from '../../model/system.ts'
import type { FaultPlan, TargetPlan } from '../injector.ts'
import type { FaultAction } from '../warden/fault-action.ts'
import { localPods } from './local-pods.ts'
import { selectPods } from './select-pods.ts'

/** A plan that the warden can carry out. */
export type LocalFaultPlan = FaultPlan & { readonly actions: readonly FaultAction[] }

/** The system the plan is for. Nothing has to run yet. */
export type LocalWorld = {
  readonly services: readonly ServiceConfig[]
  /** Chooses targets: the same seed, the same pods. */
  readonly seed: number
  /** Who calls a proxy can be told from its socket: on Linux. */
  readonly callersKnown: boolean
}

/** What one kind of fault makes of its targets. */
export type Scheme = {
  readonly label: string
  readonly actions: readonly FaultAction[]
  readonly how: readonly string[]
  readonly effective: readonly string[]
  readonly warnings: readonly Problem[]
  readonly parameters: Readonly<Record<string, number | string>>
}

/** Draws the pods; the problem says where the selector was written. */
export function choose(
  fault: Fault,
  targeting: Targeting | undefined,
  world: LocalWorld,
  purpose: 'target' | 'peer',
): Decoded<readonly LocalPod[]> {
  if (targeting === undefined) return decoded([])
  const random = forkRandom(world.seed, `${purpose} ${fault.id}`)
  const chosen = selectPods(targeting, localPods(world.services), fault.namespace, random)
  if (chosen.ok) return chosen
  const path = purpose === 'peer' ? 'spec.target.selector' : 'spec.selector'
  const where = fault.selectorWhere?.[purpose] ?? { ...fault.where, path }
  return undecoded(...chosen.problems.map((problem) => ({ ...problem, where })))
}

export function planOf(
  fault: Fault,
  targets: readonly LocalPod[],
  peers: readonly LocalPod[],
  scheme: Scheme,
): LocalFaultPlan {
  const roleOf =
    (role: TargetPlan['role']) =>
    ({ service, namespace, pod }: LocalPod): TargetPlan => ({ service, namespace, pod, role })
  return { fault, ...scheme, targets: [...targets.map(roleOf('target')), ...peers.map(roleOf('peer'))] }
}

/** A problem about one fault of the manifest. */
export function cannotInject(fault: Fault, code: string, why: string, fix?: string): Problem {
  return { code, what: `Cannot inject ${fault.id} here`, where: fault.where, why, fix }
}

export function serviceNamed(world: LocalWorld, name: string): ServiceConfig {
  const found = world.services.find((service) => service.name === name)
  if (found === undefined) throw new Error(`no service ${name}`)
  return found
}
