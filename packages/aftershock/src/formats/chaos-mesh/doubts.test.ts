import { expect, test } from 'vitest'
import { validateManifest } from './validate-manifest.ts'

type Spec = Readonly<Record<string, unknown>>
/** A kind, a spec that is accepted, and a part of what is said of it. */
type Row = readonly [kind: string, spec: Spec, doubt: string]

const pods = { mode: 'all', selector: { labelSelectors: { app: 'a' } } }
const delay = { ...pods, action: 'delay', delay: { latency: '10ms' } }
const kill = { ...pods, action: 'pod-kill' }
const http = { ...pods, port: 80, abort: true }
const check = (url: string, statusCode: string) => ({ type: 'HTTP', http: { url, criteria: { statusCode } } })
const task = { container: { name: 'a', image: 'b' } }
const flow = (...templates: Spec[]): Spec => ({ entry: templates[0].name, templates })
const nested = (type: string, body: Spec) => ({
  schedule: '@daily',
  concurrencyPolicy: 'Forbid',
  historyLimit: 1,
  type,
  ...body,
})
const azure = { action: 'vm-stop', subscriptionID: 'a', resourceGroupName: 'b', vmName: 'c' }

const rows: readonly Row[] = [
  ['NetworkChaos', { ...delay, duration: null }, 'spec.duration holds nothing (null)'],
  ['NetworkChaos', { ...delay, duration: '-5m' }, 'over at once'],
  ['NetworkChaos', { ...delay, selector: { podPhaseSelectors: ['Runing'] } }, 'must be one of Pending'],
  [
    'NetworkChaos',
    { ...delay, selector: { fieldSelectors: { 'metadata.labels': 'x' } } },
    'or selecting fails',
  ],
  [
    'NetworkChaos',
    { ...delay, selector: { expressionSelectors: [{ key: 'a', operator: 'In' }] } },
    'needs values',
  ],
  [
    'NetworkChaos',
    { ...delay, selector: { expressionSelectors: [{ key: 'a', operator: 'Exists', values: ['b'] }] } },
    'takes no values',
  ],
  [
    'NetworkChaos',
    { ...delay, selector: { ...pods.selector, pods: { a: ['b'] } } },
    'ignores every other selector: labelSelectors',
  ],
  ['HTTPChaos', { ...http, target: 'Request', code: 200 }, 'code is not looked at with target Request'],
  ['HTTPChaos', { ...http, target: 'Response', code: 9999 }, 'nothing matches'],
  [
    'HTTPChaos',
    {
      ...http,
      target: 'Request',
      patch: {
        headers: [
          ['a', '1'],
          ['A', '2'],
        ],
      },
    },
    'a is there twice',
  ],
  ['IOChaos', { ...pods, action: 'latency', delay: '1s', volumePath: '/v', percent: 0 }, 'hits no operation'],
  ['TimeChaos', { ...pods, timeOffset: '1m', clockIds: ['CLOCK_WALL'] }, 'must be a clock of Linux'],
  [
    'GCPChaos',
    { action: 'node-reset', project: 'p', zone: 'z', instance: 'i', duration: '1m' },
    'happens once',
  ],
  [
    'PhysicalMachineChaos',
    { mode: 'all', address: ['a:1'], action: 'vm', vm: { 'vm-name': 'a' }, clock: { pid: 1 } },
    'clock is ignored: action is vm',
  ],
  ['StatusCheck', check('http://a', '400-200'), 'ends before it begins'],
  [
    'Schedule',
    { schedule: '@every 1m', type: 'NetworkChaos', networkChaos: { ...delay, duration: '5m' } },
    'runs between are left out',
  ],
  ['Schedule', { schedule: '@daily', type: 'Workflow' }, 'type Workflow needs workflow'],
  [
    'Schedule',
    { schedule: '@daily', type: 'Workflow', workflow: { entry: 'zz', templates: [] } },
    'can not find a template with name zz (accepted here',
  ],
  [
    'Workflow',
    flow(
      { name: 'a', templateType: 'Serial', children: ['b'] },
      { name: 'b', templateType: 'Parallel', children: ['a'] },
    ),
    'template b is its own child',
  ],
  [
    'Workflow',
    flow({ name: 'a', templateType: 'Task', task, conditionalBranches: [{ target: 'a' }] }),
    'without expression is never taken',
  ],
  [
    'Workflow',
    flow({ name: 'a', templateType: 'StatusCheck', statusCheck: check('zz', '200') }),
    'invalid http request url',
  ],
  [
    'Workflow',
    flow({ name: 'a', templateType: 'Schedule', schedule: nested('AzureChaos', { azureChaos: azure }) }),
    'drops the spec of AzureChaos',
  ],
  [
    'Workflow',
    flow({ name: 'a', templateType: 'Task', task: { container: { ...task.container, imge: 'c' } } }),
    'unknown field "spec.templates[0].task.container.imge"',
  ],
]

test.each(rows)('%s %o: accepted, and doubted', (kind, spec, doubt) => {
  const manifest = { apiVersion: 'chaos-mesh.org/v1alpha1', kind, metadata: { name: 'x' }, spec }
  const { verdict, warnings } = validateManifest(manifest)
  expect([verdict, warnings.map((one) => one.why).join('; ')]).toEqual([
    'accepted',
    expect.stringContaining(doubt),
  ])
})

test('what does all that it says is not doubted', () => {
  const sound: readonly (readonly [string, Spec])[] = [
    ['NetworkChaos', { ...delay, duration: '30s' }],
    ['PodChaos', kill],
    ['HTTPChaos', { ...http, target: 'Response', code: 200 }],
    [
      'Workflow',
      flow(
        { name: 'a', templateType: 'Serial', children: ['b', 'b'] },
        { name: 'b', templateType: 'Suspend', deadline: '1s' },
      ),
    ],
  ]
  for (const [kind, spec] of sound) {
    const manifest = { apiVersion: 'chaos-mesh.org/v1alpha1', kind, metadata: { name: 'x' }, spec }
    expect(validateManifest(manifest)).toEqual({ verdict: 'accepted', problems: [], warnings: [] })
  }
})
