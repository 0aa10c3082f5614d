import type { FaultPlan, TargetPlan } from '../../faults/injector.ts'
import type { Fault, Targeting } from '../../model/fault.ts'
import { type Decoded, decoded, type Problem, ProblemError, undecoded } from '../../model/problem.ts'
import { ApiError, problemOfApiError } from '../api-error.ts'
import type { KubeClient } from '../client.ts'
import type { MeshSettings } from '../mesh-settings.ts'
import type { Pod } from '../objects.ts'
import { ownershipOf } from '../our-objects.ts'
import { chaosResource, type Resource } from '../resources.ts'
import type { PodSource } from '../select/pod-source.ts'
import { type Candidates, selectPods } from '../select/select-pods.ts'
import { serviceOfPod } from '../windows/service-of-pod.ts'
import { faultWords, servicesText } from './fault-words.ts'
import { missingRights } from './missing-rights.ts'
import { ourManifest, partsOf } from './our-manifest.ts'

/** A plan that a cluster carries out. */
export type ClusterFaultPlan = FaultPlan & { readonly resource: Resource }

/** The cluster a plan is for, as it is now. */
export type ClusterWorld = {
  readonly client: KubeClient
  readonly pods: PodSource
  readonly mesh: MeshSettings
}

/** Kinds whose targets are not pods. */
const WITHOUT_PODS = ['AWSChaos', 'GCPChaos', 'AzureChaos', 'PhysicalMachineChaos', 'Workflow']

/** What would be hit, and whether the cluster would take it: asked with a dry run, nothing is stored. */
export async function planInCluster(fault: Fault, world: ClusterWorld): Promise<Decoded<ClusterFaultPlan>> {
  const resource = chaosResource(partsOf(fault).kind)
  if (resource === undefined) return undecoded(unknownKind(fault))
  const refused = await dryRun(fault, resource, world.client)
  await requireRights(fault, resource, world.client)
  const targets = await candidates(fault, fault.targeting, world)
  const peers =
    fault.spec.kind === 'NetworkChaos' && 'peers' in fault.spec
      ? await candidates(fault, fault.spec.peers, world)
      : decoded(undefined)
  const problems = [...refused, ...(targets.ok ? [] : targets.problems), ...(peers.ok ? [] : peers.problems)]
  if (problems.length > 0 || !targets.ok || !peers.ok) return undecoded(...problems)
  return decoded(planOf(fault, resource, targets.value, peers.value, world))
}

async function candidates(
  fault: Fault,
  targeting: Targeting | undefined,
  world: ClusterWorld,
): Promise<Decoded<Candidates | undefined>> {
  if (targeting === undefined || WITHOUT_PODS.includes(fault.kind)) return decoded(undefined)
  const found = await selectPods(targeting, world.pods, world.mesh)
  if (found.ok) return found
  const path = targeting === fault.targeting ? 'spec.selector' : 'spec.target.selector'
  return undecoded(...found.problems.map((problem) => ({ ...problem, where: { ...fault.where, path } })))
}

function planOf(
  fault: Fault,
  resource: Resource,
  targets: Candidates | undefined,
  peers: Candidates | undefined,
  world: ClusterWorld,
): ClusterFaultPlan {
  const words = faultWords(fault)
  const services = (targets?.pods ?? []).map(serviceOfPod)
  const name = targets === undefined ? fault.name : servicesText(services, targets.atMost)
  const other =
    peers === undefined
      ? ''
      : ` ${between(fault)} ${servicesText(peers.pods.map(serviceOfPod), peers.atMost)}`
  return {
    fault,
    resource,
    label: `${name} ${words.what}${other}`,
    targets: [...targetsOf(targets, 'target'), ...targetsOf(peers, 'peer')],
    how: [
      `apply ${resource.kind} ${fault.namespace}/${fault.name} in ${world.client.context} (${world.client.server})`,
      ...drawText(targets, 'targets'),
      ...drawText(peers, 'peers'),
    ],
    effective: words.effective,
    warnings: [...hostNetworkWarnings(fault, targets), ...settingsWarnings(fault, world)],
    parameters: words.parameters,
  }
}

function between(fault: Fault): string {
  const direction = 'direction' in fault.spec ? fault.spec.direction : 'to'
  return { to: 'to', from: 'from', both: 'with' }[direction]
}

function targetsOf(found: Candidates | undefined, role: TargetPlan['role']): readonly TargetPlan[] {
  return (found?.pods ?? []).map((pod) => targetOf(pod, role))
}

export function targetOf(pod: Pod, role: TargetPlan['role']): TargetPlan {
  return { service: serviceOfPod(pod), namespace: pod.metadata.namespace ?? '', pod: pod.metadata.name, role }
}

