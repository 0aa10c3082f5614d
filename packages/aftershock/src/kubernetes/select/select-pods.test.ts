import { expect, test } from 'vitest'
import { targetingOf } from '../../formats/chaos-mesh/targeting.ts'
import type { Mode } from '../../model/fault.ts'
import type { KubeNode, Pod } from '../objects.ts'
import type { PodSource } from './pod-source.ts'
import { countsOf, selectPods } from './select-pods.ts'

const pods: readonly Pod[] = [
  pod('web-0', { app: 'web' }, { nodeName: 'a', phase: 'Running' }),
  pod('web-1', { app: 'web', tier: 'gold' }, { nodeName: 'b', phase: 'Pending' }),
  pod('db-0', { app: 'db' }, { nodeName: 'b', phase: 'Running' }, { team: 'data' }),
]
const nodes: readonly KubeNode[] = [
  { metadata: { name: 'a', labels: { zone: 'x' } } },
  { metadata: { name: 'b', labels: { zone: 'y' } } },
]

function pod(
  name: string,
  labels: Record<string, string>,
  at: { nodeName: string; phase: string },
  annotations = {},
): Pod {
  return {
    metadata: { name, namespace: 'shop', labels, annotations },
    spec: { nodeName: at.nodeName },
    status: { phase: at.phase },
  }
}

const source: PodSource = {
  podsOf: async (namespace) => (namespace === 'shop' ? pods : []),
  pod: async (namespace, name) =>
    namespace === 'shop' ? pods.find((one) => one.metadata.name === name) : undefined,
  node: async (name) => nodes.find((one) => one.metadata.name === name),
  nodesWith: async (labels) =>
    nodes.filter((one) =>
      Object.entries(labels).every(([key, value]) => one.metadata.labels?.[key] === value),
    ),
  isEnabled: async () => true,
}

async function selected(selector: object): Promise<string> {
  const targeting = targetingOf({ selector, mode: 'all' }, 'shop')
  if (targeting === undefined) throw new Error('no selector')
  const found = await selectPods(targeting, source, { onlyNamespace: undefined, onlyEnabled: false })
  return found.ok
    ? found.value.pods.map((one) => one.metadata.name).join(' ')
    : (found.problems[0].code ?? '')
}

// The API server's own matching is compared in test/kubernetes/selectors.test.ts.
test.each([
  [{}, 'web-0 web-1 db-0'],
  [{ labelSelectors: { app: 'web' } }, 'web-0 web-1'],
  [{ labelSelectors: { app: 'web', tier: 'gold' } }, 'web-1'],
  [{ expressionSelectors: [{ key: 'tier', operator: 'NotIn', values: ['gold'] }] }, 'web-0 db-0'],
  [{ annotationSelectors: { team: 'data' } }, 'db-0'],
  [{ fieldSelectors: { 'metadata.name': 'web-1' } }, 'web-1'],
  [{ podPhaseSelectors: ['Running', '!Pending'] }, 'web-0 db-0'],
  [{ podPhaseSelectors: ['!Running'] }, 'web-1'],
  [{ nodes: ['a'], nodeSelectors: { zone: 'y' }, labelSelectors: { app: 'web' } }, 'web-0 web-1'],
  [{ pods: { shop: ['db-0', 'gone'] }, labelSelectors: { app: 'web' } }, 'db-0'],
  [{ namespaces: ['elsewhere'] }, 'selector-matches-nothing'],
  [{ nodes: ['z'] }, 'selector-node-unknown'],
])('%j selects %s', async (selector, expected) => {
  expect(await selected(selector)).toBe(expected)
})

test.each([
  [{ kind: 'one' }, 5, 1, 1],
  [{ kind: 'all' }, 5, 5, 5],
  [{ kind: 'fixed', count: 9 }, 5, 5, 5],
  [{ kind: 'fixed-percent', percent: 41 }, 5, 3, 3],
  [{ kind: 'random-max-percent', percentMax: 41 }, 5, 0, 3],
] satisfies [Mode, number, number, number][])(
  'mode %j of %d pods takes %d to %d',
  (mode, n, atLeast, atMost) => {
    expect(countsOf(mode, n)).toEqual([atLeast, atMost])
  },
)
