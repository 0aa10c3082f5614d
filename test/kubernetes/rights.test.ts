import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { DRIVER_RIGHTS, rightChecks } from '../../packages/aftershock/src/kubernetes/doctor/rights.ts'
import type { Resource } from '../../packages/aftershock/src/kubernetes/resources.ts'
import { type Player, playChaosMesh } from './chaos-mesh/player.ts'
import { driving, manifest, removedOf } from './driving.ts'
import { describeCluster, usePlane } from './plane.ts'
import { runPods } from './pods.ts'

type Role = {
  readonly rules: readonly {
    readonly apiGroups: string[]
    readonly resources: string[]
    readonly verbs: string[]
  }[]
}

const rbac = (kind: string, plural: string): Resource => ({
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind,
  plural,
  namespaced: false,
})
const role = parse(readFileSync(join(import.meta.dirname, '../../deploy/driver-role.yaml'), 'utf8')) as Role &
  Record<string, unknown>

test('deploy/driver-role.yaml grants what doctor asks for, and no more', () => {
  const text = (group: string, resource: string, verbs: readonly string[]): string =>
    `${group}/${resource}: ${[...verbs].sort().join(' ')}`
  const granted = role.rules.flatMap((rule) =>
    rule.resources.map((resource) => text(rule.apiGroups[0] ?? '', resource, rule.verbs)),
  )
  expect(granted.sort()).toEqual(DRIVER_RIGHTS.map((one) => text(one.group, one.resource, one.verbs)).sort())
})

describeCluster('with the shipped role and no more', () => {
  const plane = usePlane()
  let mesh: Player
  beforeAll(async () => {
    mesh = playChaosMesh(plane.clientOf('admin'))
    await plane.admin.create(rbac('ClusterRole', 'clusterroles'), role)
    await plane.admin.create(rbac('ClusterRoleBinding', 'clusterrolebindings'), {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'aftershock-driver' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'aftershock-driver' },
      subjects: [{ kind: 'User', name: 'runner', apiGroup: 'rbac.authorization.k8s.io' }],
    })
  })
  afterAll(() => mesh.stop())

  test('every kind of driving works: apply, watch, remove, verify', async () => {
    const namespace = await plane.namespace('rights')
    await runPods(plane.admin, [{ namespace, name: 'payment-0', labels: { app: 'payment' } }])
    const client = plane.clientOf('runner')
    expect(await rightChecks(client, namespace)).toMatchObject([{ state: 'ok' }])
    await using driven = await driving(client, plane.control.kubeconfigOf('runner'))
    const select = { mode: 'all', selector: { labelSelectors: { app: 'payment' } } }
    const slow = await driven.apply(
      manifest('NetworkChaos', namespace, 'slow', { ...select, action: 'delay', delay: { latency: '10ms' } }),
    )
    removedOf(await slow.remove())
    const kill = await driven.apply(
      manifest('PodChaos', namespace, 'kill', { ...select, action: 'pod-kill' }),
    )
    removedOf(await kill.remove())
  })

  test('what is not granted is refused by the server: nothing but chaos can be changed', async () => {
    const client = plane.clientOf('runner')
    const pods: Resource = { group: '', version: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }
    await expect(
      client.remove({ resource: pods, namespace: 'rights', name: 'payment-0' }),
    ).rejects.toMatchObject({ status: 403 })
    const secrets: Resource = { ...pods, kind: 'Secret', plural: 'secrets' }
    await expect(client.list(secrets, { namespace: 'rights' })).rejects.toMatchObject({ status: 403 })
  })
})
