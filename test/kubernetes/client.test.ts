import { expect, test } from 'vitest'
import { systemClock } from '../../packages/aftershock/src/engine/clock.ts'
import { type Change, follow } from '../../packages/aftershock/src/kubernetes/follow.ts'
import type { ChaosObject, KubeObject } from '../../packages/aftershock/src/kubernetes/objects.ts'
import {
  CHAOS_RESOURCES,
  CONFIG_MAPS,
  CRDS,
  chaosResource,
  PODS,
} from '../../packages/aftershock/src/kubernetes/resources.ts'
import { describeCluster, usePlane } from './plane.ts'

const networkChaos = chaosResource('NetworkChaos') ?? PODS

describeCluster('the client on a real API server', () => {
  const plane = usePlane()

  test('finds every kind of chaos-mesh.org under the plural that its CRD names', async () => {
    const { items } = await plane.admin.list<
      KubeObject & { spec: { names: { kind: string; plural: string } } }
    >(CRDS)
    const served = items.map((one) => `${one.spec.names.kind} ${one.spec.names.plural}`).sort()
    expect(CHAOS_RESOURCES.map((one) => `${one.kind} ${one.plural}`).sort()).toEqual(served)
  })

  test('a dry run says what the server says and stores nothing', async () => {
    const namespace = await plane.namespace('dry')
    const spec = {
      action: 'delay',
      mode: 'one',
      selector: { namespaces: ['dry'] },
      delay: { latency: '10ms' },
    }
    const object = {
      apiVersion: 'chaos-mesh.org/v1alpha1',
      kind: 'NetworkChaos',
      metadata: { name: 'a', namespace },
      spec,
    }
    const answer = await plane.admin.create<ChaosObject>(networkChaos, object, { dryRun: true })
    expect(answer.spec).toMatchObject({ direction: 'to', delay: { latency: '10ms' } })
    expect(await plane.admin.get({ resource: networkChaos, namespace, name: 'a' })).toBeUndefined()
    const wrong = { ...object, spec: { ...spec, mode: 'some' } }
    await expect(plane.admin.create(networkChaos, wrong, { dryRun: true })).rejects.toMatchObject({
      status: 422,
      reason: 'Invalid',
    })
  })

  test('lists in pages, patches without a race, replaces only what it has read', async () => {
    const namespace = await plane.namespace('pages')
    const names = Array.from({ length: 1_203 }, (_, i) => `c${i}`)
    for (let i = 0; i < names.length; i += 50)
      await Promise.all(
        names.slice(i, i + 50).map((name) =>
          plane.admin.create(CONFIG_MAPS, {
            apiVersion: 'v1',
            kind: 'ConfigMap',
            metadata: { name, namespace },
          }),
        ),
      )
    const before = plane.admin.requestCount()
    expect((await plane.admin.list(CONFIG_MAPS, { namespace })).items).toHaveLength(names.length)
    expect(plane.admin.requestCount() - before).toBe(3)
    const ref = { resource: CONFIG_MAPS, namespace, name: 'c1' }
    const read = await plane.admin.get<KubeObject & Record<string, unknown>>(ref)
    await plane.admin.patch(ref, { metadata: { annotations: { by: 'us' } } })
    await expect(
      plane.admin.replace(CONFIG_MAPS, {
        ...read,
        apiVersion: 'v1',
        metadata: { ...read?.metadata, name: 'c1' },
      }),
    ).rejects.toMatchObject({ status: 409, reason: 'Conflict' })
    const patched = await plane.admin.patch(ref, { metadata: { annotations: { by: null } } })
    expect(patched.metadata.annotations).toBeUndefined()
  })

  test('removes the object that was meant, not its successor', async () => {
    const namespace = await plane.namespace('successor')
    const make = () =>
      plane.admin.create(CONFIG_MAPS, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'a', namespace },
      })
    const first = await make()
    const ref = { resource: CONFIG_MAPS, namespace, name: 'a' }
    expect(await plane.admin.remove(ref, { uid: first.metadata.uid })).toBe(true)
    await make()
    expect(await plane.admin.remove(ref, { uid: first.metadata.uid })).toBe(false)
    expect(await plane.admin.get(ref)).toBeDefined()
  })

  test('follow() goes on over a server that is killed and comes back', async () => {
    const namespace = await plane.namespace('followed')
    const stop = new AbortController()
    const changes: Change<KubeObject>[] = []
    let troubles = 0
    const followed = follow(plane.admin, systemClock(), {
      resource: CONFIG_MAPS,
      scope: { namespace },
      signal: stop.signal,
      onChange: (change) => changes.push(change),
      onTrouble: () => {
        troubles += 1
      },
    })
    await followed.ready
    await plane.admin.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'before', namespace },
    })
    await expect.poll(() => followed.objects.has(`${namespace}/before`)).toBe(true)
    await plane.control.killApiServer()
    await plane.control.startApiServer()
    await plane.admin.create(CONFIG_MAPS, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'after', namespace },
    })
    await expect.poll(() => followed.objects.has(`${namespace}/after`)).toBe(true)
    stop.abort()
    await followed.done
    expect(changes.map((one) => `${one.kind} ${one.object.metadata.name}`)).toEqual([
      'added before',
      'added after',
    ])
    expect(troubles).toBeLessThan(50)
  })

  test('a user without rights is told which right is missing', async () => {
    await expect(plane.clientOf('nobody').list(PODS)).rejects.toMatchObject({
      status: 403,
      message: expect.stringContaining('cannot list resource "pods"'),
    })
  })
})
