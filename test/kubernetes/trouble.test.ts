import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { AppliedFault, InForce } from '../../packages/aftershock/src/faults/injector.ts'
import { ApiError } from '../../packages/aftershock/src/kubernetes/api-error.ts'
import { connectKube, type KubeClient } from '../../packages/aftershock/src/kubernetes/client.ts'
import { cleanCluster, cleanOurs } from '../../packages/aftershock/src/kubernetes/drive/clean-cluster.ts'
import { readHeld } from '../../packages/aftershock/src/kubernetes/drive/held-objects.ts'
import { setPause } from '../../packages/aftershock/src/kubernetes/drive/pause.ts'
import { type Change, follow } from '../../packages/aftershock/src/kubernetes/follow.ts'
import type { KubeObject } from '../../packages/aftershock/src/kubernetes/objects.ts'
import {
  CONFIG_MAPS,
  chaosResource,
  PODS,
  type Resource,
} from '../../packages/aftershock/src/kubernetes/resources.ts'
import { type Player, playChaosMesh } from './chaos-mesh/player.ts'
import { writeKubeconfig } from './control-plane.ts'
import { clock, driving, manifest, removedOf } from './driving.ts'
import { describeCluster, usePlane } from './plane.ts'
import { runPods } from './pods.ts'

const networkChaos = chaosResource('NetworkChaos') as Resource
const SERVICE_ACCOUNTS: Resource = {
  group: '',
  version: 'v1',
  kind: 'ServiceAccount',
  plural: 'serviceaccounts',
  namespaced: true,
}
const BINDINGS: Resource = {
  group: 'rbac.authorization.k8s.io',
  version: 'v1',
  kind: 'ClusterRoleBinding',
  plural: 'clusterrolebindings',
  namespaced: false,
}

