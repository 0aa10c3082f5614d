import type { KubeClient } from '../../packages/aftershock/src/kubernetes/client.ts'
import type { Pod } from '../../packages/aftershock/src/kubernetes/objects.ts'
import { NODES, PODS } from '../../packages/aftershock/src/kubernetes/resources.ts'

export type PodWish = {
  readonly namespace: string
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly annotations?: Readonly<Record<string, string>>
  readonly node?: string
  readonly phase?: string
  readonly hostNetwork?: boolean
}

let nextIp = 1

/** Plays scheduler and kubelet: the pod is bound to its node and runs. */
export async function runPod(client: KubeClient, wish: PodWish): Promise<Pod> {
  const { namespace, name, labels = {}, annotations = {}, node = 'node-a', phase = 'Running' } = wish
  await client.create(PODS, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, annotations },
    spec: {
      nodeName: node,
      containers: [{ name: 'app', image: 'app' }],
      ...(wish.hostNetwork && { hostNetwork: true }),
    },
  })
  const number = nextIp++
  const podIP = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`
  return setContainer(
    client,
    namespace,
    name,
    { containerID: `containerd://${name}-0`, restartCount: 0 },
    { phase, podIP },
  )
}

export async function runPods(client: KubeClient, wishes: readonly PodWish[], atOnce = 40): Promise<void> {
  const left = [...wishes]
  const worker = async (): Promise<void> => {
    for (let wish = left.pop(); wish !== undefined; wish = left.pop()) await runPod(client, wish)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** The kubelet restarts the container: its network namespace and what was in it are gone. */
export async function restartContainer(client: KubeClient, namespace: string, name: string): Promise<void> {
  const pod = await client.get<Pod>({ resource: PODS, namespace, name })
  const count = (pod?.status?.containerStatuses?.[0]?.restartCount ?? 0) + 1
  await setContainer(
    client,
    namespace,
    name,
    { containerID: `containerd://${name}-${count}`, restartCount: count },
    {},
  )
}

async function setContainer(
  client: KubeClient,
  namespace: string,
  name: string,
  container: { readonly containerID: string; readonly restartCount: number },
  more: Readonly<Record<string, unknown>>,
): Promise<Pod> {
  const podIPs = more.podIP === undefined ? {} : { podIPs: [{ ip: more.podIP }] }
  const state = { running: { startedAt: new Date().toISOString() } }
  const containerStatuses = [{ name: 'app', image: 'app', imageID: 'app', ready: true, state, ...container }]
  const conditions = [{ type: 'Ready', status: 'True' }]
  return client.patch<Pod>(
    { resource: PODS, namespace, name },
    { status: { conditions, containerStatuses, ...more, ...podIPs } },
    { subresource: 'status' },
  )
}

export async function addNode(
  client: KubeClient,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<void> {
  await client.create(NODES, { apiVersion: 'v1', kind: 'Node', metadata: { name, labels } })
  const nodeInfo = {
    machineID: '',
    systemUUID: '',
    bootID: '',
    kernelVersion: '6.8.0',
    osImage: 'Linux',
    architecture: 'amd64',
    containerRuntimeVersion: 'containerd://2.1.0',
    kubeletVersion: 'v1.36.3',
    kubeProxyVersion: '',
    operatingSystem: 'linux',
  }
  await client.patch(
    { resource: NODES, name },
    { status: { nodeInfo, conditions: [{ type: 'Ready', status: 'True' }] } },
    { subresource: 'status' },
  )
}
