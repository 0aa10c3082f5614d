import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { KubeClient } from '../../packages/aftershock/src/kubernetes/client.ts'
import { DRIVER_RIGHTS, rightChecks } from '../../packages/aftershock/src/kubernetes/doctor/rights.ts'
import { cleanOurs } from '../../packages/aftershock/src/kubernetes/drive/clean-cluster.ts'
import { chaosResource, type Resource } from '../../packages/aftershock/src/kubernetes/resources.ts'
import { ProblemError } from '../../packages/aftershock/src/model/problem.ts'
import { type Player, playChaosMesh } from './chaos-mesh/player.ts'
import { clock, driving, manifest, removedOf } from './driving.ts'
import { describeCluster, usePlane } from './plane.ts'
import { runPods } from './pods.ts'

const networkChaos = chaosResource('NetworkChaos') as Resource

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

  test.each(['get', 'list', 'watch', 'create', 'delete'])(
    'without the verb %s alone: told before anything is made, by doctor too',
    async (verb) => {
      const namespace = await plane.namespace(`without-${verb}`)
      await runPods(plane.admin, [{ namespace, name: 'payment-0', labels: { app: 'payment' } }])
      const client = await readerWithout(verb, namespace)
      await using driven = await driving(client, plane.control.kubeconfigOf('reader'))
      const error = await driven.apply(slowIn(namespace)).catch((one: unknown) => one)
      expect(error).toMatchObject({ exitCode: 4, problems: [{ code: 'cluster-forbidden' }] })
      const why = error instanceof ProblemError ? error.problems[0].why : ''
      expect(why).toMatch(new RegExp(`${verb} (networkchaos|resource "networkchaos")`))
      expect((await plane.admin.list(networkChaos, { namespace })).items).toEqual([])
    },
  )

  test('a Schedule is not begun where its children could not be removed', async () => {
    const namespace = await plane.namespace('schedule-without-delete')
    await runPods(plane.admin, [{ namespace, name: 'payment-0', labels: { app: 'payment' } }])
    const client = await readerWithout('delete', namespace)
    await using driven = await driving(client, plane.control.kubeconfigOf('reader'))
    const { spec: networkChaos } = JSON.parse(slowIn(namespace)) as { readonly spec: object }
    const spec = { schedule: '@every 1h', type: 'NetworkChaos', networkChaos }
    await expect(driven.apply(manifest('Schedule', namespace, 'often', spec))).rejects.toMatchObject({
      exitCode: 4,
      problems: [{ why: expect.stringContaining('delete networkchaos.chaos-mesh.org') }],
    })
  })

  test('a right that is taken away while the fault is on: exit 6 follows, and who may removes it later', async () => {
    const namespace = await plane.namespace('right-lost')
    await runPods(plane.admin, [{ namespace, name: 'payment-0', labels: { app: 'payment' } }])
    const client = await readerWithout('nothing', namespace)
    await using driven = await driving(client, plane.control.kubeconfigOf('reader'))
    const applied = await driven.apply(slowIn(namespace))
    await readerWithout('delete', namespace)
    expect(await applied.remove()).toMatchObject({
      removed: false,
      problem: { code: 'cluster-forbidden', why: expect.stringContaining('cannot delete') },
    })
    expect((await plane.admin.list(networkChaos, { namespace })).items).toHaveLength(1)
    const removal = { clock, withinMs: 20_000, ifStuck: 'explain' as const }
    expect(await cleanOurs(plane.admin, { runId: 'r-test' }, removal)).toEqual({
      removed: [`NetworkChaos ${namespace}/slow of run r-test`],
      problems: [],
    })
  })

  test('bound in one namespace it drives there, and stop says where it may not look', async () => {
    const namespace = await plane.namespace('only-here')
    await runPods(plane.admin, [{ namespace, name: 'payment-0', labels: { app: 'payment' } }])
    const roleBindings: Resource = { ...rbac('RoleBinding', 'rolebindings'), namespaced: true }
    await plane.admin.create(roleBindings, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'aftershock-driver', namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'aftershock-driver' },
      subjects: [{ kind: 'User', name: 'watcher', apiGroup: 'rbac.authorization.k8s.io' }],
    })
    const client = plane.clientOf('watcher')
    await using driven = await driving(client, plane.control.kubeconfigOf('watcher'))
    const applied = await driven.apply(slowIn(namespace))
    const removal = { clock, withinMs: 20_000, ifStuck: 'explain' as const }
    const everywhere = await cleanOurs(client, { runId: 'r-test' }, removal)
    expect(everywhere).toMatchObject({
      removed: [],
      problems: [
        {
          code: 'cluster-forbidden',
          what: expect.stringContaining('NetworkChaos'),
          fix: expect.stringContaining('--namespace'),
        },
      ],
    })
    expect(await cleanOurs(client, { runId: 'r-test' }, { ...removal, namespace })).toEqual({
      removed: [`NetworkChaos ${namespace}/slow of run r-test`],
      problems: [],
    })
    removedOf(await applied.remove())
  })

  const slowIn = (namespace: string): string =>
    manifest('NetworkChaos', namespace, 'slow', {
      mode: 'all',
      selector: { labelSelectors: { app: 'payment' } },
      action: 'delay',
      delay: { latency: '10ms' },
    })

  /** The user `reader` with the shipped role but for one verb on NetworkChaos. */
  async function readerWithout(verb: string, namespace: string): Promise<KubeClient> {
    const name = `driver-without-${verb}-${namespace}`
    const rules = role.rules.flatMap((rule) =>
      rule.resources.map((resource) => ({
        ...rule,
        resources: [resource],
        verbs: rule.verbs.filter((one) => resource !== 'networkchaos' || one !== verb),
      })),
    )
    const meta = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata: { name } }
    await plane.admin.create(rbac('ClusterRole', 'clusterroles'), { ...meta, kind: 'ClusterRole', rules })
    await plane.admin.remove({ resource: rbac('ClusterRoleBinding', 'clusterrolebindings'), name: 'reader' })
    await plane.admin.create(rbac('ClusterRoleBinding', 'clusterrolebindings'), {
      ...meta,
      kind: 'ClusterRoleBinding',
      metadata: { name: 'reader' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
      subjects: [{ kind: 'User', name: 'reader', apiGroup: 'rbac.authorization.k8s.io' }],
    })
    const client = plane.clientOf('reader')
    const expected =
      verb === 'nothing' ? { state: 'ok' } : { state: 'bad', seen: [`${verb} networkchaos.chaos-mesh.org`] }
    await expect.poll(() => rightChecks(client, namespace)).toMatchObject([expected])
    return client
  }
})
