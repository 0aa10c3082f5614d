import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../packages/aftershock/src/engine/clock.ts'
import type { Check } from '../../packages/aftershock/src/kubernetes/doctor/check.ts'
import { examineCluster } from '../../packages/aftershock/src/kubernetes/doctor/examine-cluster.ts'
import { ourLabels } from '../../packages/aftershock/src/kubernetes/our-objects.ts'
import {
  CRDS,
  chaosResource,
  DAEMON_SETS,
  DEPLOYMENTS,
  LEASES,
  POD_NETWORK_CHAOS,
  type Resource,
} from '../../packages/aftershock/src/kubernetes/resources.ts'
import { cli } from '../e2e/support/cli.ts'
import { describeCluster, usePlane } from './plane.ts'
import { addNode, runPod } from './pods.ts'

const networkChaos = chaosResource('NetworkChaos') as Resource

describeCluster('aftershock doctor --target k8s', () => {
  const plane = usePlane()
  const examine = (namespace: string): Promise<readonly Check[]> =>
    examineCluster(plane.admin, systemClock(), namespace)
  const about = (checks: readonly Check[], text: string): Check => {
    const found = checks.find((one) => one.what.includes(text))
    if (found === undefined)
      throw new Error(`no check about ${text}: ${checks.map((one) => one.what).join('; ')}`)
    return found
  }

  test('an empty cluster: kinds are served, nothing is installed, webhooks are not asked', async () => {
    const namespace = await plane.namespace('fresh')
    const checks = await examine(namespace)
    expect(about(checks, 'context test').state).toBe('ok')
    expect(about(checks, 'all 23 kinds').state).toBe('ok')
    expect(about(checks, 'rights: all').state).toBe('ok')
    expect(about(checks, 'controller manager').state).toBe('bad')
    expect(about(checks, 'daemon: there is no DaemonSet').fix).toContain('helm')
    expect(about(checks, 'an invalid object is accepted').state).toBe('bad')
    expect(about(checks, 'leftovers: none').state).toBe('ok')
    expect(
      checks
        .filter((one) => one.state === 'bad')
        .every((one) => one.fix !== undefined || one.seen !== undefined),
    ).toBe(true)
  })

  test('the exit code is 4, and each problem has something to paste', async () => {
    const cwd = mkdtempSync(join(tmpdir(), 'aftershock-doctor-'))
    const kubeconfig = plane.control.kubeconfigOf('admin')
    const end = await cli(['doctor', '--target', 'k8s', '--kubeconfig', kubeconfig], { cwd })
    expect(end.code, end.stderr).toBe(4)
    expect(end.stdout).toContain('fix: helm upgrade')
    const nobody = await cli(
      ['doctor', '--target', 'k8s', '--kubeconfig', plane.control.kubeconfigOf('nobody'), '--json'],
      { cwd },
    )
    const checks = JSON.parse(nobody.stdout) as Check[]
    expect(about(checks, 'are missing in default').fix).toContain('clusterrolebinding')
    expect(about(checks, 'daemon: not visible').state).toBe('skip')
  })

  test('an installation with everything wrong that is known to go wrong', async () => {
    const mesh = await plane.namespace('chaos-mesh')
    const shop = await plane.namespace('ill')
    await addNode(plane.admin, 'node-a')
    await addNode(plane.admin, 'node-b')
    const labels = (component: string) => ({
      'app.kubernetes.io/component': component,
      'app.kubernetes.io/part-of': 'chaos-mesh',
    })
    const template = (container: object, component: string) => ({
      selector: { matchLabels: labels(component) },
      template: {
        metadata: { labels: labels(component) },
        spec: {
          containers: [{ name: 'main', ...container }],
          volumes: [{ name: 'socket', hostPath: { path: 'C:/Program Files/Git/run' } }],
        },
      },
    })
    const env = [
      { name: 'CLUSTER_SCOPED', value: 'true' },
      { name: 'ENABLE_FILTER_NAMESPACE', value: 'true' },
      { name: 'POD_FAILURE_PAUSE_IMAGE', value: 'gcr.io/google-containers/pause:latest' },
    ]
    const image = 'ghcr.io/chaos-mesh/chaos-mesh:v2.7.2'
    await plane.admin.create(DEPLOYMENTS, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'chaos-controller-manager', namespace: mesh, labels: labels('controller-manager') },
      spec: { replicas: 3, ...template({ image, env }, 'controller-manager') },
    })
    await plane.admin.create(DAEMON_SETS, {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'chaos-daemon', namespace: mesh, labels: labels('chaos-daemon') },
      spec: template(
        { image: 'daemon', command: ['/usr/local/bin/chaos-daemon', '--runtime', 'docker'] },
        'chaos-daemon',
      ),
    })
    await plane.admin.create(LEASES, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name: 'chaos-mesh', namespace: mesh },
      spec: { holderIdentity: 'controller-0' },
    })
    await runPod(plane.admin, {
      namespace: mesh,
      name: 'chaos-daemon-1',
      node: 'node-a',
      labels: labels('chaos-daemon'),
    })
    await plane.admin.patch(
      {
        resource: { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false },
        name: mesh,
      },
      { metadata: { labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } },
    )
    await runPod(plane.admin, { namespace: shop, name: 'on-host', hostNetwork: true })
    const orphan = {
      apiVersion: 'chaos-mesh.org/v1alpha1',
      kind: 'NetworkChaos',
      spec: { action: 'delay', mode: 'all', selector: {}, delay: { latency: '1ms' } },
    }
    await plane.admin.create(networkChaos, {
      ...orphan,
      metadata: { name: 'orphan', namespace: shop, labels: ourLabels('r-gone', 0n) },
    })
    await plane.admin.create(POD_NETWORK_CHAOS, {
      apiVersion: 'chaos-mesh.org/v1alpha1',
      kind: 'PodNetworkChaos',
      metadata: { name: 'on-host', namespace: shop },
      spec: { tcs: [{ type: 'netem', source: 'ill/long-gone' }] },
    })
    const checks = await examine(shop)
    const bad = (text: string): string => {
      const check = about(checks, text)
      expect(check.state, text).toBe('bad')
      return `${check.seen?.join(' ')} ${check.fix}`
    }
    bad('controller chaos-mesh/chaos-controller-manager: none of 3 ready')
    bad('Chaos Mesh 2.7.2: anybody in the cluster')
    expect(about(checks, 'controller-0 leads').state).toBe('ok')
    expect(bad('none ready on 1 of 2 nodes')).toContain('node-b')
    expect(bad('the daemon expects docker')).toContain('--set chaosDaemon.runtime=containerd')
    expect(bad('a path of the host is C:/Program Files')).toContain('MSYS_NO_PATHCONV')
    expect(bad('enforces restricted')).toContain('pod-security.kubernetes.io/enforce=privileged')
    expect(bad('not enabled for Chaos Mesh')).toContain('chaos-mesh.org/inject=enabled')
    expect(bad('1 objects of runs of ours')).toContain('aftershock stop --target k8s')
    expect(bad('1 rules on pods without a chaos object')).toContain(
      'PodNetworkChaos ill/on-host holds a rule of ill/long-gone',
    )
    bad('its pause image gcr.io')
    expect(about(checks, 'share the node’s network').seen).toEqual(['on-host'])
  })

  test('a kind that came later than the CRDs is missed', async () => {
    await plane.admin.remove({ resource: CRDS, name: 'blockchaos.chaos-mesh.org' })
    const namespace = await plane.namespace('older')
    await expect
      .poll(async () => (await examine(namespace)).find((one) => one.what.includes('BlockChaos'))?.state, {
        timeout: 30_000,
        interval: 1_000,
      })
      .toBe('bad')
  })
})
