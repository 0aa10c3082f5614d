import type { KubeClient } from '../client.ts'
import type { KubeNode, KubeObject, Pod } from '../objects.ts'
import { NAMESPACES, NODES, PODS } from '../resources.ts'

/** Pods of one moment, read once however many selectors ask. */
export type PodSource = {
  podsOf(namespace: string): Promise<readonly Pod[]>
  pod(namespace: string, name: string): Promise<Pod | undefined>
  node(name: string): Promise<KubeNode | undefined>
  nodesWith(labels: Readonly<Record<string, string>>): Promise<readonly KubeNode[]>
  /** Whether `chaos-mesh.org/inject: enabled` stands on it. */
  isEnabled(namespace: string): Promise<boolean>
}

/** Whole namespaces are read: two hundred selectors cost as much as one. */
export function podSource(client: KubeClient): PodSource {
  const namespaces = new Map<string, Promise<ReadonlyMap<string, Pod>>>()
  const enabled = new Map<string, Promise<boolean>>()
  let nodes: Promise<readonly KubeNode[]> | undefined
  const readPods = async (namespace: string): Promise<ReadonlyMap<string, Pod>> => {
    const { items } = await client.list<Pod>(PODS, { namespace })
    return new Map(items.map((pod) => [pod.metadata.name, pod]))
  }
  const podsIn = (namespace: string): Promise<ReadonlyMap<string, Pod>> =>
    kept(namespaces, namespace, readPods)
  const allNodes = (): Promise<readonly KubeNode[]> => {
    nodes ??= client.list<KubeNode>(NODES).then((list) => list.items)
    return nodes
  }
  return {
    podsOf: async (namespace) => [...(await podsIn(namespace)).values()],
    pod: async (namespace, name) => (await podsIn(namespace)).get(name),
    node: async (name) => (await allNodes()).find((one) => one.metadata.name === name),
    nodesWith: async (labels) =>
      (await allNodes()).filter(({ metadata }) =>
        Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value),
      ),
    isEnabled: (namespace) =>
      kept(enabled, namespace, async () => {
        const found = await client.get<KubeObject>({ resource: NAMESPACES, name: namespace })
        return found?.metadata.annotations?.['chaos-mesh.org/inject'] === 'enabled'
      }),
  }
}

function kept<T>(known: Map<string, Promise<T>>, key: string, read: (key: string) => Promise<T>): Promise<T> {
  const found = known.get(key) ?? read(key)
  known.set(key, found)
  return found
}
