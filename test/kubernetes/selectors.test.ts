import fc from 'fast-check'
import { beforeAll, expect, test } from 'vitest'
import { targetingOf } from '../../packages/aftershock/src/formats/chaos-mesh/targeting.ts'
import { ApiError } from '../../packages/aftershock/src/kubernetes/api-error.ts'
import { CHAOS_KINDS } from '../../packages/aftershock/src/kubernetes/resources.ts'
import { podSource } from '../../packages/aftershock/src/kubernetes/select/pod-source.ts'
import { countsOf, selectPods } from '../../packages/aftershock/src/kubernetes/select/select-pods.ts'
import { draw, type RawSelector, selectTargets } from './chaos-mesh/select-targets.ts'
import { driving, faultOf, manifest } from './driving.ts'
import { describeCluster, usePlane } from './plane.ts'
import { addNode, type PodWish, runPods } from './pods.ts'

const everywhere = { onlyNamespace: undefined, onlyEnabled: false }

describeCluster('selectors', () => {
  const plane = usePlane()
  const values = ['a', 'b', 'c', '']

  beforeAll(async () => {
    for (const [name, zone] of [
      ['node-a', 'x'],
      ['node-b', 'y'],
      ['node-c', 'x'],
    ] as const)
      await addNode(plane.admin, name, { zone })
    for (const namespace of ['one', 'two', 'three']) await plane.namespace(namespace)
    const wishes = Array.from({ length: 60 }, (_, i): PodWish => {
      const [app, tier] = [values[i % 4] ?? '', values[(i >> 2) % 3] ?? '']
      return {
        namespace: ['one', 'two', 'three'][i % 3] ?? 'one',
        name: `pod-${i}`,
        labels: { ...(i % 5 !== 0 && { app }), ...(i % 7 !== 0 && { tier }) },
        annotations: i % 2 === 0 ? { team: app } : {},
        node: ['node-a', 'node-b', 'node-c'][(i >> 1) % 3] ?? 'node-a',
        phase: ['Running', 'Pending', 'Failed'][(i >> 3) % 3] ?? 'Running',
      }
    })
    await runPods(plane.admin, wishes)
  })

  const text = fc.constantFrom(...values)
  const key = fc.constantFrom('app', 'tier', 'absent')
  const maybe = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(one, { nil: undefined })
  const expression = fc.oneof(
    fc.record({
      key,
      operator: fc.constantFrom('In', 'NotIn'),
      values: fc.array(text, { minLength: 1, maxLength: 2 }),
    }),
    fc.record({ key, operator: fc.constantFrom('Exists', 'DoesNotExist') }),
  )
  const selector = fc.record({
    namespaces: maybe(fc.subarray(['one', 'two', 'three', 'nowhere'], { minLength: 1 })),
    labelSelectors: maybe(fc.dictionary(key, text, { maxKeys: 2 })),
    expressionSelectors: maybe(fc.array(expression, { maxLength: 2 })),
    annotationSelectors: maybe(fc.dictionary(fc.constant('team'), text, { maxKeys: 1 })),
    fieldSelectors: maybe(
      fc.dictionary(
        fc.constantFrom('spec.nodeName', 'status.phase', 'metadata.name'),
        fc.constantFrom('node-a', 'Running', 'pod-3'),
        { maxKeys: 1 },
      ),
    ),
    podPhaseSelectors: maybe(fc.subarray(['Running', 'Pending', '!Failed', '!Running'])),
    nodes: maybe(fc.subarray(['node-a', 'node-b'])),
    nodeSelectors: maybe(fc.dictionary(fc.constant('zone'), fc.constantFrom('x', 'y', 'z'), { maxKeys: 1 })),
    pods: maybe(
      fc.dictionary(
        fc.constantFrom('one', 'two'),
        fc.array(fc.constantFrom('pod-0', 'pod-1', 'pod-3', 'gone'), { maxLength: 3 }),
        { maxKeys: 2 },
      ),
    ),
  })

  test('any selector: the pods that the API server’s own matching gives', async () => {
    let matched = 0
    await fc.assert(
      fc.asyncProperty(selector, async (drawn) => {
        const raw = JSON.parse(JSON.stringify(drawn)) as RawSelector
        const expected = (await selectTargets(plane.admin, raw, 'one')).map(
          (pod) => `${pod.metadata.namespace}/${pod.metadata.name}`,
        )
        const targeting = targetingOf({ selector: raw, mode: 'all' }, 'one')
        if (targeting === undefined) throw new Error('no selector')
        const found = await selectPods(targeting, podSource(plane.admin), everywhere)
        const names = found.ok
          ? found.value.pods.map((pod) => `${pod.metadata.namespace}/${pod.metadata.name}`)
          : []
        expect([...new Set(names)].sort()).toEqual([...new Set(expected)].sort())
        if (expected.length === 0)
          expect(found).toMatchObject({ ok: false, problems: [{ code: 'selector-matches-nothing' }] })
        else matched += 1
      }),
      { numRuns: 150 },
    )
    expect(matched).toBeGreaterThan(20)
  })

  test('any mode takes as many as it may', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('one', 'all', 'fixed', 'fixed-percent', 'random-max-percent'),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 40 }),
        (mode, value, n) => {
          const targeting = targetingOf({ selector: {}, mode, value: String(value) }, 'one')
          const [atLeast, atMost] = countsOf(targeting?.mode ?? { kind: 'all' }, n)
          const taken = draw(
            Array.from({ length: n }, (_, i) => i),
            mode,
            value,
          ).length
          expect(taken).toBeGreaterThanOrEqual(atLeast)
          expect(taken).toBeLessThanOrEqual(atMost)
        },
      ),
    )
  })

  test('what the controller cannot select by is told with the reason', async () => {
    const problemOf = async (raw: object): Promise<string | undefined> => {
      const targeting = targetingOf({ selector: raw, mode: 'all' }, 'one')
      if (targeting === undefined) return undefined
      const found = await selectPods(targeting, podSource(plane.admin), everywhere)
      return found.ok ? undefined : found.problems[0].code
    }
    expect(await problemOf({ nodes: ['node-z'] })).toBe('selector-node-unknown')
    expect(await problemOf({ fieldSelectors: { 'spec.color': 'red' } })).toBe('selector-field-unknown')
    expect(await problemOf({ expressionSelectors: [{ key: 'app', operator: 'In' }] })).toBe(
      'selector-expression-values',
    )
    expect(await problemOf({ annotationSelectors: { team: 'two words' } })).toBe('selector-annotation-value')
    // The API server says the same of the field.
    await expect(
      selectTargets(plane.admin, { fieldSelectors: { 'spec.color': 'red' } }, 'one'),
    ).rejects.toBeInstanceOf(ApiError)
  })

  test('a namespace filter and a namespace-scoped installation are obeyed', async () => {
    const targeting = targetingOf({ selector: { namespaces: ['one', 'two'] }, mode: 'all' }, 'one')
    if (targeting === undefined) throw new Error('no selector')
    const ns = { group: '', version: 'v1', kind: 'Namespace', plural: 'namespaces', namespaced: false }
    await plane.admin.patch(
      { resource: ns, name: 'two' },
      { metadata: { annotations: { 'chaos-mesh.org/inject': 'enabled' } } },
    )
    const filtered = await selectPods(targeting, podSource(plane.admin), {
      onlyNamespace: undefined,
      onlyEnabled: true,
    })
    expect(new Set(filtered.ok ? filtered.value.pods.map((pod) => pod.metadata.namespace) : [])).toEqual(
      new Set(['two']),
    )
    const scoped = await selectPods(targeting, podSource(plane.admin), {
      onlyNamespace: 'one',
      onlyEnabled: false,
    })
    expect(scoped).toMatchObject({ ok: false, problems: [{ code: 'selector-namespace-out-of-scope' }] })
  })

  test('5,000 pods and 200 chaos objects: all previews together', async () => {
    const namespace = await plane.namespace('large')
    const wishes = Array.from({ length: 5_000 }, (_, i) => ({
      namespace,
      name: `pod-${i}`,
      labels: { app: `app-${i % 200}`, tier: `t${i % 7}` },
      node: `node-${'abc'[i % 3]}`,
    }))
    await runPods(plane.admin, wishes, 60)
    for (let i = 0; i < 200; i++) {
      const resource = CHAOS_KINDS[1]
      if (resource === undefined) throw new Error('no kind')
      await plane.admin.create(resource, JSON.parse(chaos(namespace, i)) as Record<string, unknown>)
    }
    const faults = Array.from({ length: 200 }, (_, i) => faultOf(chaos(namespace, i)))
    const before = plane.admin.requestCount()
    const startMs = performance.now()
    const source = podSource(plane.admin)
    let pods = 0
    for (const fault of faults) {
      if (fault.targeting === undefined) throw new Error('no targeting')
      const found = await selectPods(fault.targeting, source, everywhere)
      pods += found.ok ? found.value.pods.length : 0
    }
    const tookMs = performance.now() - startMs
    const calls = plane.admin.requestCount() - before
    console.log(
      `\n200 previews over 5,000 pods: ${tookMs.toFixed(0)} ms, ${calls} requests, ${pods} pods matched\n`,
    )
    expect(pods).toBe(5_000)
    expect(calls).toBe(10)
    // One whole plan, dry run included, as `run --dry-run` makes it.
    await using driven = await driving(plane.admin, plane.control.kubeconfigOf('admin'))
    const oneMs = performance.now()
    const planned = await driven.plan(chaos(namespace, 777))
    console.log(`one plan with its dry run: ${(performance.now() - oneMs).toFixed(0)} ms\n`)
    expect(planned.ok && planned.value.targets.length).toBe(25)
  }, 300_000)
})

function chaos(namespace: string, i: number): string {
  return manifest('NetworkChaos', namespace, `chaos-${i}`, {
    action: 'delay',
    mode: 'all',
    selector: { labelSelectors: { app: `app-${i % 200}` } },
    delay: { latency: '10ms' },
  })
}
