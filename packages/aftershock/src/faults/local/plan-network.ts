import type { Fault, NetworkFault } from '../../model/fault.ts'
import { type Decoded, decoded, type Problem, undecoded } from '../../model/problem.ts'
import type { LocalPod } from '../../model/system.ts'
import type { FaultAction } from '../warden/fault-action.ts'
import { type Flow, type FlowLink, linkKey, linksOf } from './links-of.ts'
import {
  cannotInject,
  choose,
  type LocalFaultPlan,
  type LocalWorld,
  planOf,
  serviceNamed,
} from './local-plan.ts'
import { namesOf } from './names.ts'
import { type NamedStage, stagesOf } from './stages-of.ts'

/** NetworkChaos → stages in proxies, on the directions that the cluster's egress rules would touch. */
export function planNetwork(fault: Fault, spec: NetworkFault, world: LocalWorld): Decoded<LocalFaultPlan> {
  if (spec.externalTargets.length > 0) {
    const why = `only calls between services of aftershock.yaml pass our proxies: externalTargets names ${spec.externalTargets.join(', ')}`
    return undecoded(
      cannotInject(fault, 'external-targets', why, 'Give the external system a proxy: add it as a service'),
    )
  }
  const targets = choose(fault, fault.targeting, world, 'target')
  const peers = choose(fault, spec.peers, world, 'peer')
  const stages = stagesOf(fault, spec)
  if (!targets.ok || !peers.ok || !stages.ok)
    return undecoded(...[targets, peers, stages].flatMap(problemsOf))
  const flows = flowsOf(spec, targets.value, spec.peers === undefined ? undefined : peers.value)
  const { links, missed } = linksOf(flows, world)
  if (links.length === 0) {
    const why = `the traffic must pass a proxy: ${missed.join('; ') || 'no service is called through one'}`
    return undecoded(
      cannotInject(fault, 'no-link', why, 'Give the services `listen` and `upstream` in aftershock.yaml'),
    )
  }
  return decoded(
    planOf(fault, targets.value, peers.value, {
      label: labelOf(spec, targets.value, peers.value, stages.value, world),
      actions: actionsOf(fault, stages.value, links),
      how: stages.value.flatMap(({ how }) => placesOf(links, world).map((place) => `${how} ${place}`)),
      effective: stages.value.flatMap(({ effective }) => effective),
      warnings: missed.map((why) => notReached(fault, why)),
      parameters: Object.assign({}, ...stages.value.map(({ parameters }) => parameters), {
        ...(spec.direction !== 'to' && { direction: spec.direction }),
        ...(peers.value.length > 0 && { peers: namesOf(peers.value, world.services) }),
      }),
    }),
  )
}

/** `to`: what targets send to peers; `from`: what peers send to targets. No peers: anybody. */
function flowsOf(
  spec: NetworkFault,
  targets: readonly LocalPod[],
  peers: readonly LocalPod[] | undefined,
): Flow[] {
  const to: Flow = { from: targets, to: peers }
  const from: Flow = { from: peers, to: targets }
  if (spec.direction === 'both') return [to, from]
  return spec.direction === 'to' ? [to] : [from]
}

function actionsOf(
  fault: Fault,
  stages: readonly NamedStage[],
  links: readonly FlowLink[],
): readonly FaultAction[] {
  return links.flatMap((link, i) =>
    stages.map(({ stage }, j): FaultAction => {
      const { service, pods, callers, directions } = link
      const id = `${fault.id}#${i}.${j}`
      return { kind: 'link', service, group: linkKey(link), fault: { id, pods, callers, directions, stage } }
    }),
  )
}

function labelOf(
  spec: NetworkFault,
  targets: readonly LocalPod[],
  peers: readonly LocalPod[],
  stages: readonly NamedStage[],
  world: LocalWorld,
): string {
  const name = namesOf(targets, world.services)
  const what = stages.map(({ label }) => label).join(', ')
  if (peers.length === 0) return `${name} ${what}`
  const other = namesOf(peers, world.services)
  if (spec.action === 'partition') return `${name} cut off from ${other}`
  return {
    to: `${name} ${what} to ${other}`,
    from: `${other} ${what} to ${name}`,
    both: `${name} ${what} with ${other}`,
  }[spec.direction]
}

/** A line for each proxy, but one for all those that a service may call. */
function placesOf(links: readonly FlowLink[], world: LocalWorld): readonly string[] {
  const kindOf = ({ callers, directions }: FlowLink): string =>
    `${[...(callers ?? [])].join(', ')} ${directions.join()}`
  const lines = links.map((link) => {
    const { callers, pods, directions } = link
    const alike = links.filter((other) => other.pods === undefined && kindOf(other) === kindOf(link))
    if (callers === undefined || pods !== undefined || alike.length < 3) return placeOf(link, world)
    const who = [...callers].join(', ')
    if (directions.length === 2) return `on calls of ${who} to ${alike.length} services and their answers`
    return directions[0] === 'up'
      ? `on calls of ${who} to ${alike.length} services`
      : `on answers of ${alike.length} services to ${who}`
  })
  return [...new Set(lines)]
}

/** `on answers of payment-0 (127.0.0.1:7003)`, `on calls of payment to payment-db (127.0.0.1:41007)`. */
function placeOf({ service, pods, callers, directions }: FlowLink, world: LocalWorld): string {
  const { listen } = serviceNamed(world, service)
  const who = pods === undefined ? service : [...pods].join(', ')
  const place = listen === undefined ? '' : ` (${listen.host}:${listen.port})`
  const by = callers === undefined ? undefined : [...callers].join(', ')
  const calls = `calls${by === undefined ? '' : ` of ${by}`} to ${who}`
  const answers = `answers of ${who}${by === undefined ? '' : ` to ${by}`}`
  if (directions.length === 2) return `on ${calls} and their answers${place}`
  return `on ${directions[0] === 'up' ? calls : answers}${place}`
}

function notReached(fault: Fault, why: string): Problem {
  return {
    code: 'not-reached',
    level: 'warning',
    what: `Cannot reach all that ${fault.id} would reach in a cluster`,
    where: fault.where,
    why: `faults act where calls pass a proxy: ${why}`,
  }
}

function problemsOf(decodedValue: Decoded<unknown>): readonly Problem[] {
  return decodedValue.ok ? [] : decodedValue.problems
}
