import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { KubeClient } from '../../packages/aftershock/src/kubernetes/client.ts'
import type { Pod } from '../../packages/aftershock/src/kubernetes/objects.ts'
import { ourLabels } from '../../packages/aftershock/src/kubernetes/our-objects.ts'
import { chaosResource, PODS, type Resource } from '../../packages/aftershock/src/kubernetes/resources.ts'
import { openArchive } from '../../packages/aftershock/src/kubernetes/watch/archive.ts'
import { type Duties, startDuties } from '../../packages/aftershock/src/kubernetes/watch/duties.ts'
import { ExperimentBook } from '../../packages/aftershock/src/kubernetes/watch/experiment-book.ts'
import { openJournal } from '../../packages/aftershock/src/kubernetes/watch/journal.ts'
import { startWatcher, type Watcher } from '../../packages/aftershock/src/kubernetes/watch/watcher.ts'
import { certainOf, possibleOf } from '../../packages/aftershock/src/kubernetes/windows/intervals.ts'
import type { PodWindow } from '../../packages/aftershock/src/kubernetes/windows/pod-windows.ts'
import type { SpanInput } from '../../packages/aftershock/src/model/span-input.ts'
import { type Deed, type Player, playChaosMesh } from './chaos-mesh/player.ts'
import { clock } from './driving.ts'
import { describeCluster, usePlane } from './plane.ts'
import { addNode, restartContainer, runPods } from './pods.ts'

const networkChaos = chaosResource('NetworkChaos') as Resource
const stressChaos = chaosResource('StressChaos') as Resource
const ANNOTATION = 'chaos-mesh.org/experiment'

