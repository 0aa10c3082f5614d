import { httpActions } from './http-chaos.ts'
import type { ChaosKind } from './kind.ts'
import { traffic } from './network-chaos.ts'
import {
  anything,
  int,
  int32,
  integer,
  listOf,
  mapOf,
  oneOf,
  record,
  type Schema,
  text,
  uint16,
  uint32,
  uint64,
} from './schema.ts'

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
      record({ device: text, 'direction*': text, ipsets: anything, 'name*': text, 'source*': text }),
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
        'selector*': record({
          code: int32,
          method: text,
          path: text,
          port: int32,
          request_headers: mapOf(text),
          response_headers: mapOf(text),
        }),
        source: text,
        'target*': text,
      }),
    ),
    tls,
  }),
}

const ioAction: Schema = record({
  atime: time,
  blocks: uint64,
  ctime: time,
  faults: listOf(record({ 'errno*': uint32, 'weight*': int32 })),
  gid: uint32,
  ino: uint64,
  kind: text,
  latency: text,
  methods: listOf(text),
  mistake: record({
    filling: oneOf('zero', 'random'),
    maxLength: int({ min: 1 }),
    maxOccurrences: int({ min: 1 }),
  }),
  mtime: time,
  nlink: uint32,
  'path*': text,
  'percent*': integer,
  perm: uint16,
  rdev: uint32,
  size: uint64,
  source: text,
  'type*': text,
  uid: uint32,
})

export const podIoChaos: ChaosKind = {
  kind: 'PodIOChaos',
  specOptional: true,
  spec: record({ actions: listOf(ioAction), container: text, 'volumeMountPath*': text }),
}

export const workflowNode: ChaosKind = {
  kind: 'WorkflowNode',
  spec: { type: 'any', required: ['templateName', 'workflowName', 'type', 'startTime'] },
}

export const remoteCluster: ChaosKind = {
  kind: 'RemoteCluster',
  specOptional: true,
  spec: record({
    configOverride: anything,
    'kubeConfig*': record({ 'secretRef*': record({ 'key*': text, 'name*': text, 'namespace*': text }) }),
    'namespace*': text,
    'version*': text,
  }),
}
