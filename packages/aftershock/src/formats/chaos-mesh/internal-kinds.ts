import { httpActions, httpMatch } from './http-chaos.ts'
import type { ChaosKind } from './kind.ts'
import { traffic } from './network-chaos.ts'
import { anyObject, int, int32, integer, listOf, moment, oneOf, record, type Schema, text } from './schema.ts'
import { scheduleFields, templateParts, workflowSpec } from './workflow-spec.ts'

const time = record({ 'nsec*': integer, 'sec*': integer })
const tls = record({
  caName: text,
  'certName*': text,
  'keyName*': text,
  'secretName*': text,
  'secretNamespace*': text,
})
const ipset = record({
  cidrAndPorts: listOf(record({ 'cidr*': text, 'port*': int({ min: 1, max: 65_535 }) })),
  cidrs: listOf(text),
  'ipsetType*': text,
  'name*': text,
  setNames: listOf(text),
  'source*': text,
})

/** Written by the controller, one object a pod; people read them and seldom write them. */
export const podNetworkChaos: ChaosKind = {
  kind: 'PodNetworkChaos',
  spec: record({
    ipsets: listOf(ipset),
    iptables: listOf(
      record({
        device: text,
        'direction*': text,
        ipsets: { type: 'array', items: text, nullable: true },
        'name*': text,
        'source*': text,
      }),
    ),
    tcs: listOf(record({ ...traffic, ipset: text, 'source*': text, 'type*': text })),
  }),
}

export const podHttpChaos: ChaosKind = {
  kind: 'PodHttpChaos',
  specOptional: true,
  spec: record({
    rules: listOf(
      record({
        'actions*': record(httpActions),
        'port*': int32,
        'selector*': record(httpMatch),
        source: text,
        'target*': text,
      }),
    ),
    tls,
  }),
}

const ioAction: Schema = record({
  atime: time,
  blocks: integer,
  ctime: time,
  faults: listOf(record({ 'errno*': int32, 'weight*': int32 })),
  gid: int32,
  ino: integer,
  kind: text,
  latency: text,
  methods: listOf(text),
  mistake: record({
    filling: oneOf('zero', 'random'),
    maxLength: int({ min: 1 }),
    maxOccurrences: int({ min: 1 }),
  }),
  mtime: time,
  nlink: int32,
  'path*': text,
  'percent*': integer,
  perm: integer,
  rdev: int32,
  size: integer,
  source: text,
  'type*': text,
  uid: int32,
})

export const podIoChaos: ChaosKind = {
  kind: 'PodIOChaos',
  specOptional: true,
  spec: record({ actions: listOf(ioAction), container: text, 'volumeMountPath*': text }),
}

export const workflowNode: ChaosKind = {
  kind: 'WorkflowNode',
  spec: record({
    ...templateParts,
    schedule: record({ ...scheduleFields, workflow: workflowSpec }),
    'startTime*': moment,
    'templateName*': text,
    'type*': text,
    'workflowName*': text,
  }),
}

export const remoteCluster: ChaosKind = {
  kind: 'RemoteCluster',
  specOptional: true,
  spec: record({
    configOverride: anyObject,
    'kubeConfig*': record({ 'secretRef*': record({ 'key*': text, 'name*': text, 'namespace*': text }) }),
    'namespace*': text,
    'version*': text,
  }),
}
