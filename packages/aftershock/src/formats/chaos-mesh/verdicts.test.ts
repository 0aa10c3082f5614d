import { describe, expect, test } from 'vitest'
import { validateManifest } from './validate-manifest.ts'

type Spec = Readonly<Record<string, unknown>>
/** A spec, and a part of the reason; undefined = accepted. */
type Row = readonly [spec: Spec, reason: string | undefined]

const pods = { mode: 'all', selector: { labelSelectors: { app: 'a' } } }
const delay = { ...pods, action: 'delay', delay: { latency: '10ms' } }
const http = { ...pods, target: 'Request', port: 80, abort: true }
const machine = { mode: 'all', address: ['10.0.0.1:31768'] }
const loss = { device: 'eth0', percent: '10' }
const check = { type: 'HTTP', http: { url: 'http://a/', criteria: { statusCode: '200' } } }
const suspend = { name: 's', templateType: 'Suspend', deadline: '1s' }
const memory = (limit: unknown, port: number) => ({
  resources: { limits: { memory: limit } },
  livenessProbe: { httpGet: { port } },
})
const flow = (...templates: Spec[]) => ({ entry: templates[0].name, templates })

const rows: Readonly<Record<string, readonly Row[]>> = {
  NetworkChaos: [
    [delay, undefined],
    [{ ...delay, mode: 'fixed', value: '2' }, undefined],
    [{ ...delay, mode: 'fixed', value: '-1' }, 'value must be greater than 0 with mode:fixed'],
    [{ ...delay, mode: 'fixed-percent', value: '33.3' }, 'strconv.Atoi: parsing "33.3": invalid syntax'],
    [{ ...delay, mode: 'random-max-percent', value: '100' }, undefined],
    [{ ...delay, mode: 'some' }, 'Unsupported value'],
    [{ ...delay, target: { mode: 'fixed', selector: {} }, direction: 'both' }, 'parse value field error'],
    [{ ...delay, target: { mode: 'all' } }, 'spec.target.selector must be set'],
    [{ ...delay, delay: { latency: '1m30s' } }, 'should match'],
    [{ ...delay, delay: { latency: '10ms', correlation: '' } }, undefined],
    [{ ...delay, delay: { latency: '10ms', correlation: '500' } }, undefined],
    [
      { ...delay, delay: { latency: '10ms', reorder: { reorder: 'x', gap: 1 } } },
      'parse correlation field error',
    ],
    [{ ...delay, duration: '1d' }, 'unknown unit "d" in duration "1d"'],
    [{ ...delay, duration: '-1.5h' }, undefined],
    [{ ...delay, duration: 30 }, 'must be of type string'],
    [{ ...delay, direction: 'from', externalTargets: ['a.b'] }, 'external targets cannot be used'],
    [{ ...delay, direction: 'both', externalTargets: [], target: pods }, undefined],
    [{ ...pods, action: 'duplicate', duplicate: { duplicate: '25%' } }, 'ParseFloat: parsing "25%"'],
    [{ ...pods, action: 'netem', rate: { rate: '1 MBIT' } }, undefined],
    [
      { ...pods, action: 'bandwidth', bandwidth: { rate: '1mbps', limit: 1, buffer: 1, minburst: -1 } },
      'greater than or equal to 0',
    ],
    [
      { ...pods, action: 'bandwidth', bandwidth: { rate: '1mbps', limit: 3_000_000_000, buffer: 1 } },
      'spec.bandwidth.limit must fit into 32 bits',
    ],
    [
      { ...pods, action: 'bandwidth', bandwidth: { rate: '1mbps', limit: 1 } },
      'spec.bandwidth.buffer must be set',
    ],
    [{ ...delay, selector: null }, 'spec.selector must be set'],
    [{ ...delay, duration: null, selector: { labelSelectors: null } }, undefined],
    [{ ...delay, selector: { labelSelectors: { app: 1 } } }, 'must be of type string'],
    [{ ...delay, selector: { expressionSelectors: [{ key: 'a' }] } }, 'operator must be set'],
  ],
  HTTPChaos: [
    [http, undefined],
    [{ ...http, method: 'get' }, 'method get is not supported'],
    [{ ...http, method: 'get', target: 'Response' }, undefined],
    [{ ...http, delay: '10' }, 'invalid duration 10'],
    [{ ...http, delay: '-1s' }, undefined],
    [{ ...http, replace: { body: 'not base64!' } }, 'base64'],
    [{ ...http, replace: { body: 'Zm9v' } }, undefined],
    [{ ...http, patch: { body: { type: 'JSON' } } }, 'spec.patch.body.value must be set'],
    [{ ...http, tls: { secretName: 'a' } }, 'spec.tls.certName must be set'],
    [{ ...http, code: 3_000_000_000 }, '32 bits'],
  ],
  PodChaos: [
    [{ ...pods, action: 'container-kill', containerNames: ['a'] }, undefined],
    [
      { ...pods, action: 'container-kill', containerNames: [] },
      'the name of container is required on container-kill action',
    ],
    [{ ...pods, action: 'pod-kill', gracePeriod: -1 }, 'greater than or equal to 0'],
    [{ ...pods, action: 'pod-kill', duration: '1x' }, 'unknown unit "x"'],
  ],
  StressChaos: [
    [{ ...pods, stressngStressors: '--cpu 1' }, undefined],
    [{ ...pods, stressors: { cpu: { workers: 9000 } } }, 'less than or equal to 8192'],
    [{ ...pods, stressors: { cpu: { workers: 0 } } }, undefined],
    [{ ...pods, stressors: { memory: { workers: 1, size: '10XB' } } }, 'incorrect bytes format'],
    [{ ...pods, stressors: { memory: { workers: 1, size: '-1%' } } }, 'illegal proportion'],
    [
      { ...pods, stressors: { memory: { workers: 1, oomScoreAdj: -2000 } } },
      'greater than or equal to -1000',
    ],
  ],
  IOChaos: [
    [{ ...pods, action: 'fault', volumePath: '/v', errno: 5 }, undefined],
    [{ ...pods, action: 'fault', volumePath: '/v' }, 'errno 0 is not supported'],
    [{ ...pods, action: 'latency' }, 'spec.volumePath must be set'],
    [
      { ...pods, action: 'mistake', volumePath: '/v', mistake: { maxLength: 0 } },
      'greater than or equal to 1',
    ],
  ],
  TimeChaos: [
    [{ ...pods, timeOffset: '-10m100ns' }, undefined],
    [{ ...pods, timeOffset: '' }, 'parse timeOffset field error:time: invalid duration ""'],
  ],
  DNSChaos: [[{ ...pods, action: 'random', patterns: ['a.*'] }, undefined]],
  JVMChaos: [
    [{ ...pods, action: 'latency', class: 'A', method: 'b', latency: 10 }, undefined],
    [{ ...pods, action: 'latency', latency: 10 }, 'class not provided'],
    [{ ...pods, action: 'stress' }, 'must set one of cpu-count and mem-type'],
    [{ ...pods, action: 'stress', memType: 'disk' }, "value should be 'stack' or 'heap'"],
    [{ ...pods, action: 'ruleData' }, 'rule data not provide'],
    [{ ...pods, action: 'mysql', exception: 'x' }, 'MySQL connector version not provided'],
  ],
  KernelChaos: [
    [{ ...pods, failKernRequest: { failtype: 0 } }, undefined],
    [{ ...pods, failKernRequest: { failtype: 0, times: -1 } }, 'greater than or equal to 0'],
  ],
  BlockChaos: [
    [{ ...pods, action: 'delay', volumeName: 'v', delay: { latency: '1s' } }, undefined],
    [{ ...pods, action: 'delay', volumeName: 'v' }, 'delay should be set on delay action'],
    [{ ...pods, action: 'delay', volumeName: 'v', delay: { latency: '1' } }, 'missing unit'],
  ],
  AWSChaos: [[{ action: 'ec2-stop', awsRegion: 'r', ec2Instance: 'i' }, undefined]],
  GCPChaos: [
    [{ action: 'disk-loss', project: 'p', zone: 'z', instance: 'i' }, 'at least one device name is required'],
    [{ action: 'node-reset', project: 'p', zone: 'z', instance: 'i' }, undefined],
  ],
  AzureChaos: [
    [
      { action: 'disk-detach', subscriptionID: 's', resourceGroupName: 'g', vmName: 'v', diskName: 'd' },
      'the LUN of data disk',
    ],
    [
      { action: 'vm-stop', subscriptionID: 's', resourceGroupName: 'g', vmName: 'v', duration: '5m' },
      undefined,
    ],
  ],
  PhysicalMachineChaos: [
    [{ ...machine, action: 'network-loss', 'network-loss': loss }, undefined],
    [
      { ...machine, action: 'network-loss', 'network-loss': { ...loss, percent: '101' } },
      'percent is invalid',
    ],
    [
      { ...machine, action: 'network-loss', 'network-loss': { ...loss, correlation: '101' } },
      'correlation 101 is invalid',
    ],
    [{ ...machine, action: 'network-delay', 'network-delay': { device: 'e' } }, 'latency is invalid'],
    [
      {
        ...machine,
        action: 'network-delay',
        'network-delay': { device: 'e', latency: '1s', 'accept-tcp-flags': 'SYN' },
      },
      "protocol should be 'tcp'",
    ],
    [
      { ...machine, action: 'network-partition', 'network-partition': { device: 'e', direction: 'to' } },
      'one of ip-address and hostname',
    ],
    [{ ...machine, action: 'network-dns', 'network-dns': { 'dns-ip': '1.1.1.1' } }, 'must match a DNS ip'],
    [
      {
        ...machine,
        action: 'network-bandwidth',
        'network-bandwidth': { device: 'e', limit: 1, buffer: 1, rate: '' },
      },
      'rate, limit and buffer both are required',
    ],
    [{ ...machine, action: 'jvm-gc', 'jvm-gc': { pid: -1 } }, 'pid is invalid'],
    [{ ...machine, action: 'disk-fill', 'disk-fill': { size: '1GiB' } }, undefined],
    [
      { ...machine, action: 'redis-cacheLimit', 'redis-cacheLimit': { addr: 'a', percent: '50' } },
      'only one of size and percent',
    ],
    [
      { ...machine, action: 'kafka-io', 'kafka-io': { topic: 't' } },
      'at least one of non-readable or non-writable',
    ],
    [
      { ...machine, action: 'file-rename', 'file-rename': { 'source-file': 'a' } },
      'both source file and destination file',
    ],
    [{ mode: 'all', selector: { namespaces: ['a'] }, action: 'vm', vm: {} }, undefined],
  ],
  PhysicalMachine: [
    [{ address: '10.0.0.1:31768' }, undefined],
    [{ address: '' }, 'the address is required'],
    [{ address: 'http://a b' }, 'the address is invalid'],
  ],
  Schedule: [
    [{ schedule: '0 */5 * * * *', type: 'NetworkChaos', networkChaos: delay, historyLimit: 1 }, undefined],
    [{ schedule: 'often', type: 'NetworkChaos', networkChaos: delay }, 'parse schedule field error'],
    [{ schedule: '@daily', type: 'PodChaos', networkChaos: delay }, 'there is only networkChaos'],
    [
      { schedule: '@daily', type: 'NetworkChaos', networkChaos: { ...delay, mode: 'fixed' } },
      'parse value field error',
    ],
    [
      { schedule: '@daily', type: 'NetworkChaos', networkChaos: delay, concurrencyPolicy: 'Replace' },
      'Unsupported value',
    ],
    [
      { schedule: '@daily', type: 'NetworkChaos', networkChaos: delay, startingDeadlineSeconds: 0 },
      'greater than 0',
    ],
    [{ schedule: '@daily', type: 'Workflow', workflow: { entry: 'zz', templates: [] } }, undefined],
    [
      {
        schedule: '@daily',
        type: 'PhysicalMachineChaos',
        physicalmachineChaos: { ...machine, action: 'vm', vm: {} },
      },
      undefined,
    ],
  ],
  Workflow: [
    [flow(suspend), undefined],
    [flow(suspend, suspend), 'duplicated names: [s]'],
    [flow({ ...suspend, networkChaos: delay }), 'should not contain any Chaos'],
    [flow({ ...suspend, children: ['s'] }), 'should not contain Children'],
    [flow({ name: 's', templateType: 'Serial', children: ['s'] }), undefined],
    [flow({ name: 'n', templateType: 'NetworkChaos', networkChaos: delay }), undefined],
    [
      flow({ name: 'n', templateType: 'NetworkChaos', networkChaos: { ...delay, duration: '' } }),
      'should not define duration',
    ],
    [
      flow({
        name: 'n',
        templateType: 'Schedule',
        schedule: { schedule: '@daily', type: 'NetworkChaos', networkChaos: delay },
      }),
      'concurrencyPolicy',
    ],
    [
      flow({ name: 't', templateType: 'Task', task: { container: { image: 'a' } } }),
      'container.name must be set',
    ],
    [
      flow({ name: 't', templateType: 'Task', task: { container: { name: 'c', ...memory('6Gi', 8080) } } }),
      undefined,
    ],
    [
      flow({ name: 't', templateType: 'Task', task: { container: { name: 'c', ...memory('6GB', 8080) } } }),
      'must be an amount',
    ],
    [
      flow({ name: 't', templateType: 'Task', task: { container: { name: 'c', ...memory(1, 5e9) } } }),
      'must fit into 32 bits',
    ],
    [
      flow({
        name: 't',
        templateType: 'Task',
        task: { container: { name: 'c', env: [{ name: 'A' }, { name: 'A' }] } },
      }),
      'Duplicate value',
    ],
    [
      {
        ...flow({ name: 't', templateType: 'Task' }),
        templates: [{ name: 't', templateType: 'Task', task: { volumes: [{ emptyDir: {} }] } }],
      },
      'volumes[0].name must be set',
    ],
  ],
  StatusCheck: [
    [check, undefined],
    [{ ...check, http: { url: '', criteria: { statusCode: '200' } } }, 'request url is required'],
    [{ ...check, http: { url: 'http://a/', criteria: { statusCode: '400-200' } } }, undefined],
    [
      { ...check, http: { url: 'http://a/', criteria: { statusCode: '200-x' } } },
      'incorrect status code format',
    ],
    [{ ...check, recordsHistoryLimit: 1001 }, 'less than or equal to 1000'],
  ],
  RemoteCluster: [
    [
      { namespace: 'n', version: 'v', kubeConfig: { secretRef: { namespace: 'n', name: 'a', key: 'k' } } },
      undefined,
    ],
    [
      { namespace: 'n', version: 'v', kubeConfig: { secretRef: { namespace: 'n', name: 'a' } } },
      'secretRef.key must be set',
    ],
  ],
  PodNetworkChaos: [[{ tcs: [{ type: 'netem', source: 'a/b' }] }, undefined]],
  PodHttpChaos: [[{ rules: [{ target: 'Request' }] }, 'actions must be set']],
  PodIOChaos: [[{ volumeMountPath: '/v' }, undefined]],
  WorkflowNode: [[{ templateName: 'a' }, 'spec.workflowName must be set']],
}

