import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Mode, Selector } from '../../model/fault.ts'
import { seededRandom } from '../../model/random.ts'
import type { LocalPod } from '../../model/system.ts'
import { countOf, selectPods } from './select-pods.ts'

const EVERYTHING: Selector = {
  pods: {},
  namespaces: [],
  labelSelectors: {},
  expressionSelectors: [],
  annotationSelectors: {},
  fieldSelectors: {},
  podPhaseSelectors: [],
  nodes: [],
  nodeSelectors: {},
}

const pod = (
  service: string,
  index: number,
  namespace: string,
  labels: Record<string, string>,
): LocalPod => ({
  service,
  namespace,
  pod: `${service}-${index}`,
  index,
  labels,
  annotations: { owner: service },
})

const PODS = [
  pod('payment', 0, 'default', { app: 'payment', tier: 'back' }),
  pod('payment', 1, 'default', { app: 'payment', tier: 'back' }),
  pod('order', 0, 'default', { app: 'order', tier: 'back' }),
  pod('web', 0, 'default', { app: 'web' }),
  pod('payment', 0, 'staging', { app: 'payment', tier: 'back' }),
]

function selected(selector: Partial<Selector>, mode: Mode = { kind: 'all' }, seed = 1): string {
  const targeting = { selector: { ...EVERYTHING, ...selector }, mode, containerNames: [] }
  const chosen = selectPods(targeting, PODS, 'default', seededRandom(seed))
  if (!chosen.ok) return `${chosen.problems[0].code}: ${chosen.problems[0].why}`
  return chosen.value.map((one) => `${one.namespace}/${one.pod}`).join(' ')
}

describe('selectPods()', () => {
  test.for<[string, Partial<Selector>, string]>([
    [
      "an empty selector takes the object's namespace",
      {},
      'default/payment-0 default/payment-1 default/order-0 default/web-0',
    ],
    ['namespaces', { namespaces: ['staging'] }, 'staging/payment-0'],
    [
      'labels AND',
      { labelSelectors: { app: 'payment', tier: 'back' } },
      'default/payment-0 default/payment-1',
    ],
    ['annotations', { annotationSelectors: { owner: 'web' } }, 'default/web-0'],
    ['fields', { fieldSelectors: { 'metadata.name': 'order-0' } }, 'default/order-0'],
    [
      'In',
      { expressionSelectors: [{ key: 'app', operator: 'In', values: ['web', 'order'] }] },
      'default/order-0 default/web-0',
    ],
    [
      'NotIn, also what lacks the key',
      { expressionSelectors: [{ key: 'tier', operator: 'NotIn', values: ['back'] }] },
      'default/web-0',
    ],
    [
      'Exists',
      {
        expressionSelectors: [{ key: 'tier', operator: 'Exists', values: [] }],
        labelSelectors: { app: 'order' },
      },
      'default/order-0',
    ],
    [
      'DoesNotExist',
      { expressionSelectors: [{ key: 'tier', operator: 'DoesNotExist', values: [] }] },
      'default/web-0',
    ],
    [
      'phases: includes are ORed',
      { podPhaseSelectors: ['Pending', 'Running'], labelSelectors: { app: 'web' } },
      'default/web-0',
    ],
    ['phases: excludes', { podPhaseSelectors: ['!Failed'], labelSelectors: { app: 'web' } }, 'default/web-0'],
    [
      'pods override the rest, and skip who is not there',
      { pods: { staging: ['payment-0', 'ghost'] }, labelSelectors: { app: 'web' }, nodes: ['n1'] },
      'staging/payment-0',
    ],
  ])('%s', ([, selector, expected]) => {
    expect(selected(selector)).toBe(expected)
  })

  test('a selector that matches nothing says what there is', () => {
    const problem = selected({ labelSelectors: { app: 'paymnt' } })
    expect(problem).toBe(
      'selector-matches-nothing: the selector must match a service of aftershock.yaml: labelSelectors {"app":"paymnt"} matches none in namespace default',
    )
    expect(selected({ podPhaseSelectors: ['!Running'] })).toContain('selector-matches-nothing')
  })

  test('nodes and fields that only a cluster has are refused with the reason', () => {
    expect(selected({ nodes: ['n1'] })).toBe(
      'selector-needs-cluster: nodes exist only in a cluster: the selector names nodes',
    )
    expect(selected({ fieldSelectors: { 'spec.nodeName': 'n1' } })).toContain(
      'current value is spec.nodeName',
    )
  })

  test('random-max-percent may draw nobody, and says so', () => {
    const outcomes = Array.from({ length: 40 }, (_, seed) =>
      selected({ labelSelectors: { app: 'web' } }, { kind: 'random-max-percent', percentMax: 1 }, seed),
    )
    expect(new Set(outcomes)).toEqual(
      new Set([
        'default/web-0',
        'mode-selects-none: the mode must take at least one pod: random-max-percent drew none',
      ]),
    )
  })

  test('mode one is fair over seeds', () => {
    const counts = new Map<string, number>()
    for (let seed = 0; seed < 4_000; seed++) {
      const name = selected({}, { kind: 'one' }, seed)
      counts.set(name, (counts.get(name) ?? 0) + 1)
    }
    expect(counts.size).toBe(4)
    // 1000 expected each, standard deviation 27.
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(140)
  })
})

const aMode: fc.Arbitrary<Mode> = fc.oneof(
  fc.constant<Mode>({ kind: 'one' }),
  fc.constant<Mode>({ kind: 'all' }),
  fc.integer({ min: 1, max: 30 }).map((count): Mode => ({ kind: 'fixed', count })),
  fc.integer({ min: 1, max: 100 }).map((percent): Mode => ({ kind: 'fixed-percent', percent })),
  fc.integer({ min: 1, max: 100 }).map((percentMax): Mode => ({ kind: 'random-max-percent', percentMax })),
)

test('selectPods() draws as many as the mode says, each once, only matching ones, and the same under a seed', () => {
  fc.assert(
    fc.property(aMode, fc.integer({ min: 1, max: 20 }), fc.integer(), (mode, n, seed) => {
      const pods = Array.from({ length: n }, (_, i) => pod('a', i, i % 3 === 0 ? 'other' : 'default', {}))
      const draw = () =>
        selectPods({ selector: EVERYTHING, mode, containerNames: [] }, pods, 'default', seededRandom(seed))
      const matching = pods.filter((one) => one.namespace === 'default')
      const wanted = countOf(mode, matching.length, seededRandom(seed))
      const drawn = draw()
      expect(drawn).toEqual(draw())
      if (!drawn.ok) {
        expect(wanted === 0 || matching.length === 0).toBe(true)
        return
      }
      expect(drawn.value.length).toBe(wanted)
      expect(new Set(drawn.value).size).toBe(wanted)
      expect(drawn.value.every((one) => matching.includes(one))).toBe(true)
    }),
  )
})

test('countOf() rounds percents up and stays within the pods there are', () => {
  const none = () => 0
  expect(countOf({ kind: 'fixed-percent', percent: 34 }, 3, none)).toBe(2)
  expect(countOf({ kind: 'fixed-percent', percent: 100 }, 7, none)).toBe(7)
  expect(countOf({ kind: 'fixed', count: 9 }, 2, none)).toBe(2)
  expect(countOf({ kind: 'random-max-percent', percentMax: 50 }, 4, none)).toBe(0)
  expect(countOf({ kind: 'random-max-percent', percentMax: 50 }, 4, () => 0.999)).toBe(2)
})