describeCluster('watching Chaos Mesh', () => {
  const plane = usePlane()
  const folders: string[] = []
  let mesh: Player
  beforeAll(async () => {
    await addNode(plane.admin, 'node-a')
    mesh = playChaosMesh(plane.clientOf('admin'))
    Object.assign(mesh.script, { applyMs: 60, recoverMs: 60 })
  })
  afterAll(async () => {
    await mesh.stop()
    for (const folder of folders) rmSync(folder, { recursive: true, force: true })
  })

  const newFolder = (): string => {
    const folder = mkdtempSync(join(tmpdir(), 'aftershock-watch-'))
    folders.push(folder)
    return folder
  }
  const shop = async (wanted: string): Promise<string> => {
    const namespace = await plane.namespace(wanted)
    const names = ['payment-0', 'payment-1', 'order-0']
    await runPods(
      plane.admin,
      names.map((name) => ({ namespace, name, labels: { app: name.slice(0, -2) } })),
    )
    return namespace
  }
  const slow = (namespace: string, name = 'slow', more: object = {}) =>
    plane.admin.create(networkChaos, {
      apiVersion: 'chaos-mesh.org/v1alpha1',
      kind: 'NetworkChaos',
      metadata: { name, namespace },
      spec: {
        action: 'delay',
        mode: 'all',
        selector: { namespaces: [namespace], labelSelectors: { app: 'payment' } },
        delay: { latency: '100ms' },
        ...more,
      },
    })
  const remove = (namespace: string, name = 'slow', resource = networkChaos) =>
    plane.admin.remove({ resource, namespace, name })
  const annotationOf = async (namespace: string, name: string): Promise<string | undefined> =>
    (await plane.admin.get<Pod>({ resource: PODS, namespace, name }))?.metadata.annotations?.[ANNOTATION]

  test('the windows of an experiment that somebody else made hold what the daemons did', async () => {
    const namespace = await shop('w-exact')
    await using watching = await watch(plane.admin, newFolder())
    await slow(namespace)
    await expect.poll(() => watching.inForce(namespace)).toBe(2)
    await clock.sleep(400)
    await remove(namespace)
    await expect.poll(() => watching.open(namespace)).toBe(0)
    const windows = watching.windows(namespace)
    expect(windows.map((one) => `${one.place.pod} ${one.role}`).sort()).toEqual([
      'payment-0 target',
      'payment-1 target',
    ])
    // Sub-second: by the daemons' answers or by events with nanoseconds, not by whole seconds.
    const blunt = windows.filter((one) =>
      [one.start.latest, one.end?.latest].some((bound) => !['pod-chaos', 'event'].includes(bound?.by ?? '')),
    )
    expect(blunt).toEqual([])
    expectTrue(windows, deedsOf(mesh, namespace))
  })

  test('a peer of a network fault is told from its targets, and is not annotated', async () => {
    const namespace = await shop('w-peer')
    await using watching = await watch(plane.admin, newFolder())
    await slow(namespace, 'slow', {
      direction: 'to',
      target: { mode: 'all', selector: { namespaces: [namespace], labelSelectors: { app: 'order' } } },
    })
    await expect.poll(() => watching.inForce(namespace)).toBe(3)
    expect(watching.windows(namespace).find((one) => one.place.pod === 'order-0')?.role).toBe('peer')
    await expect.poll(() => annotationOf(namespace, 'payment-0')).toBe(`${namespace}/slow`)
    expect(await annotationOf(namespace, 'order-0')).toBeUndefined()
    await remove(namespace)
  })

  test('pods are annotated while an experiment is in force, with all names when there are several', async () => {
    const namespace = await shop('w-annotate')
    await using watching = await watch(plane.admin, newFolder())
    await slow(namespace)
    await slow(namespace, 'more')
    await expect.poll(() => annotationOf(namespace, 'payment-1')).toBe(`${namespace}/more,${namespace}/slow`)
    await remove(namespace, 'more')
    await expect.poll(() => annotationOf(namespace, 'payment-1')).toBe(`${namespace}/slow`)
    await remove(namespace)
    await expect.poll(() => annotationOf(namespace, 'payment-1')).toBeUndefined()
    expect(watching.duties.counts().annotationsFailed).toBe(0)
  })

  test('pause and resume give two windows, both true', async () => {
    const namespace = await shop('w-pause')
    await using watching = await watch(plane.admin, newFolder())
    await slow(namespace)
    await expect.poll(() => watching.inForce(namespace)).toBe(2)
    const ref = { resource: networkChaos, namespace, name: 'slow' }
    const pause = (value: string | null) =>
      plane.admin.patch(ref, { metadata: { annotations: { 'experiment.chaos-mesh.org/pause': value } } })
    await clock.sleep(1_100)
    await pause('true')
    await expect.poll(() => watching.open(namespace)).toBe(0)
    await clock.sleep(1_100)
    await pause(null)
    await expect.poll(() => watching.inForce(namespace)).toBe(2)
    await remove(namespace)
    await expect.poll(() => watching.open(namespace)).toBe(0)
    const windows = watching.windows(namespace)
    expect(windows.map((one) => `${one.place.pod} ${one.round}`).sort()).toEqual([
      'payment-0 1',
      'payment-0 2',
      'payment-1 1',
      'payment-1 2',
    ])
    expectTrue(windows, deedsOf(mesh, namespace))
  })

  test('a watcher that was away knows the beginning from its journal, and the end from events', async () => {
    const namespace = await shop('w-restart')
    const folder = newFolder()
    const first = await watch(plane.admin, folder)
    await slow(namespace)
    await expect.poll(() => first.inForce(namespace)).toBe(2)
    const [known] = first.windows(namespace)
    await first.abandon()
    await remove(namespace)
    await expect
      .poll(() => plane.admin.get({ resource: networkChaos, namespace, name: 'slow' }))
      .toBeUndefined()
    await using second = await watch(plane.admin, folder)
    expect(second.open(namespace)).toBe(0)
    expectTrue(second.windows(namespace), deedsOf(mesh, namespace))
    expect(second.windows(namespace)[0]?.start.latest).toEqual(known?.start.latest)
    await expect.poll(() => annotationOf(namespace, 'payment-0')).toBeUndefined()
  })

  test('a watcher that comes when all is over finds it in the events', async () => {
    const namespace = await shop('w-late')
    await slow(namespace)
    await expect.poll(() => deedsOf(mesh, namespace).length).toBe(2)
    await clock.sleep(500)
    await remove(namespace)
    await expect
      .poll(() => plane.admin.get({ resource: networkChaos, namespace, name: 'slow' }))
      .toBeUndefined()
    await using watching = await watch(plane.admin, newFolder())
    expectTrue(watching.windows(namespace), deedsOf(mesh, namespace))
  })

  test('lost events widen a window, and do not make it false', async () => {
    const namespace = await shop('w-lost')
    await using watching = await watch(plane.admin, newFolder())
    mesh.script.losesEvents = true
    await slow(namespace)
    await expect.poll(() => watching.inForce(namespace)).toBe(2)
    await clock.sleep(1_200)
    await remove(namespace)
    await expect.poll(() => watching.open(namespace)).toBe(0)
    mesh.script.losesEvents = false
    expectTrue(watching.windows(namespace), deedsOf(mesh, namespace))
  })

  test.each([3_000, -3_000])(
    'a controller whose clock is %d ms ahead: found out by its events, and the windows stay true',
    async (aheadMs) => {
      const namespace = await shop(`w-clock-${aheadMs < 0 ? 'behind' : 'ahead'}`)
      await using watching = await watch(plane.admin, newFolder())
      mesh.script.clockAheadMs = aheadMs
      await slow(namespace)
      await expect.poll(() => watching.inForce(namespace)).toBe(2)
      await clock.sleep(500)
      await remove(namespace)
      await expect.poll(() => watching.open(namespace)).toBe(0)
      mesh.script.clockAheadMs = 0
      expectTrue(watching.windows(namespace), deedsOf(mesh, namespace))
    },
  )

  test('an API server that is killed and comes back costs a gap, not the window', async () => {
    const namespace = await shop('w-outage')
    await using watching = await watch(plane.admin, newFolder())
    await slow(namespace)
    await expect.poll(() => watching.inForce(namespace)).toBe(2)
    await plane.control.killApiServer()
    await plane.control.startApiServer()
    await remove(namespace)
    await expect.poll(() => watching.open(namespace)).toBe(0)
    expectTrue(watching.windows(namespace), deedsOf(mesh, namespace))
  })

  test('a container that restarts is a hole: certain until then, possible after', async () => {
    const namespace = await shop('w-holes')
    await using watching = await watch(plane.admin, newFolder())
    await slow(namespace)
    await expect.poll(() => watching.inForce(namespace)).toBe(2)
    await restartContainer(plane.admin, namespace, 'payment-0')
    const holes = () =>
      watching
        .windows(namespace)
        .flatMap((one) => one.holes.map((hole) => `${one.place.pod} ${hole.kind} ${hole.lost}`))
    await expect.poll(holes).toContain('payment-0 container-restarted maybe')
    await remove(namespace)
  })

  test('objects of a run whose lease ran out are removed; those of a living one stay', async () => {
    const namespace = await shop('w-orphans')
    const nowNs = clock.nowNs()
    const labelled = (name: string, untilNs: bigint) =>
      plane.admin.create(stressChaos, {
        apiVersion: 'chaos-mesh.org/v1alpha1',
        kind: 'StressChaos',
        metadata: { name, namespace, labels: ourLabels('r-dead', untilNs) },
        spec: {
          mode: 'all',
          selector: { namespaces: [namespace] },
          stressors: { cpu: { workers: 1 } },
        },
      })
    await labelled('orphan', nowNs - 5_000_000_000n)
    await labelled('living', nowNs + 600_000_000_000n)
    await using watching = await watch(plane.admin, newFolder())
    const get = (name: string) => plane.admin.get({ resource: stressChaos, namespace, name })
    await expect.poll(() => get('orphan')).toBeUndefined()
    expect(await get('living')).toBeDefined()
    expect(watching.duties.counts().orphansRemoved).toBe(1)
    await remove(namespace, 'living', stressChaos)
  })

  test('an experiment that is over becomes a trace, once', async () => {
    const namespace = await shop('w-trace')
    await using watching = await watch(plane.admin, newFolder())
    await slow(namespace)
    await expect.poll(() => watching.inForce(namespace)).toBe(2)
    await remove(namespace)
    const own = () =>
      watching.spans.filter((span) => span.attributes?.['chaos.experiment.name'] === `${namespace}/slow`)
    await expect.poll(() => own().length).toBe(3)
    await clock.sleep(300)
    expect(own().map((span) => span.name)).toEqual([
      'experiment',
      'activity: NetworkChaos delay',
      'activity: NetworkChaos delay',
    ])
    expect(new Set(own().map((span) => span.traceId)).size).toBe(1)
    expect(own()[1]).toMatchObject({
      parentSpanId: own()[0]?.spanId,
      attributes: { 'k8s.namespace.name': namespace, 'chaos.fault.kind': 'NetworkChaos' },
    })
  })
})

