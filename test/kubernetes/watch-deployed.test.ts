import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import type { KubeObject, Pod } from '../../packages/aftershock/src/kubernetes/objects.ts'
import { ourLabels } from '../../packages/aftershock/src/kubernetes/our-objects.ts'
import { chaosResource, PODS, type Resource } from '../../packages/aftershock/src/kubernetes/resources.ts'
import type {
  ClusterExperimentJson,
  ClusterWindowsJson,
} from '../../packages/aftershock/src/model/cluster-experiment.ts'
import { type Player, playChaosMesh } from './chaos-mesh/player.ts'
import { writeKubeconfig } from './control-plane.ts'
import { clock } from './driving.ts'
import { describeCluster, usePlane } from './plane.ts'
import { addNode, runPods } from './pods.ts'

const root = join(import.meta.dirname, '../..')
const networkChaos = chaosResource('NetworkChaos') as Resource
const ANNOTATION = 'chaos-mesh.org/experiment'

describeCluster('aftershock watch with the manifests that we ship', () => {
  const plane = usePlane()
  let mesh: Player
  let folder = ''
  let kubeconfig = ''
  const children: ChildProcess[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'aftershock-deployed-'))
    await addNode(plane.admin, 'node-a')
    mesh = playChaosMesh(plane.clientOf('admin'))
    for (const object of shipped()) await plane.admin.create(resourceOf(object), object)
    kubeconfig = await kubeconfigOfServiceAccount()
  })
  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    await mesh.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** As the pod has it: the service account's token, and no more rights than the shipped roles give. */
  const kubeconfigOfServiceAccount = async (): Promise<string> => {
    const path = '/api/v1/namespaces/aftershock/serviceaccounts/aftershock-watch/token'
    const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} }
    const { status } = (await plane.admin.raw('POST', path, request)) as { status: { token: string } }
    return writeKubeconfig(plane.control.folder, 'shipped', plane.admin.server, { token: status.token })
  }
  const started = async (name: string, more: readonly string[] = []) => {
    const bin = join(root, 'packages/aftershock/bin/aftershock.js')
    const args = [
      'watch',
      '--json',
      '--port',
      '0',
      '--kubeconfig',
      kubeconfig,
      '--data',
      join(folder, name),
      ...more,
    ]
    const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    children.push(child)
    const said: string[] = []
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()))
    const line = await new Promise<string>((resolve, reject) => {
      child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()))
      child.once('exit', (code) => reject(new Error(`exit ${code}: ${said.join('')}`)))
    })
    const { url } = JSON.parse(line) as { url: string }
    const status = async (path: string): Promise<number> => (await fetch(`${url}${path}`)).status
    await expect.poll(() => status('/readyz')).toBe(200)
    return {
      child,
      said,
      get: async <T>(path: string) => (await (await fetch(`${url}${path}`)).json()) as T,
      url,
    }
  }
  const ended = (child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> => {
    const exit = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
    child.kill(signal)
    return exit
  }
  const slow = async (namespace: string, labels: Readonly<Record<string, string>> = {}): Promise<void> => {
    await plane.namespace(namespace)
    await runPods(plane.admin, [{ namespace, name: 'payment-0', labels: { app: 'payment' } }])
    await plane.admin.create(networkChaos, {
      apiVersion: 'chaos-mesh.org/v1alpha1',
      kind: 'NetworkChaos',
      metadata: { name: 'slow', namespace, labels },
      spec: {
        action: 'delay',
        mode: 'all',
        selector: { namespaces: [namespace] },
        delay: { latency: '100ms' },
      },
    })
  }
  const annotationOf = async (namespace: string): Promise<string | undefined> =>
    (await plane.admin.get<Pod>({ resource: PODS, namespace, name: 'payment-0' }))?.metadata.annotations?.[
      ANNOTATION
    ]

  test('does all it does with the rights of the shipped roles, and no other', async () => {
    const watching = await started('rights', ['--leader-elect', '--lease-namespace', 'aftershock'])
    await slow('d-rights', ourLabels('r-dead', clock.nowNs() + 600_000_000_000n))
    await expect.poll(() => annotationOf('d-rights')).toBe('d-rights/slow')
    // The lease of its run ends: it is removed, the window closes, the annotation goes.
    const leaseOver = { metadata: { labels: ourLabels('r-dead', clock.nowNs() - 5_000_000_000n) } }
    await plane.admin.patch({ resource: networkChaos, namespace: 'd-rights', name: 'slow' }, leaseOver)
    await expect.poll(() => annotationOf('d-rights')).toBeUndefined()
    const find = () => watching.get<ClusterExperimentJson>('/api/experiments/d-rights/slow')
    await expect.poll(async () => (await find()).state).toBe('archived')
    const found = await find()
    expect(found.runId).toBe('r-dead')
    expect(found.windows[0]?.end?.latest?.by).toMatch(/event|pod-chaos/)
    const metrics = await (await fetch(`${watching.url}/metrics`)).text()
    expect(metrics).toContain('aftershock_watch_leader 1')
    expect(metrics).toContain('aftershock_watch_orphans_removed_total 1')
    expect(metrics).toContain('aftershock_watch_annotations_total{result="failed"} 0')
    expect(metrics).toContain('aftershock_watch_kinds_missing 0')
    expect(watching.said.join('')).not.toMatch(/forbidden/i)
    expect(await ended(watching.child, 'SIGTERM')).toBe(0)
  })

  test('of two replicas one leads; the other takes over when it is killed', async () => {
    const flags = ['--leader-elect', '--lease-namespace', 'aftershock']
    const first = await started('one', [...flags, '--identity', 'one'])
    await expect.poll(() => first.said.join('')).toContain('one leads')
    const second = await started('two', [...flags, '--identity', 'two'])
    await ended(first.child, 'SIGKILL')
    await expect.poll(() => second.said.join('')).toContain('two leads')
    await ended(second.child, 'SIGTERM')
  })

  test('killed at each step of an experiment, it knows its window in the end', async () => {
    const namespace = 'd-killed'
    let watching = await started('killed')
    const steps: readonly (() => Promise<unknown>)[] = [
      () => slow(namespace),
      () => expect.poll(() => mesh.injectedNow().includes(`${namespace}/payment-0`)).toBe(true),
      () => plane.admin.remove({ resource: networkChaos, namespace, name: 'slow' }),
      () =>
        expect
          .poll(() => plane.admin.get({ resource: networkChaos, namespace, name: 'slow' }), {
            timeout: 60_000,
          })
          .toBeUndefined(),
    ]
    for (const step of steps) {
      await step()
      await ended(watching.child, 'SIGKILL')
      watching = await started('killed')
    }
    const { experiments, complete } = await watching.get<ClusterWindowsJson>('/api/windows')
    expect(complete).toBe(true)
    const found = experiments.find((one) => one.namespace === namespace)
    const [deed] = mesh.deeds.filter((one) => one.object.includes(`/${namespace}/`))
    const [window] = found?.windows ?? []
    expect(found?.windows).toHaveLength(1)
    const at = (ns: bigint | undefined): string => new Date(Number((ns ?? 0n) / 1_000_000n)).toISOString()
    expect((window?.possible.start ?? '') <= at(deed?.startNs)).toBe(true)
    expect((window?.possible.end ?? '') >= at(deed?.endNs)).toBe(true)
    if (window?.certain !== undefined) {
      expect(window.certain.start >= at(deed?.startNs)).toBe(true)
      expect((window.certain.end ?? '9') <= at((deed?.endNs ?? 0n) + 1_000_000n)).toBe(true)
    }
    expect(await annotationOf(namespace)).toBeUndefined()
    await ended(watching.child, 'SIGTERM')
  })

  test('kubectl reads what we wrote, and `runs` lists what the cluster knows', async () => {
    const watching = await started('read')
    await slow('d-read')
    await expect.poll(() => annotationOf('d-read')).toBe('d-read/slow')
    const admin = plane.control.kubeconfigOf('admin')
    const path = '{.metadata.annotations.chaos-mesh\\.org/experiment}'
    const read = plane.kubectl('-n', 'd-read', 'get', 'pod', 'payment-0', '-o', `jsonpath=${path}`)
    expect(read).toBe('d-read/slow')
    const bin = join(root, 'packages/aftershock/bin/aftershock.js')
    const runs = async (...args: readonly string[]) => {
      const child = spawn(process.execPath, [bin, 'runs', ...args], {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, KUBECONFIG: admin },
      })
      let text = ''
      child.stdout.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      await new Promise((resolve) => child.once('close', resolve))
      return text
    }
    expect(await runs('--target', 'k8s')).toMatch(
      /running +d-read\/slow .* NetworkChaos delay\n +d-read\/payment-0 .* in force/,
    )
    expect(await runs('--watcher', watching.url)).toContain('d-read/payment-0')
    expect(await runs('--watcher', watching.url, '--events')).toContain(
      'Applied: Successfully apply chaos for d-read/payment-0',
    )
    await plane.admin.remove({ resource: networkChaos, namespace: 'd-read', name: 'slow' })
    await ended(watching.child, 'SIGTERM')
  })

  test('a token that has no rights is told which are missing, exit 4', async () => {
    const bin = join(root, 'packages/aftershock/bin/aftershock.js')
    const args = [
      'watch',
      '--port',
      '0',
      '--kubeconfig',
      plane.control.kubeconfigOf('nobody'),
      '--data',
      join(folder, 'no'),
    ]
    const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
    const said: string[] = []
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()))
    const code = await new Promise((resolve) => child.once('exit', resolve))
    expect(code).toBe(4)
    expect(said.join('')).toContain('cannot list resource')
    expect(said.join('')).toContain('doctor --target k8s')
  })
})

/** What `kubectl apply -f deploy/watch.yaml` creates; there is no volume and no kubelet here. */
function shipped(): readonly (KubeObject & Record<string, unknown>)[] {
  const text = readFileSync(join(root, 'deploy/watch.yaml'), 'utf8')
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject & Record<string, unknown>)
}

function resourceOf({ apiVersion = 'v1', kind = '' }: KubeObject): Resource {
  const [version = '', group = ''] = apiVersion.split('/').reverse()
  const cluster = ['Namespace', 'ClusterRole', 'ClusterRoleBinding'].includes(kind)
  return { group, version, kind, plural: `${kind.toLowerCase()}s`, namespaced: !cluster }
}