function drawText(found: Candidates | undefined, what: string): readonly string[] {
  if (found === undefined || (found.atLeast === found.pods.length && found.atMost === found.pods.length))
    return []
  const { atLeast, atMost, pods } = found
  const count = atLeast === atMost ? String(atMost) : `${atLeast} to ${atMost}`
  return [`Chaos Mesh draws ${count} of these ${pods.length} as ${what}`]
}

/** Chaos Mesh refuses such a pod when it comes to injecting. */
function hostNetworkWarnings(fault: Fault, targets: Candidates | undefined): readonly Problem[] {
  const hosts = (targets?.pods ?? []).filter((pod) => pod.spec?.hostNetwork === true)
  if (hosts.length === 0 || (fault.kind !== 'NetworkChaos' && fault.kind !== 'HTTPChaos')) return []
  const names = hosts.map((pod) => pod.metadata.name).join(', ')
  const why = `${names} share${hosts.length === 1 ? 's' : ''} the node’s network (hostNetwork): Chaos Mesh refuses to disturb the whole node`
  return [
    {
      code: 'host-network',
      what: `Cannot inject ${fault.id} everywhere`,
      where: fault.where,
      why,
      level: 'warning',
    },
  ]
}

function settingsWarnings(fault: Fault, { mesh }: ClusterWorld): readonly Problem[] {
  if (mesh.unseen === undefined) return []
  const why = `${mesh.unseen}; a filter on namespaces would not show in this preview`
  return [
    {
      code: 'settings-unseen',
      what: 'Cannot see how Chaos Mesh is configured',
      where: fault.where,
      why,
      level: 'warning',
    },
  ]
}

/** The true verdict: defaults, schema and Chaos Mesh's own webhooks. */
async function dryRun(fault: Fault, resource: Resource, client: KubeClient): Promise<readonly Problem[]> {
  const manifest = ourManifest(fault, { runId: 'dry-run', untilNs: 0n }, { by: 'lease' })
  try {
    await client.create(resource, manifest, { dryRun: true })
    return []
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    if (error.reason === 'AlreadyExists') return [await exists(fault, resource, client)]
    if (error.status === 404)
      throw problemOfApiError(missingCrd(error, resource), whatOf(fault), client.server)
    if (/failed calling webhook/.test(error.message))
      throw problemOfApiError(deadWebhook(error), whatOf(fault), client.server)
    const refusal = problemOfApiError(error, whatOf(fault), client.server)
    if (refusal.exitCode === 4) throw refusal
    return refusal.problems.map((problem) => ({ ...problem, where: fault.where }))
  }
}

/** An object that we may create and not remove would stay: better not to begin. */
async function requireRights(fault: Fault, resource: Resource, client: KubeClient): Promise<void> {
  const missing = await missingRights(fault, resource, client)
  if (missing.length === 0) return
  const problem: Problem = {
    code: 'cluster-forbidden',
    what: whatOf(fault),
    where: fault.where,
    why: `RBAC: a fault must be followed and removed again: ${missing.join(', ')} in ${fault.namespace} ${missing.length === 1 ? 'is' : 'are'} not allowed`,
    fix: 'kubectl apply -f deploy/driver-role.yaml, and bind it; aftershock doctor --target k8s lists all that is missing',
  }
  throw new ProblemError([problem], 4)
}

function whatOf(fault: Fault): string {
  return `Cannot apply ${fault.id}`
}

function missingCrd(error: ApiError, { kind }: Resource): ApiError {
  return /namespaces? ".*" not found/.test(error.message)
    ? error
    : new ApiError(
        404,
        error.reason,
        `the cluster does not know ${kind} of chaos-mesh.org/v1alpha1: Chaos Mesh is not installed, or older`,
      )
}

function deadWebhook(error: ApiError): ApiError {
  return new ApiError(
    503,
    error.reason,
    `Chaos Mesh’s controller must check every object and cannot be asked: ${error.message}`,
  )
}

async function exists(fault: Fault, resource: Resource, client: KubeClient): Promise<Problem> {
  const { namespace, name } = fault
  const found = await client.get({ resource, namespace, name })
  const owner = found === undefined ? undefined : ownershipOf(found)
  const why =
    owner === undefined ? 'somebody else made it' : `run ${owner.runId} left it behind or still uses it`
  return {
    code: 'object-exists',
    what: whatOf(fault),
    where: fault.where,
    why: `an object of that name must not exist yet: ${resource.kind} ${namespace}/${name} does (${why})`,
    fix:
      owner === undefined
        ? `kubectl delete -n ${namespace} ${resource.plural} ${name}, or rename yours`
        : `aftershock stop ${owner.runId}`,
  }
}

function unknownKind(fault: Fault): Problem {
  return {
    code: 'kind-unknown',
    what: whatOf(fault),
    where: fault.where,
    why: `${fault.kind} is no kind of chaos-mesh.org`,
  }
}