type Watching = {
  readonly book: ExperimentBook
  readonly watcher: Watcher
  readonly duties: Duties
  readonly spans: readonly SpanInput[]
  windows(namespace: string): readonly PodWindow[]
  /** Records that are surely in force. */
  inForce(namespace: string): number
  /** Windows that are not over; -1 when there are none at all. */
  open(namespace: string): number
  abandon(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

async function watch(client: KubeClient, folder: string): Promise<Watching> {
  const book = new ExperimentBook()
  const journal = openJournal(folder)
  const archive = openArchive(folder, 3_600_000)
  const spans: SpanInput[] = []
  const watcher = startWatcher({ client, clock, book, journal, archive, say: () => undefined })
  const duties = startDuties({
    client,
    clock,
    book,
    watcher,
    folder,
    isLeader: () => true,
    annotate: true,
    removeOrphans: true,
    exportSpans: (more) => spans.push(...more),
    say: () => undefined,
  })
  await watcher.ready
  const windows = (namespace: string): readonly PodWindow[] =>
    book
      .entries()
      .filter((entry) => entry.namespace === namespace)
      .flatMap((entry) => book.windowsOf(entry).windows)
  const stop = async (): Promise<void> => {
    await duties.stop()
    await watcher.stop()
  }
  return {
    book,
    watcher,
    duties,
    spans,
    windows,
    inForce: (namespace) => windows(namespace).filter((one) => one.end === undefined).length,
    open: (namespace) => {
      const found = windows(namespace)
      return found.length === 0 ? -1 : found.filter((one) => one.end?.latest === undefined).length
    },
    abandon: stop,
    [Symbol.asyncDispose]: stop,
  }
}

function deedsOf(mesh: Player, namespace: string): readonly Deed[] {
  return mesh.deeds.filter((one) => one.object.includes(`/${namespace}/`))
}

/** What is called certain was done, and what was done is called possible. */
function expectTrue(windows: readonly PodWindow[], deeds: readonly Deed[]): void {
  expect(deeds.length).toBeGreaterThan(0)
  const unseen = deeds.filter(
    (deed) =>
      !windows
        .filter((one) => one.recordId === deed.id)
        .map(possibleOf)
        .some(
          (possible) =>
            possible.startNs <= deed.startNs &&
            (possible.endNs === undefined || (deed.endNs !== undefined && deed.endNs <= possible.endNs)),
        ),
  )
  expect(unseen).toEqual([])
  const claimed = windows.filter((one) => {
    const certain = certainOf(one)
    return (
      certain !== undefined &&
      !deeds.some(
        (deed) =>
          deed.id === one.recordId &&
          deed.startNs <= certain.startNs &&
          (deed.endNs === undefined || (certain.endNs !== undefined && certain.endNs <= deed.endNs)),
      )
    )
  })
  expect(claimed).toEqual([])
}