describeCluster('when the environment fails', () => {
  const plane = usePlane()
  let mesh: Player
  beforeAll(() => {
    mesh = playChaosMesh(plane.clientOf('admin'))
  })
  afterAll(() => mesh.stop())

  const shop = async (wanted: string): Promise<string> => {
    const namespace = await plane.namespace(wanted)
    await runPods(
      plane.admin,
      [0, 1].map((i) => ({ namespace, name: `payment-${i}`, labels: { app: 'payment' } })),
    )
    return namespace
  }
  const delay = (namespace: string): string =>
    manifest('NetworkChaos', namespace, 'slow', {
      action: 'delay',
      mode: 'all',
      selector: { labelSelectors: { app: 'payment' } },
      delay: { latency: '100ms' },
    })
  const hit = (namespace: string): readonly string[] =>
    mesh.injectedNow().filter((id) => id.startsWith(`${namespace}/`))
  const objectOf = (namespace: string) => plane.admin.get({ resource: networkChaos, namespace, name: 'slow' })
  const drive = (client: KubeClient = plane.admin, kubeconfig = plane.control.kubeconfigOf('admin')) =>
    driving(client, kubeconfig)

  /** The true times lie within what the run says. */
  const expectTrue = (namespace: string, pieces: readonly InForce[]): void => {
    const deeds = mesh.deeds.filter((one) => one.object === `NetworkChaos/${namespace}/slow`)
    expect(deeds.length).toBeGreaterThan(0)
    for (const deed of deeds) {
      const pod = deed.id.split('/')[1]
      const own = pieces.filter((one) => one.targets.some((target) => target.pod === pod))
      expect(
        own.some((one) => one.startPossibleNs <= deed.startNs && (deed.endNs ?? 0n) <= one.endPossibleNs),
        deed.id,
      ).toBe(true)
      for (const one of own.filter(
        (piece) => piece.startPossibleNs <= deed.startNs && deed.startNs <= piece.startCertainNs,
      ))
        expect(one.endCertainNs).toBeLessThanOrEqual(deed.endNs ?? 0n)
    }
  }

  test('the API server is killed and comes back while the fault is on: the window holds, the removal is verified', async () => {
    const namespace = await shop('outage')
    await using driven = await drive()
    const applied = await driven.apply(delay(namespace))
    await plane.control.killApiServer()
    await clock.sleep(1_000)
    await plane.control.startApiServer()
    const removed = removedOf(await applied.remove())
    expect(hit(namespace)).toEqual([])
    expect(await objectOf(namespace)).toBeUndefined()
    expectTrue(namespace, removed.inForce ?? [])
  })

  test('it is killed while the fault is being removed', async () => {
    const namespace = await shop('outage-at-end')
    await using driven = await drive()
    const applied = await driven.apply(delay(namespace))
    mesh.script.recoverMs = 400
    const removing = applied.remove()
    await clock.sleep(150)
    await plane.control.killApiServer()
    await plane.control.startApiServer()
    const removed = removedOf(await removing)
    mesh.script.recoverMs = 5
    expect(hit(namespace)).toEqual([])
    expectTrue(namespace, removed.inForce ?? [])
  })

  test.each([0, 20, 60, 150])(
    'it is killed %d ms after the fault was asked for: applied, or nothing is left',
    async (afterMs) => {
      const namespace = await shop(`outage-at-begin-${afterMs}`)
      await using driven = await drive()
      const planned = await driven.plan(delay(namespace))
      if (!planned.ok) throw new Error(planned.problems[0].why)
      const applying: Promise<AppliedFault | unknown> = driven
        .applyPlan(planned.value)
        .catch((error: unknown) => error)
      await clock.sleep(afterMs)
      await plane.control.killApiServer()
      await plane.control.startApiServer()
      const applied = await applying
      if (typeof applied === 'object' && applied !== null && 'remove' in applied)
        removedOf(await (applied as AppliedFault).remove())
      await expect.poll(() => objectOf(namespace)).toBeUndefined()
      expect(hit(namespace)).toEqual([])
    },
  )

  test('it is away for longer than our patience: exit 6, the object stays noted, and is removed later', async () => {
    const namespace = await shop('long-outage')
    const kubeconfig = plane.control.kubeconfigOf('admin')
    const hasty = connectKube({ kubeconfig, clock, patienceMs: 500 })
    const driven = await drive(hasty, kubeconfig)
    const planned = await driven.plan(delay(namespace))
    if (!planned.ok) throw new Error(planned.problems[0].why)
    mesh.script.applyMs = 5_000
    const limits = { failingMs: 60_000, silentMs: 60_000, totalMs: 3_000 }
    const applying = driven.applyPlan(planned.value, { limits }).catch((error: unknown) => error)
    await expect.poll(() => objectOf(namespace), { interval: 10, timeout: 60_000 }).toBeDefined()
    await plane.control.killApiServer()
    expect(await applying).toMatchObject({
      exitCode: 6,
      problems: expect.arrayContaining([expect.objectContaining({ code: 'cluster-unreachable' })]),
    })
    expect(readHeld(driven.folder)?.refs).toMatchObject([{ namespace, name: 'slow' }])
    await plane.control.startApiServer()
    mesh.script.applyMs = 5
    const cleaned = await cleanCluster(driven.folder, { clock, withinMs: 20_000, ifStuck: 'explain' })
    expect(cleaned).toMatchObject({ removed: [`NetworkChaos ${namespace}/slow of run r-test`], problems: [] })
    await driven.keeper.close()
    hasty.close()
    expect(await objectOf(namespace)).toBeUndefined()
    expect(hit(namespace)).toEqual([])
  })

  test('somebody takes the name between plan and apply: refused, and theirs is not touched', async () => {
    const namespace = await shop('taken')
    await using driven = await drive()
    const planned = await driven.plan(delay(namespace))
    if (!planned.ok) throw new Error(planned.problems[0].why)
    await plane.admin.create(networkChaos, JSON.parse(delay(namespace)) as Record<string, unknown>)
    await expect(driven.applyPlan(planned.value)).rejects.toMatchObject({ exitCode: 4 })
    expect(await objectOf(namespace)).toBeDefined()
    expect(readHeld(driven.folder)?.refs).toEqual([])
    await plane.admin.remove({ resource: networkChaos, namespace, name: 'slow' })
  })

  test('a watch that has expired (410) begins anew: what changed meanwhile is told as differences', async () => {
    const namespace = await plane.namespace('expired')
    const map = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace } })
    await plane.admin.create(CONFIG_MAPS, map('a'))
    // The server is started anew: it remembers no change from before.
    await plane.control.killApiServer()
    await plane.control.startApiServer()
    await plane.admin.create(CONFIG_MAPS, map('b'))
    const end = await plane.admin.watch({
      resource: CONFIG_MAPS,
      scope: { namespace },
      resourceVersion: '1',
      signal: AbortSignal.timeout(20_000),
      onLine: () => undefined,
    })
    expect(end.kind).toBe('expired')
    // A follower whose first watch is given that old a version.
    let isFirst = true
    const aged: KubeClient = {
      ...plane.admin,
      watch: (request) => {
        const resourceVersion = isFirst ? '1' : request.resourceVersion
        isFirst = false
        return plane.admin.watch({ ...request, resourceVersion })
      },
    }
    const stop = new AbortController()
    const changes: Change<KubeObject>[] = []
    let lists = 0
    const followed = follow(aged, clock, {
      resource: CONFIG_MAPS,
      scope: { namespace },
      signal: stop.signal,
      onChange: (one) => changes.push(one),
      onListed: () => {
        lists += 1
      },
    })
    await followed.ready
    await expect.poll(() => lists).toBe(2)
    await plane.admin.create(CONFIG_MAPS, map('c'))
    await expect.poll(() => changes.map((one) => one.object.metadata.name)).toEqual(['a', 'b', 'c'])
    stop.abort()
    await followed.done
  })

  test('somebody else writes to the object all the time: a conflict at nearly every update of the controller', async () => {
    const namespace = await shop('conflicts')
    await using driven = await drive()
    let isOver = false
    let writes = 0
    const busybody = (async () => {
      while (!isOver) {
        const object = await plane.admin.get<KubeObject & Record<string, unknown>>({
          resource: networkChaos,
          namespace,
          name: 'slow',
        })
        if (object === undefined) {
          await clock.sleep(5)
          continue
        }
        const annotations = { ...object.metadata.annotations, busy: String(writes) }
        await plane.admin
          .replace(networkChaos, { ...object, metadata: { ...object.metadata, annotations } })
          .then(
            () => {
              writes += 1
            },
            (error: unknown) => {
              if (!(error instanceof ApiError)) throw error
            },
          )
      }
    })()
    const applied = await driven.apply(delay(namespace))
    await expect.poll(() => writes).toBeGreaterThan(10)
    const removed = removedOf(await applied.remove())
    isOver = true
    await busybody
    expectTrue(namespace, removed.inForce ?? [])
    expect(hit(namespace)).toEqual([])
  })

  test('paused and resumed: two windows, each true', async () => {
    const namespace = await shop('paused')
    await using driven = await drive()
    const applied = await driven.apply(delay(namespace))
    const ref = { resource: networkChaos, namespace, name: 'slow' }
    await clock.sleep(300)
    expect(await setPause(plane.admin, clock, ref, 'paused', 10_000)).toMatchObject({ done: true })
    expect(hit(namespace)).toEqual([])
    await clock.sleep(300)
    expect(await setPause(plane.admin, clock, ref, 'running', 10_000)).toMatchObject({ done: true })
    expect(hit(namespace)).toHaveLength(2)
    await clock.sleep(300)
    const removed = removedOf(await applied.remove())
    expect(removed.inForce).toHaveLength(2)
    expectTrue(namespace, removed.inForce ?? [])
  })

  test('the token expires: a renewed one is taken up; without one the run says so, and stop does it later', async () => {
    const namespace = await shop('token')
    const account = async (): Promise<string> => {
      await plane.admin.remove({ resource: SERVICE_ACCOUNTS, namespace, name: 'driver' })
      await plane.admin.create(SERVICE_ACCOUNTS, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name: 'driver', namespace },
      })
      const path = `/api/v1/namespaces/${namespace}/serviceaccounts/driver/token`
      const body = {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        spec: { expirationSeconds: 600 },
      }
      const answer = (await plane.admin.raw('POST', path, body)) as { status: { token: string } }
      return answer.status.token
    }
    await plane.admin.create(BINDINGS, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRoleBinding',
      metadata: { name: 'driver-of-token' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'driver', namespace }],
    })
    const tokenFile = join(plane.control.folder, 'driver.token')
    writeFileSync(tokenFile, await account())
    const kubeconfig = writeKubeconfig(plane.control.folder, 'driver', plane.admin.server, { tokenFile })
    const client = connectKube({ kubeconfig, clock, patienceMs: 1_000 })
    const isRefused = async (): Promise<boolean> =>
      client.list(PODS, { namespace }).then(
        () => false,
        (error: ApiError) => error.status === 401,
      )
    const driven = await drive(client, kubeconfig)
    const first = await driven.apply(delay(namespace))
    // A new account: the old token is worth nothing, the file holds the new one.
    writeFileSync(tokenFile, await account())
    removedOf(await first.remove())
    const second = await driven.apply(delay(namespace))
    await plane.admin.remove({ resource: SERVICE_ACCOUNTS, namespace, name: 'driver' })
    await expect.poll(isRefused).toBe(true)
    const removal = await second.remove()
    expect(removal).toMatchObject({ removed: false, problem: { code: 'cluster-unauthorized' } })
    expect(hit(namespace)).toHaveLength(2)
    await driven.keeper.close()
    client.close()
    const cleaned = await cleanOurs(
      plane.admin,
      { runId: 'r-test' },
      { clock, withinMs: 20_000, ifStuck: 'explain' },
    )
    expect(cleaned).toEqual({ removed: [`NetworkChaos ${namespace}/slow of run r-test`], problems: [] })
    expect(hit(namespace)).toEqual([])
  })
})
