import type { Fault, PodFault } from '../../model/fault.ts'
import { type Decoded, decoded, undecoded } from '../../model/problem.ts'
import type { LocalPod } from '../../model/system.ts'
import type { FaultAction } from '../warden/fault-action.ts'
import {
  cannotInject,
  choose,
  type LocalFaultPlan,
  type LocalWorld,
  planOf,
  serviceNamed,
} from './local-plan.ts'
import { namesOf } from './names.ts'

/** PodChaos → signals to processes that we started and start again; pod-failure also by the proxy alone. */
export function planPod(fault: Fault, spec: PodFault, world: LocalWorld): Decoded<LocalFaultPlan> {
  const targets = choose(fault, fault.targeting, world, 'target')
  if (!targets.ok) return targets
  const problems = targets.value
    .filter((pod) => !canBeHonest(spec, pod, world))
    .map(({ service }) =>
      cannotInject(
        fault,
        'process-not-ours',
        `a killed process must come back, and only what we started can be started again: ${service} runs by itself`,
        `Give it a command in aftershock.yaml: system.services.${service}.command`,
      ),
    )
  if (problems.length > 0) return undecoded(...problems.slice(0, 1))
  const name = namesOf(targets.value, world.services)
  return decoded(
    planOf(fault, targets.value, [], {
      label: `${name} ${spec.action === 'pod-failure' ? 'down' : 'killed'}`,
      actions: targets.value.map((pod) => actionOf(spec, pod, world)),
      how: targets.value.map((pod) => howOf(spec, pod, world)),
      effective: spec.action === 'pod-failure' ? [] : ['once: the process comes back as fast as it starts'],
      warnings: [],
      parameters: spec.action === 'pod-kill' ? { gracePeriodMs: spec.gracePeriodMs } : {},
    }),
  )
}

function canBeHonest(spec: PodFault, { service }: LocalPod, world: LocalWorld): boolean {
  const { command, listen, upstream } = serviceNamed(world, service)
  if (command !== undefined) return true
  return spec.action === 'pod-failure' && listen !== undefined && upstream !== undefined
}

function actionOf(spec: PodFault, { pod, service }: LocalPod, world: LocalWorld): FaultAction {
  if (spec.action === 'pod-failure') return { kind: 'down', pod }
  // A deleted pod leaves its Service at once; one whose container restarts stays, and refuses.
  const leaves = spec.action === 'pod-kill' && serviceNamed(world, service).replicas > 1
  return {
    kind: 'kill',
    pod,
    graceMs: spec.action === 'pod-kill' ? spec.gracePeriodMs : 0,
    meanwhile: leaves ? 'skip' : 'refuse',
  }
}

function howOf(spec: PodFault, { pod, service }: LocalPod, world: LocalWorld): string {
  const { command } = serviceNamed(world, service)
  if (spec.action === 'pod-failure')
    return command === undefined
      ? `refuse connections for ${pod}; its process runs on`
      : `stop ${pod} and refuse connections; start it again at the end`
  const signal =
    spec.action === 'pod-kill' && spec.gracePeriodMs > 0
      ? `SIGTERM, after ${spec.gracePeriodMs / 1000} s SIGKILL`
      : 'SIGKILL'
  return `${signal} to ${pod}, then start it again`
}
