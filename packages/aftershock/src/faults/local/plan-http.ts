import type { Fault, HttpFault } from '../../model/fault.ts'
import { type Decoded, decoded, type Problem, undecoded } from '../../model/problem.ts'
import type { LocalPod, ServiceConfig } from '../../model/system.ts'
import type { FaultAction } from '../warden/fault-action.ts'
import { httpParameters, httpWords } from './http-words.ts'
import {
  cannotInject,
  choose,
  type LocalFaultPlan,
  type LocalWorld,
  planOf,
  serviceNamed,
} from './local-plan.ts'
import { namesOf } from './names.ts'

/** HTTPChaos → a rule in the HTTP layer of the targets' own proxies. */
export function planHttp(fault: Fault, spec: HttpFault, world: LocalWorld): Decoded<LocalFaultPlan> {
  const targets = choose(fault, fault.targeting, world, 'target')
  if (!targets.ok) return targets
  const services = [...new Set(targets.value.map(({ service }) => service))].map((name) =>
    serviceNamed(world, name),
  )
  const problems = services.flatMap((service) => refusal(fault, service))
  if (problems.length > 0) return undecoded(...problems)
  const outgoing = world.callersKnown
    ? world.services.filter((service) => !services.includes(service) && isCalledOn(service, spec.port))
    : []
  return decoded(
    planOf(fault, targets.value, [], {
      label: `${namesOf(targets.value, world.services)} ${httpWords(spec)}`,
      actions: [
        ...services.map((service) => actionOf(fault, spec, service, targets.value)),
        ...outgoing.map((service) => outgoingAction(fault, spec, service, services)),
      ],
      how: [
        ...services.map(
          ({ name, listen }) =>
            `${httpWords(spec)}: ${spec.target}s of ${name} (${listen?.host}:${listen?.port})`,
        ),
        ...outgoing.map(
          ({ name }) => `${httpWords(spec)}: ${spec.target}s that go out to port ${spec.port} (${name})`,
        ),
      ],
      effective: [],
      warnings: services.flatMap((service) => portWarning(fault, spec, service)),
      parameters: httpParameters(spec),
    }),
  )
}

function actionOf(
  fault: Fault,
  spec: HttpFault,
  service: ServiceConfig,
  targets: readonly LocalPod[],
): FaultAction & { readonly kind: 'link' } {
  const pods = targets.filter((pod) => pod.service === service.name).map(({ pod }) => pod)
  // A rule of another port would match nothing: the one port that the service has here is meant.
  const rule = { ...spec, port: service.upstream?.port ?? spec.port }
  return {
    kind: 'link',
    service: service.name,
    group: service.name,
    fault: {
      id: `${fault.id}#${service.name}`,
      pods: pods.length === service.replicas ? undefined : new Set(pods),
      callers: undefined,
      directions: [spec.target === 'Request' ? 'up' : 'down'],
      stage: { kind: 'http', rule },
    },
  }
}

/** In a cluster the rule also catches what the pod itself sends to that port elsewhere. */
function outgoingAction(
  fault: Fault,
  spec: HttpFault,
  service: ServiceConfig,
  callers: readonly ServiceConfig[],
): FaultAction {
  const action = actionOf(fault, spec, service, [])
  const link = { ...action.fault, pods: undefined, callers: new Set(callers.map(({ name }) => name)) }
  return { ...action, group: `${service.name} from targets`, fault: link }
}

function isCalledOn({ protocol, listen, upstream }: ServiceConfig, port: number): boolean {
  return protocol === 'http' && upstream !== undefined && listen?.port === port
}

function refusal(fault: Fault, { name, protocol, listen, upstream }: ServiceConfig): readonly Problem[] {
  if (protocol !== 'http') {
    const why = `HTTPChaos acts on HTTP/1.1 only, in the cluster as well: ${name} speaks ${protocol}`
    return [cannotInject(fault, 'not-http', why, 'Use NetworkChaos, for example action: delay or partition')]
  }
  if (listen !== undefined && upstream !== undefined) return []
  const why = `calls must pass a proxy: ${name} lacks \`${listen === undefined ? 'listen' : 'upstream'}\``
  return [
    cannotInject(fault, 'service-no-proxy', why, `Add it under system.services.${name} in aftershock.yaml`),
  ]
}

function portWarning(fault: Fault, { port }: HttpFault, service: ServiceConfig): readonly Problem[] {
  const here = [service.listen?.port, service.upstream?.port]
  if (here.includes(port)) return []
  return [
    {
      code: 'port-differs',
      level: 'warning',
      what: `Cannot find port ${port} of ${service.name} here`,
      where: { ...fault.where, path: 'spec.port' },
      why: `the port is the container's: here the service has ${here.join(' and ')}, which is taken instead`,
    },
  ]
}