describe('validateManifest()', () => {
  for (const [kind, cases] of Object.entries(rows)) {
    test(`judges ${kind} as a cluster does`, () => {
      for (const [spec, reason] of cases) {
        const manifest = { apiVersion: 'chaos-mesh.org/v1alpha1', kind, metadata: { name: 'x' }, spec }
        const { verdict, problems } = validateManifest(manifest)
        const why = problems.map((problem) => problem.why).join('; ')
        const expected =
          reason === undefined ? ['accepted', ''] : ['rejected', expect.stringContaining(reason)]
        expect([JSON.stringify(spec), verdict, why]).toEqual([JSON.stringify(spec), ...expected])
      }
    })
  }

  test('judges what is around a spec', () => {
    const whys = (manifest: unknown) =>
      validateManifest(manifest)
        .problems.map((problem) => problem.why)
        .join('; ')
    const good = {
      apiVersion: 'chaos-mesh.org/v1alpha1',
      kind: 'NetworkChaos',
      metadata: { name: 'x' },
      spec: delay,
    }
    expect(whys(good)).toBe('')
    expect(whys({ ...good, apiVersion: 'chaos-mesh.org/v1' })).toMatch(
      'apiVersion must be chaos-mesh.org/v1alpha1',
    )
    expect(whys({ ...good, kind: 'CloudStackChaos' })).toMatch('no matches for kind')
    expect(whys({ ...good, metadata: {} })).toMatch('metadata.name must be set')
    expect(whys({ ...good, metadata: { generateName: 'x-' } })).toBe('')
    expect(whys({ ...good, metadata: { name: 'Big' } })).toMatch('RFC 1123')
    expect(whys({ ...good, spec: undefined })).toMatch('spec must be set')
    expect(whys('text')).toMatch('must be a mapping')
    expect(validateManifest({ ...good, extra: 1 }).warnings[0]?.why).toMatch('unknown field "extra"')
  })
})
