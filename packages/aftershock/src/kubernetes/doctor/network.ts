import { ApiError } from '../api-error.ts'
import type { KubeClient } from '../client.ts'
import type { MeshSettings } from '../mesh-settings.ts'
import type { KubeObject, Pod } from '../objects.ts'
import { CONFIG_MAPS, DAEMON_SETS, PODS } from '../resources.ts'
import { podSource } from '../select/pod-source.ts'
import { type Check, shortened } from './check.ts'

type ConfigMap = KubeObject & { readonly data?: Readonly<Record<string, string>> }

/** What makes a NetworkChaos with `target` miss: its rules name pod IPs, and these deliver otherwise. */
export async function cniChecks(client: KubeClient): Promise<readonly Check[]> {
  const namespace = 'kube-system'
  const names = (await client.list(DAEMON_SETS, { namespace })).items.map((one) => one.metadata.name)
  const found: string[] = []
  const cilium = await config(client, 'cilium-config')
  if (names.includes('cilium') && /true|strict/.test(cilium?.data?.['kube-proxy-replacement'] ?? ''))
    found.push('Cilium replaces kube-proxy')
  const proxy = await config(client, 'kube-proxy')
  if (/mode:\s*"?ipvs/.test(proxy?.data?.['config.conf'] ?? '')) found.push('kube-proxy uses IPVS')
  return found.length === 0
    ? [{ state: 'ok', what: 'network: nothing known to bypass the rules of NetworkChaos' }]
    : [
        {
          state: 'skip',
          what: 'network: a NetworkChaos with target may miss',
          seen: [`${found.join('; ')}: packets to a Service may not bear the pod’s IP where the rule is`],
          fix: 'leave target out, or prove it: a run says whether the traces show the fault',
        },
      ]
}

async function config(client: KubeClient, name: string): Promise<ConfigMap | undefined> {
  return client
    .get<ConfigMap>({ resource: CONFIG_MAPS, namespace: 'kube-system', name })
    .catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 403) return undefined
      throw error
    })
}

/** Pods that cannot be hit, or not by everything. */
export async function targetChecks(
  client: KubeClient,
  namespace: string,
  mesh: MeshSettings,
): Promise<readonly Check[]> {
  const { items } = await client.list<Pod>(PODS, { namespace })
  const scope = await scopeCheck(client, namespace, mesh)
  const named = (test: (pod: Pod) => boolean): readonly string[] =>
    items.filter(test).map((pod) => pod.metadata.name)
  const notes: Check[] = []
  const note = (pods: readonly string[], what: string, fix?: string): void => {
    if (pods.length > 0)
      notes.push({
        state: 'skip',
        what: `${namespace}: ${pods.length} of ${items.length} pods ${what}`,
        seen: shortened(pods),
        ...(fix !== undefined && { fix }),
      })
  }
  note(
    named((pod) => pod.spec?.hostNetwork === true),
    'share the node’s network: NetworkChaos and HTTPChaos refuse them',
  )
  note(
    named((pod) => /gvisor|runsc|kata/i.test(pod.spec?.runtimeClassName ?? '')),
    'run in a sandbox that the daemon cannot enter',
  )
  note(named(isIpv6Only), 'have only IPv6 addresses: HTTPChaos does not see their traffic')
  note(
    named((pod) => pod.spec?.containers?.some((one) => one.name === 'istio-proxy') ?? false),
    'have an Istio sidecar: NetworkChaos with target may miss, HTTPChaos sees the sidecar’s traffic',
  )
  const some: Check =
    items.length === 0
      ? { state: 'skip', what: `${namespace}: there are no pods` }
      : { state: 'ok', what: `${namespace}: ${items.length} pods can be selected` }
  return [...scope, some, ...notes]
}

function isIpv6Only(pod: Pod): boolean {
  const ips = pod.status?.podIPs ?? []
  return ips.length > 0 && ips.every(({ ip }) => ip.includes(':'))
}

async function scopeCheck(
  client: KubeClient,
  namespace: string,
  mesh: MeshSettings,
): Promise<readonly Check[]> {
  if (mesh.onlyNamespace !== undefined && mesh.onlyNamespace !== namespace)
    return [
      {
        state: 'bad',
        what: `${namespace}: this Chaos Mesh acts in ${mesh.onlyNamespace} only`,
        fix: 'helm upgrade chaos-mesh … --set clusterScoped=true',
      },
    ]
  if (!mesh.onlyEnabled || (await podSource(client).isEnabled(namespace))) return []
  return [
    {
      state: 'bad',
      what: `${namespace}: not enabled for Chaos Mesh (enableFilterNamespace is on)`,
      fix: `kubectl annotate namespace ${namespace} chaos-mesh.org/inject=enabled`,
    },
  ]
}
