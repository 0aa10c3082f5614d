/** Where objects of one kind live in the API. */
export type Resource = {
  /** Empty for the core group. */
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  readonly namespaced: boolean
}

const CHAOS_GROUP = 'chaos-mesh.org'

function core(kind: string, plural: string, namespaced: 'namespaced' | 'cluster' = 'namespaced'): Resource {
  return { group: '', version: 'v1', kind, plural, namespaced: namespaced === 'namespaced' }
}

function grouped(group: string, kind: string, plural: string, scope: 'namespaced' | 'cluster'): Resource {
  return { group, version: 'v1', kind, plural, namespaced: scope === 'namespaced' }
}

function chaos(kind: string, plural: string): Resource {
  return { group: CHAOS_GROUP, version: 'v1alpha1', kind, plural, namespaced: kind !== 'RemoteCluster' }
}

export const PODS = core('Pod', 'pods')
export const EVENTS = core('Event', 'events')
export const NODES = core('Node', 'nodes', 'cluster')
export const NAMESPACES = core('Namespace', 'namespaces', 'cluster')
export const SERVICES = core('Service', 'services')
export const CONFIG_MAPS = core('ConfigMap', 'configmaps')
export const DEPLOYMENTS = grouped('apps', 'Deployment', 'deployments', 'namespaced')
export const DAEMON_SETS = grouped('apps', 'DaemonSet', 'daemonsets', 'namespaced')
export const LEASES = grouped('coordination.k8s.io', 'Lease', 'leases', 'namespaced')
export const CRDS = grouped(
  'apiextensions.k8s.io',
  'CustomResourceDefinition',
  'customresourcedefinitions',
  'cluster',
)
export const NETWORK_POLICIES = grouped('networking.k8s.io', 'NetworkPolicy', 'networkpolicies', 'namespaced')
/** The kinds that inject something by themselves. */
export const CHAOS_KINDS: readonly Resource[] = [
  chaos('PodChaos', 'podchaos'),
  chaos('NetworkChaos', 'networkchaos'),
  chaos('HTTPChaos', 'httpchaos'),
  chaos('IOChaos', 'iochaos'),
  chaos('StressChaos', 'stresschaos'),
  chaos('TimeChaos', 'timechaos'),
  chaos('DNSChaos', 'dnschaos'),
  chaos('JVMChaos', 'jvmchaos'),
  chaos('KernelChaos', 'kernelchaos'),
  chaos('BlockChaos', 'blockchaos'),
  chaos('AWSChaos', 'awschaos'),
  chaos('GCPChaos', 'gcpchaos'),
  chaos('AzureChaos', 'azurechaos'),
  chaos('PhysicalMachineChaos', 'physicalmachinechaos'),
]

export const SCHEDULES = chaos('Schedule', 'schedules')
export const WORKFLOWS = chaos('Workflow', 'workflows')
export const WORKFLOW_NODES = chaos('WorkflowNode', 'workflownodes')
export const PHYSICAL_MACHINES = chaos('PhysicalMachine', 'physicalmachines')

/** What Chaos Mesh keeps for each pod that it changes; the name is the pod's. */
export const POD_NETWORK_CHAOS = chaos('PodNetworkChaos', 'podnetworkchaos')
export const POD_HTTP_CHAOS = chaos('PodHttpChaos', 'podhttpchaos')
export const POD_IO_CHAOS = chaos('PodIOChaos', 'podiochaos')

/** Of the kinds whose fault goes through an object per pod. */
export const PER_POD_CHAOS: Readonly<Record<string, Resource | undefined>> = {
  NetworkChaos: POD_NETWORK_CHAOS,
  HTTPChaos: POD_HTTP_CHAOS,
  IOChaos: POD_IO_CHAOS,
}

/** All 23 kinds of chaos-mesh.org/v1alpha1. */
export const CHAOS_RESOURCES: readonly Resource[] = [
  ...CHAOS_KINDS,
  SCHEDULES,
  WORKFLOWS,
  WORKFLOW_NODES,
  PHYSICAL_MACHINES,
  POD_NETWORK_CHAOS,
  POD_HTTP_CHAOS,
  POD_IO_CHAOS,
  chaos('StatusCheck', 'statuschecks'),
  chaos('RemoteCluster', 'remoteclusters'),
]

/** @returns undefined for a kind that chaos-mesh.org does not have */
export function chaosResource(kind: string): Resource | undefined {
  return CHAOS_RESOURCES.find((one) => one.kind === kind)
}

/** `/api/v1/namespaces/<ns>/pods/<name>`, `/apis/chaos-mesh.org/v1alpha1/networkchaos` … */
export function resourcePath(
  resource: Resource,
  place: { readonly namespace?: string | undefined; readonly name?: string | undefined },
): string {
  const { group, version, plural, namespaced } = resource
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const inNamespace =
    namespaced && place.namespace !== undefined ? `/namespaces/${encodeURIComponent(place.namespace)}` : ''
  const name = place.name === undefined ? '' : `/${encodeURIComponent(place.name)}`
  return `${root}${inNamespace}/${plural}${name}`
}
