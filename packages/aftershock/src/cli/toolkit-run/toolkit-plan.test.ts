import { expect, test } from 'vitest'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { dict, isDict, type PyDict } from '../../formats/chaos-toolkit/values.ts'
import { toolkitTitle } from './is-toolkit-experiment.ts'
import { neverUndone, toolkitPlan } from './toolkit-plan.ts'

function experiment(value: object): PyDict {
  const read = readJson(JSON.stringify(value))
  if (!isDict(read)) throw new Error('not a mapping')
  return read
}

const toxic = (func: string, given: object) => ({
  type: 'action',
  name: func,
  provider: { type: 'python', module: 'chaostoxi.toxic.actions', func, arguments: given },
})

test('toolkitPlan() pairs each fault with the action that undoes it, configuration put in', () => {
  const plan = toolkitPlan(
    experiment({
      configuration: { proxy: 'payment' },
      method: [
        toxic('create_latency_toxic', { for_proxy: '$proxy', toxic_name: 'slow', latency: 500 }),
        toxic('create_timeout_toxic', { for_proxy: 'order', toxic_name: 'hang', timeout: 0 }),
      ],
      rollbacks: [toxic('delete_toxic', { for_proxy: 'payment', toxic_name: 'slow' })],
    }),
    [],
    new Map(),
  )
  expect(plan).toEqual({
    actions: 2,
    faults: [
      {
        label: 'latency 500 ms on payment',
        action: 'create_latency_toxic',
        targets: ['payment'],
        undoneBy: 'the action "delete_toxic"',
      },
      { label: 'timeout on order', action: 'create_timeout_toxic', targets: ['order'], undoneBy: undefined },
    ],
  })
})

test('toolkitPlan() takes what the command line says of the configuration', () => {
  const given = { for_proxy: '$proxy', toxic_name: 'slow', latency: 500 }
  const declared = { proxy: { type: 'env', key: 'NOBODY_SETS_THIS' } }
  const read = experiment({ configuration: declared, method: [toxic('create_latency_toxic', given)] })
  expect(toolkitPlan(read, [], dict({ proxy: 'order' })).faults[0]?.targets).toEqual(['order'])
})

test('neverUndone() warns of each fault that nothing in the experiment ends', () => {
  const given = { for_proxy: 'order', toxic_name: 'hang', timeout: 0 }
  const plan = toolkitPlan(experiment({ method: [toxic('create_timeout_toxic', given)] }), [], new Map())
  expect(neverUndone(plan, 'e.json').map((one) => [one.what, one.level])).toEqual([
    ['Cannot see what ends "timeout on order"', 'warning'],
  ])
})

test('an experiment of other actions has no known fault', () => {
  const provider = { type: 'process', path: 'sh' }
  expect(
    toolkitPlan(experiment({ method: [{ type: 'action', name: 'a', provider }] }), [], new Map()),
  ).toEqual({
    actions: 1,
    faults: [],
  })
})

test.each([
  ['an experiment', '{"title": "t", "method": []}', 't'],
  ['one in YAML', 'title: t\nsteady-state-hypothesis: {}\n', 't'],
  ['one without a title', '{"method": []}', 'file.json'],
  ['a manifest', 'apiVersion: chaos-mesh.org/v1alpha1\nkind: NetworkChaos\n', undefined],
  ['a list', '[]', undefined],
  ['what cannot be read', '{', undefined],
  ['nothing', '', undefined],
])('toolkitTitle() of %s', (_, text, title) => {
  expect(toolkitTitle(text, 'file.json')).toBe(title)
})
