import { inMilliseconds, skewed } from './clocks.ts'
import { grpc, newConventions, notFound, oldConventions, statusUnset } from './conventions.ts'
import { behindKong, behindNginx, behindTraefik } from './gateways.ts'
import { endsBeforeChildren, endsWithHeaders, javaAgent } from './inner-spans.ts'
import { leavesSilent, messages, mute, oneMute, sampledAtHead, sampledAtTail } from './lost.ts'
import { dapr, linkerd } from './meshes.ts'
import { micrometer } from './micrometer.ts'
import {
  addresses,
  clusterNames,
  idsInPaths,
  methodsAlone,
  namespacedNames,
  withoutInstances,
} from './names.ts'
import type { Translation } from './said.ts'
import { sidecars } from './sidecars.ts'
import { readAsZipkin } from './zipkin.ts'

/** The shapes in which the same happenings are told, each as some real system does. */
export const TRANSLATIONS: readonly Translation[] = [
  { name: 'as it is', of: (spans) => spans },
  { name: 'sidecars', of: sidecars({ spansEach: 1, named: 'app' }) },
  { name: 'sidecars, two spans each', of: sidecars({ spansEach: 2, named: 'app' }) },
  {
    name: 'sidecars named app.namespace',
    of: sidecars({ spansEach: 1, named: 'app.namespace' }),
    nameOf: (name) => name.replace(/\.default$/, ''),
  },
  { name: 'Linkerd', of: linkerd, loses: 'whose work it is that goes on after its caller left' },
  { name: 'Dapr', of: dapr((name) => name) },
  {
    name: 'Dapr, ids of its own',
    of: dapr((name) => `${name}-app`),
    nameOf: (name) => name.replace(/-app$/, ''),
  },
  { name: 'behind NGINX', of: behindNginx },
  { name: 'behind Traefik', of: behindTraefik },
  { name: 'behind Kong', of: behindKong },
  { name: 'Zipkin, shared ids', of: (spans) => spans, read: readAsZipkin },
  { name: 'conventions of 2021', of: oldConventions },
  { name: 'conventions of 2026', of: newConventions, loses: 'what was thrown: logs hold it' },
  { name: 'gRPC, rpc.grpc.status_code', of: grpc('rpc.grpc.status_code', 'number') },
  { name: 'gRPC, rpc.response.status_code', of: grpc('rpc.response.status_code', 'name') },
  { name: 'gRPC, rpc.status_code', of: grpc('rpc.status_code', 'name') },
  { name: 'Java agent', of: javaAgent },
  {
    name: 'Spring Boot, Micrometer',
    of: micrometer,
    loses: 'what was thrown where there was an answer',
  },
  { name: 'numbers in paths', of: idsInPaths('numbers') },
  { name: 'UUIDs in paths', of: idsInPaths('uuids') },
  { name: 'words in paths', of: idsInPaths('words') },
  { name: 'methods alone', of: methodsAlone, loses: 'which operation was called' },
  { name: 'one service mute', of: oneMute, loses: 'its calls: limits, tries, breakers, databases' },
  { name: 'all services mute', of: mute(() => true), loses: 'all calls: limits, tries, breakers, databases' },
  { name: 'leaves silent', of: leavesSilent, loses: 'what services did that call nobody' },
  { name: 'messages with replies', of: messages },
  { name: 'parents end before children', of: endsBeforeChildren },
  { name: 'clients end with headers', of: endsWithHeaders, loses: 'when good answers were complete' },
  { name: 'clocks a second off', of: skewed },
  { name: 'whole milliseconds', of: inMilliseconds },
  { name: 'head sampled, 20 %', of: sampledAtHead(0.2), loses: 'four of five requests' },
  { name: 'tail sampled', of: sampledAtTail(0.05, 500), loses: '19 of 20 good requests' },
  { name: 'status unset', of: statusUnset, loses: 'what was thrown where there was an answer' },
  { name: '404 as an error', of: notFound },
  {
    name: 'names of the cluster',
    of: clusterNames,
    nameOf: (name) => name.replace(/\.default\.svc\.cluster\.local$/, ''),
  },
  {
    name: 'services named with their namespace',
    of: namespacedNames,
    nameOf: (name) => name.replace(/\.default$/, ''),
  },
  { name: 'no instances', of: withoutInstances },
  { name: 'peers by address', of: addresses, nameOf: (name) => (name === 'postgresql' ? 'postgres' : name) },
]
