import { afterAll, beforeAll, expect, test } from 'vitest'
import type { InForce } from '../../packages/aftershock/src/faults/injector.ts'
import type { ChaosObject, Pod } from '../../packages/aftershock/src/kubernetes/objects.ts'
import { OURS, ownershipOf } from '../../packages/aftershock/src/kubernetes/our-objects.ts'
import { chaosResource, PODS, type Resource } from '../../packages/aftershock/src/kubernetes/resources.ts'
import { ProblemError } from '../../packages/aftershock/src/model/problem.ts'
import { type Deed, type Player, playChaosMesh } from './chaos-mesh/player.ts'
import { clock, driving, manifest, removedOf } from './driving.ts'
import { describeCluster, usePlane } from './plane.ts'
import { addNode, restartContainer, runPod, runPods } from './pods.ts'

const networkChaos = chaosResource('NetworkChaos') as Resource
const podChaos = chaosResource('PodChaos') as Resource

describeCluster('driving Chaos Mesh', () => {
  const plane = usePlane()
  let mesh: Player
  beforeAll(async () => {
    await addNode(plane.admin, 'node-a')
    mesh = playChaosMesh(plane.clientOf('admin'))
  })
  afterAll(() => mesh.stop())

  const shop = async (wanted: string, replicas = 3): Promise<string> => {
    const namespace = await plane.namespace(wanted)
    const wishes = ['payment', 'order'].flatMap((app) =>
      Array.from({ length: app === 'payment' ? replicas : 1 }, (_, i) => ({
        namespace,
        name: `${app}-${i}`,
        labels: { app },
      })),
    )
    await runPods(plane.admin, wishes)
    return namespace
  }
  const delay = (namespace: string, more: object = {}): string =>
    manifest('NetworkChaos', namespace, 'slow', {
      action: 'delay',
      mode: 'all',
      selector: { labelSelectors: { app: 'payment' } },
      delay: { latency: '100ms' },
      ...more,
    })
  const often = (namespace: string, concurrencyPolicy: 'Allow' | 'Forbid', duration: string): string =>
    manifest('Schedule', namespace, 'often', {
      schedule: '@every 2s',
      type: 'NetworkChaos',
      historyLimit: 5,
      concurrencyPolicy,
      networkChaos: { ...JSON.parse(delay(namespace)).spec, duration },
    })
  /** Objects that a Schedule has made, by what the daemons did for them. */
  const children = (namespace: string, schedule: string): ReadonlySet<string> =>
    new Set(
      mesh.deeds
        .map((one) => one.object)
        .filter((object) => object.startsWith(`NetworkChaos/${namespace}/${schedule}-`)),
    )
  const drive = () => driving(plane.admin, plane.control.kubeconfigOf('admin'))

  test('shows what would be hit, and stores nothing', async () => {
    const namespace = await shop('preview')
    await using driven = await drive()
    const planned = await driven.plan(delay(namespace, { mode: 'fixed', value: '2' }))
    if (!planned.ok) throw new Error(planned.problems[0].why)
    expect(planned.value.label).toBe('payment (2 of 3 pods) +100 ms')
    expect(planned.value.targets.map((one) => `${one.role} ${one.service} ${one.pod}`)).toEqual([
      'target payment payment-0',
      'target payment payment-1',
      'target payment payment-2',
    ])
    expect(planned.value.how.join('\n')).toContain('Chaos Mesh draws 2 of these 3 as targets')
    expect(await plane.admin.get({ resource: networkChaos, namespace, name: 'slow' })).toBeUndefined()
  })

  test('what the server refuses is told before anything is stored', async () => {
    const namespace = await shop('refused')
    await using driven = await drive()
    const planned = await driven.plan(delay(namespace, { selector: { labelSelectors: { app: 'nobody' } } }))
    expect(planned).toMatchObject({ ok: false, problems: [{ code: 'selector-matches-nothing' }] })
    const lost = driven.plan(delay('no-such-namespace'))
    await expect(lost).rejects.toMatchObject({ exitCode: 4 })
  })

  test('applies with our labels and an end of its own, and is in force on every pod when it returns', async () => {
    const namespace = await shop('applied')
    await using driven = await drive()
    const applied = await driven.apply(delay(namespace), { forMs: 40_000 })
    const object = await plane.admin.get<ChaosObject>({ resource: networkChaos, namespace, name: 'slow' })
    expect(ownershipOf(object as ChaosObject)).toMatchObject({ runId: 'r-test' })
    const durationS = Number(/^(\d+)s$/.exec(String(object?.spec?.duration))?.[1])
    expect(durationS).toBeLessThanOrEqual(40)
    expect(durationS).toBeGreaterThan(20)
    const seen = plane.kubectl('get', 'networkchaos', '-n', namespace, '-l', OURS, '-o', 'name')
    expect(seen.trim()).toBe('networkchaos.chaos-mesh.org/slow')
    expect(mesh.injectedNow().filter((id) => id.startsWith(namespace))).toHaveLength(3)
    const removed = removedOf(await applied.remove())
    expect(removed.verifiedBy).toMatch(
      /^NetworkChaos applied\/slow is gone, 3 of 3 records recovered; none of \d+ PodNetworkChaos names it$/,
    )
    expect(mesh.injectedNow().filter((id) => id.startsWith(namespace))).toEqual([])
    expect(await plane.admin.get({ resource: networkChaos, namespace, name: 'slow' })).toBeUndefined()
    // Idempotent.
    expect(await applied.remove()).toBe(removed)
  })

  test('its window holds what the daemons did: never certain outside, never possible inside only', async () => {
    const namespace = await shop('window')
    await using driven = await drive()
    mesh.script.applyMs = 60
    mesh.script.recoverMs = 60
    const applied = await driven.apply(delay(namespace))
    await clock.sleep(500)
    const removed = removedOf(await applied.remove())
    Object.assign(mesh.script, { applyMs: 5, recoverMs: 5 })
    expect(removed.inForce).toHaveLength(1)
    expectTrue(
      removed.inForce ?? [],
      mesh.deeds.filter((one) => one.object === `NetworkChaos/${namespace}/slow`),
    )
  })

  test('mode one: the target is the pod that Chaos Mesh drew', async () => {
    const namespace = await shop('drawn')
    await using driven = await drive()
    const applied = await driven.apply(delay(namespace, { mode: 'one' }))
    const hit = mesh.injectedNow().filter((id) => id.startsWith(namespace))
    expect(applied.plan.targets.map((one) => `${one.namespace}/${one.pod}`)).toEqual(hit)
    removedOf(await applied.remove())
  })

  test('peers are told from targets', async () => {
    const namespace = await shop('peers')
    await using driven = await drive()
    const target = { mode: 'all', selector: { labelSelectors: { app: 'order' } } }
    const applied = await driven.apply(delay(namespace, { direction: 'to', target }))
    const roles = applied.plan.targets.map((one) => `${one.role} ${one.pod}`).sort()
    expect(roles).toEqual(['peer order-0', 'target payment-0', 'target payment-1', 'target payment-2'])
    removedOf(await applied.remove())
  })

  test('without events of Chaos Mesh the window is wider, and still right', async () => {
    const namespace = await shop('quiet')
    await using driven = await drive()
    mesh.script.losesEvents = true
    const applied = await driven.apply(delay(namespace))
    await clock.sleep(300)
    const removed = removedOf(await applied.remove())
    mesh.script.losesEvents = false
    expectTrue(
      removed.inForce ?? [],
      mesh.deeds.filter((one) => one.object === `NetworkChaos/${namespace}/slow`),
    )
  })

  test('pod-kill: pods are counted, and the replacement ends the window', async () => {
    const namespace = await shop('killed', 1)
    await using driven = await drive()
    const kill = { action: 'pod-kill', mode: 'all', selector: { labelSelectors: { app: 'payment' } } }
    const applied = await driven.apply(manifest('PodChaos', namespace, 'kill', kill))
    expect(await applied.evidence()).toMatchObject({ seen: 1, eligible: 1, unit: 'pods' })
    expect(await plane.admin.get<Pod>({ resource: PODS, namespace, name: 'payment-0' })).toBeUndefined()
    await runPod(plane.admin, { namespace, name: 'payment-0', labels: { app: 'payment' } })
    removedOf(await applied.remove())
    expect(await plane.admin.get({ resource: podChaos, namespace, name: 'kill' })).toBeUndefined()
  })

  test('a target that restarts loses its fault: its window ends there, and the run is told', async () => {
    const namespace = await shop('restarted')
    await using driven = await drive()
    const applied = await driven.apply(delay(namespace))
    await clock.sleep(1_500)
    const restartNs = clock.nowNs()
    await restartContainer(plane.admin, namespace, 'payment-1')
    await clock.sleep(1_500)
    const removed = removedOf(await applied.remove())
    expect(removed.notes?.join()).toMatch(/container app of restarted\/payment-1 restarted/)
    const pieces = removed.inForce ?? []
    expect(pieces).toHaveLength(2)
    const lost = pieces.find((one) => one.targets.length === 1)
    expect(lost?.targets.map((one) => one.pod)).toEqual(['payment-1'])
    expect(lost?.endCertainNs).toBeLessThanOrEqual(clock.nowNs() - 1_000_000_000n)
    expect(lost?.endCertainNs).toBeGreaterThan(restartNs - 1_500_000_000n)
  })

  test('a target whose daemon cannot be reached: says so, and leaves nothing', async () => {
    const namespace = await shop('unreachable')
    await using driven = await drive()
    mesh.script.applyError = (id) =>
      id === `${namespace}/payment-2`
        ? 'cannot find daemonIP on node node-a in related EndpointSlices'
        : undefined
    const limits = { failingMs: 800, silentMs: 20_000, totalMs: 30_000 }
    const error = await driven.apply(delay(namespace), { limits }).catch((one: unknown) => one)
    mesh.script.applyError = undefined
    expect(error).toBeInstanceOf(ProblemError)
    expect(error).toMatchObject({ exitCode: 4, problems: [{ code: 'daemon-unreachable' }] })
    expect(mesh.injectedNow().filter((id) => id.startsWith(namespace))).toEqual([])
    expect(await plane.admin.get({ resource: networkChaos, namespace, name: 'slow' })).toBeUndefined()
  })

  test('a controller that does not react is told from one that fails', async () => {
    const namespace = await shop('silent')
    await using driven = await drive()
    mesh.script.isDown = true
    const limits = { failingMs: 5_000, silentMs: 700, totalMs: 30_000 }
    const error = await driven.apply(delay(namespace), { limits }).catch((one: unknown) => one)
    mesh.script.isDown = false
    expect(error).toMatchObject({ exitCode: 4, problems: [{ code: 'controller-silent' }] })
    expect(await plane.admin.get({ resource: networkChaos, namespace, name: 'slow' })).toBeUndefined()
  })

  test('when nobody wants it any more, nobody waits until it is in force', async () => {
    const namespace = await shop('unwanted')
    await using driven = await drive()
    const planned = await driven.plan(delay(namespace))
    if (!planned.ok) throw new Error(planned.problems[0].why)
    mesh.script.applyError = (id) => (id.startsWith(`${namespace}/`) ? 'not now' : undefined)
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 300)
    // Waiting on would end in a refusal: the daemon fails for good.
    const applied = await driven.applyPlan(planned.value, { stop: stop.signal })
    mesh.script.applyError = undefined
    removedOf(await applied.remove())
    expect(mesh.injectedNow().filter((id) => id.startsWith(namespace))).toEqual([])
  })

  test('a fault that cannot be recovered: explained with its reason, and exit 6 follows', async () => {
    const namespace = await shop('stuck')
    await using driven = await drive()
    const applied = await driven.apply(delay(namespace), { removeWithinMs: 4_000 })
    mesh.script.recoverError = (id) =>
      id === `${namespace}/payment-0` ? 'rpc error: code = Unavailable' : undefined
    const removal = await applied.remove()
    mesh.script.recoverError = undefined
    expect(removal).toMatchObject({ removed: false, problem: { code: 'fault-stuck' } })
    const why = removal.removed ? '' : removal.problem.why
    expect(why).toContain('finalizer chaos-mesh/records')
    expect(why).toContain('stuck/payment-0')
    expect(why).toContain('code = Unavailable')
    await expect
      .poll(() => plane.admin.get({ resource: networkChaos, namespace, name: 'slow' }))
      .toBeUndefined()
  })

  test('--force-finalizers drops the object, and does not claim that the fault is gone', async () => {
    const namespace = await shop('forced')
    await using driven = await drive()
    const applied = await driven.apply(delay(namespace), { removeWithinMs: 500, ifStuck: 'force' })
    mesh.script.recoverError = (id) => (id.startsWith(namespace) ? 'daemon is gone' : undefined)
    const removal = await applied.remove()
    mesh.script.recoverError = undefined
    expect(await plane.admin.get({ resource: networkChaos, namespace, name: 'slow' })).toBeUndefined()
    expect(removal).toMatchObject({ removed: false, problem: { code: 'rules-left' } })
    expect(removal.removed ? '' : removal.problem.fix).toContain('kubectl delete pod -n forced payment-0')
  })

  test('an object of that name that somebody else made is never touched', async () => {
    const namespace = await shop('foreign')
    await using driven = await drive()
    const foreign = JSON.parse(delay(namespace)) as Record<string, unknown>
    await plane.admin.create(networkChaos, foreign)
    const planned = await driven.plan(delay(namespace))
    expect(planned).toMatchObject({ ok: false, problems: [{ code: 'object-exists' }] })
    expect(await plane.admin.get({ resource: networkChaos, namespace, name: 'slow' })).toBeDefined()
    await plane.admin.remove({ resource: networkChaos, namespace, name: 'slow' })
  })

  test('a Schedule is followed through its children, each with a window', async () => {
    const namespace = await shop('scheduled')
    await using driven = await drive()
    const applied = await driven.apply(often(namespace, 'Forbid', '1s'), { forMs: 60_000 })
    await expect.poll(() => children(namespace, 'often').size).toBeGreaterThanOrEqual(2)
    const removed = removedOf(await applied.remove())
    expect(removed.inForce?.length).toBeGreaterThanOrEqual(2)
    expectTrue(
      removed.inForce ?? [],
      mesh.deeds.filter((one) => one.object.startsWith(`NetworkChaos/${namespace}/often-`)),
    )
    expect((await plane.admin.list(networkChaos, { namespace })).items).toEqual([])
  })

  test('children of a Schedule that overlap have a window each', async () => {
    const namespace = await shop('overlapping', 1)
    await using driven = await drive()
    const applied = await driven.apply(often(namespace, 'Allow', '60s'))
    await expect.poll(() => children(namespace, 'often').size).toBeGreaterThanOrEqual(2)
    const removed = removedOf(await applied.remove())
    const deeds = mesh.deeds.filter((one) => one.object.startsWith(`NetworkChaos/${namespace}/often-`))
    // The second began while the first went on: nothing ends before the Schedule is removed.
    expect(deeds[1]?.startNs).toBeLessThan(deeds[0]?.endNs ?? 0n)
    expectTrue(removed.inForce ?? [], deeds)
    expect((await plane.admin.list(networkChaos, { namespace })).items).toEqual([])
  })

  test('nodes of a Workflow that run side by side have a window each', async () => {
    const namespace = await shop('parallel', 1)
    await using driven = await drive()
    const { selector, ...network } = JSON.parse(delay(namespace)).spec
    const chaos = (name: string, app: string) => ({
      name,
      templateType: 'NetworkChaos',
      deadline: '3s',
      networkChaos: { ...network, selector: { ...selector, labelSelectors: { app } } },
    })
    const spec = {
      entry: 'both',
      templates: [
        { name: 'both', templateType: 'Parallel', deadline: '60s', children: ['one', 'other'] },
        chaos('one', 'payment'),
        chaos('other', 'order'),
      ],
    }
    const applied = await driven.apply(manifest('Workflow', namespace, 'both', spec))
    const deedsOf = () => mesh.deeds.filter((one) => one.object.startsWith(`NetworkChaos/${namespace}/`))
    await expect.poll(() => deedsOf().filter((one) => one.endNs !== undefined).length).toBe(2)
    const removed = removedOf(await applied.remove())
    expect(removed.inForce).toHaveLength(2)
    expectTrue(removed.inForce ?? [], deedsOf())
  })

  test('a target that is replaced loses its fault for sure: its window ends there', async () => {
    const namespace = await shop('replaced')
    await using driven = await drive()
    const applied = await driven.apply(delay(namespace))
    // Its window has a certain part of more than the second that a pod's times are rounded to.
    await clock.sleep(1_500)
    const pod = { resource: PODS, namespace, name: 'payment-1' }
    await plane.admin.remove(pod, { gracePeriodSeconds: 0 })
    const goneNs = clock.nowNs()
    await runPod(plane.admin, { namespace, name: 'payment-1', labels: { app: 'payment' } })
    await clock.sleep(1_500)
    const removed = removedOf(await applied.remove())
    expect(removed.notes?.join()).toContain('replaced/payment-1')
    const lost = (removed.inForce ?? []).filter((one) => one.targets.some((two) => two.pod === 'payment-1'))
    expect(lost).toHaveLength(1)
    expect(lost[0]?.endCertainNs).toBeLessThanOrEqual(goneNs)
    const kept = (removed.inForce ?? []).filter((one) => one.targets.some((two) => two.pod === 'payment-0'))
    expect(kept[0]?.endCertainNs).toBeGreaterThan(goneNs)
  })

  test('a Workflow is followed through the chaos of its nodes', async () => {
    const namespace = await shop('flow')
    await using driven = await drive()
    const spec = {
      entry: 'entry',
      templates: [
        { name: 'entry', templateType: 'Serial', deadline: '30s', children: ['wait', 'slow', 'kill'] },
        { name: 'wait', templateType: 'Suspend', deadline: '300ms' },
        {
          name: 'slow',
          templateType: 'NetworkChaos',
          deadline: '1s',
          networkChaos: JSON.parse(delay(namespace)).spec,
        },
        {
          name: 'kill',
          templateType: 'PodChaos',
          deadline: '1s',
          podChaos: { action: 'pod-kill', mode: 'one', selector: { labelSelectors: { app: 'payment' } } },
        },
      ],
    }
    const applied = await driven.apply(manifest('Workflow', namespace, 'flow', spec), { forMs: 60_000 })
    await expect
      .poll(() => mesh.deeds.some((one) => one.object.startsWith(`PodChaos/${namespace}/`)), {
        timeout: 60_000,
      })
      .toBe(true)
    const removed = removedOf(await applied.remove())
    const inForce = removed.inForce ?? []
    const began = inForce[0]?.startPossibleNs
    const slow = inForce.filter((one) => one.startPossibleNs === began)
    const killed = inForce.filter((one) => one.startPossibleNs !== began)
    // The pod that is killed goes about when the delay ends: its part of it may have an end of its own.
    expect(slow.flatMap((one) => one.targets.map((two) => two.pod)).toSorted()).toEqual([
      'payment-0',
      'payment-1',
      'payment-2',
    ])
    expect(killed.map((one) => one.targets.length)).toEqual([1])
    for (const kind of [networkChaos, podChaos])
      expect((await plane.admin.list(kind, { namespace })).items).toEqual([])
  })
})

/** Each deed lies in the possible time of its pod; the certain time lies in a deed. */
function expectTrue(pieces: readonly InForce[], deeds: readonly Deed[]): void {
  expect(deeds.length).toBeGreaterThan(0)
  for (const deed of deeds) {
    const pod = deed.id.split('/')[1]
    const own = pieces.filter((one) => one.targets.some((target) => target.pod === pod))
    const holding = own.find(
      (one) => one.startPossibleNs <= deed.startNs && deed.startNs <= one.startCertainNs,
    )
    expect(holding, `a piece for ${deed.id}`).toBeDefined()
    if (holding === undefined || deed.endNs === undefined) continue
    expect(holding.endCertainNs).toBeLessThanOrEqual(deed.endNs)
    expect(holding.endPossibleNs).toBeGreaterThanOrEqual(deed.endNs)
  }
}
