import type { KubeClient } from '../client.ts'
import type { MeshSettings } from '../mesh-settings.ts'
import type { Container, KubeNode, KubeObject, Pod } from '../objects.ts'
import { DAEMON_SETS, NAMESPACES, NETWORK_POLICIES, NODES, PODS } from '../resources.ts'
import { type Check, shortened } from './check.ts'

export type DaemonSet = KubeObject & {
  readonly spec?: {
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly (Container & {
          readonly command?: readonly string[]
          readonly args?: readonly string[]
        })[]
        readonly volumes?: readonly { readonly hostPath?: { readonly path: string } }[]
      }
    }
  }
}

const DAEMON = 'app.kubernetes.io/component=chaos-daemon'

/** One ready daemon on every node, speaking the language of that node's container runtime. */
export async function daemonChecks(client: KubeClient): Promise<readonly Check[]> {
  const [daemonSet] = (await client.list<DaemonSet>(DAEMON_SETS, { labelSelector: DAEMON })).items
  if (daemonSet === undefined)
    return [
      {
        state: 'bad',
        what: 'daemon: there is no DaemonSet chaos-daemon',
        seen: ['only PodChaos pod-kill and pod-failure work without'],
        fix: 'helm upgrade chaos-mesh again',
      },
    ]
  const { namespace } = daemonSet.metadata
  const nodes = (await client.list<KubeNode>(NODES)).items
  const pods = (await client.list<Pod>(PODS, { namespace, labelSelector: DAEMON })).items
  const ready = new Set(pods.filter(isReady).map((pod) => pod.spec?.nodeName))
  const without = nodes.filter((node) => !ready.has(node.metadata.name))
  const here: Check =
    without.length === 0
      ? { state: 'ok', what: `daemon: ready on all ${nodes.length} nodes` }
      : {
          state: 'bad',
          what: `daemon: none ready on ${without.length} of ${nodes.length} nodes`,
          seen: shortened(without.map((node) => `${node.metadata.name}${taintText(node)}`)),
          fix: `helm upgrade chaos-mesh … --set 'chaosDaemon.tolerations[0].operator=Exists'; kubectl describe pods -n ${namespace} -l ${DAEMON}`,
        }
  return [here, runtimeCheck(daemonSet, nodes), ...socketChecks(daemonSet), ...kernelChecks(nodes)]
}

function isReady(pod: Pod): boolean {
  return pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') ?? false
}

function taintText(node: KubeNode): string {
  const taints = node.spec?.taints ?? []
  return taints.length === 0 ? '' : ` (taints ${taints.map((one) => `${one.key}:${one.effect}`).join(', ')})`
}

/** Node status says `containerd://2.1.0`; the daemon is told `docker`, `containerd` or `crio` at its installation. */
function runtimeCheck(daemonSet: DaemonSet, nodes: readonly KubeNode[]): Check {
  const [container] = daemonSet.spec?.template?.spec?.containers ?? []
  const words = [...(container?.command ?? []), ...(container?.args ?? [])]
  const at = words.indexOf('--runtime')
  const told = at < 0 ? undefined : words[at + 1]
  if (told === undefined)
    return { state: 'skip', what: 'container runtime: the daemon’s command does not tell' }
  const others = nodes.filter((node) => {
    const runtime = node.status?.nodeInfo?.containerRuntimeVersion?.split('://')[0] ?? ''
    return runtime.replace('cri-o', 'crio') !== told
  })
  if (others.length === 0) return { state: 'ok', what: `container runtime: ${told}, as on all nodes` }
  const [first] = others
  const real = first?.status?.nodeInfo?.containerRuntimeVersion?.split('://')[0] ?? 'containerd'
  return {
    state: 'bad',
    what: `container runtime: the daemon expects ${told}`,
    seen: shortened(
      others.map((node) => `${node.metadata.name} runs ${node.status?.nodeInfo?.containerRuntimeVersion}`),
    ),
    fix: `helm upgrade chaos-mesh … --set chaosDaemon.runtime=${real.replace('cri-o', 'crio')} --set chaosDaemon.socketPath=${SOCKETS[real] ?? '/run/containerd/containerd.sock'} (k3s: /run/k3s/containerd/containerd.sock, microk8s: /var/snap/microk8s/common/run/containerd.sock)`,
  }
}

const SOCKETS: Readonly<Record<string, string>> = {
  docker: '/var/run/docker.sock',
  containerd: '/run/containerd/containerd.sock',
  'cri-o': '/var/run/crio/crio.sock',
}

/** git-bash on Windows turns `/run/…` of a --set flag into a Windows path. */
function socketChecks(daemonSet: DaemonSet): readonly Check[] {
  const paths = daemonSet.spec?.template?.spec?.volumes?.flatMap((one) => one.hostPath?.path ?? []) ?? []
  const odd = paths.find((path) => /^[A-Za-z]:|\\|Program Files/.test(path))
  return odd === undefined
    ? []
    : [
        {
          state: 'bad',
          what: `daemon: a path of the host is ${odd}`,
          seen: ['a shell on Windows has rewritten it'],
          fix: 'MSYS_NO_PATHCONV=1 helm upgrade …',
        },
      ]
}

/** Delay needs sch_netem, targets need ip_set: old or trimmed kernels lack them. */
function kernelChecks(nodes: readonly KubeNode[]): readonly Check[] {
  const doubtful = nodes.flatMap((node) => {
    const { kernelVersion = '', osImage = '' } = node.status?.nodeInfo ?? {}
    const [major = 0, minor = 0] = kernelVersion.split('.').map(Number.parseFloat)
    const isOld = major > 0 && (major < 4 || (major === 4 && minor < 19))
    const isTrimmed =
      /microsoft|WSL/i.test(kernelVersion) || /Container-Optimized|Bottlerocket|Talos/i.test(osImage)
    return isOld || isTrimmed ? [`${node.metadata.name}: ${kernelVersion} ${osImage}`] : []
  })
  return doubtful.length === 0
    ? []
    : [
        {
          state: 'skip',
          what: 'kernel: NetworkChaos needs the modules sch_netem, ip_set, xt_set, which these nodes may lack',
          seen: shortened(doubtful),
          fix: 'on the node: modprobe sch_netem ip_set xt_set',
        },
      ]
}

/** The daemon is privileged, and the controller must reach it. */
export async function policyChecks(client: KubeClient, mesh: MeshSettings): Promise<readonly Check[]> {
  const { namespace } = mesh
  if (namespace === undefined) return []
  const found = await client.get({ resource: NAMESPACES, name: namespace })
  const level = found?.metadata.labels?.['pod-security.kubernetes.io/enforce']
  const security: Check =
    level === undefined || level === 'privileged'
      ? { state: 'ok', what: `pod security: ${namespace} may run the privileged daemon` }
      : {
          state: 'bad',
          what: `pod security: ${namespace} enforces ${level}, the daemon needs privileged`,
          fix: `kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=privileged --overwrite`,
        }
  const policies = (await client.list(NETWORK_POLICIES, { namespace })).items
  const network: readonly Check[] =
    policies.length === 0
      ? []
      : [
          {
            state: 'skip',
            what: `network policies in ${namespace}: the controller must reach the daemons on port 31767`,
            seen: shortened(policies.map((one) => one.metadata.name)),
          },
        ]
  return [security, ...network]
}
