import { idOf } from '../../packages/aftershock/src/analysis/test-support/span-words.ts'
import type { SpanInput } from '../../packages/aftershock/src/model/span-input.ts'
import { CLIENT } from '../../packages/aftershock/src/model/span-kind.ts'
import { type Attributes, httpMethodOf, isHttp, kinOf, type Said, textIn } from './said.ts'

type Slot = 'numbers' | 'uuids' | 'words'

/** Paths with what they are about in them, as names too; nobody tells of routes. Both ends say the same path. */
export function idsInPaths(slot: Slot): (spans: readonly Said[]) => readonly Said[] {
  return (spans) => {
    const { parent } = kinOf(spans)
    return spans.map((said, i) => {
      const { span } = said
      if (!isHttp(span)) return said
      const up = parent[i] === -1 ? undefined : spans[parent[i]].span
      const call = span.kind === CLIENT || up?.kind !== CLIENT ? span : up
      const path = `${pathOf(span)}/${idIn(call, slot)}`
      return {
        ...said,
        span: { ...span, name: `${httpMethodOf(span)} ${path}`, attributes: withPath(span, path) },
      }
    })
  }
}

function idIn({ traceId, spanId }: SpanInput, slot: Slot): string {
  const hex = idOf(0, `${traceId}${spanId} about`, 32)
  if (slot === 'numbers') return String(Number.parseInt(hex.slice(0, 6), 16))
  if (slot === 'uuids') return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return [0, 4, 8].map((at) => WORDS[Number.parseInt(hex.slice(at, at + 4), 16) % WORDS.length]).join('-')
}

const WORDS =
  'amber birch cedar delta ember fjord grove heron iris jade kelp lotus maple north olive pearl quartz river slate tulip umber violet willow zephyr'.split(
    ' ',
  )

function pathOf(span: SpanInput): string {
  const path = textIn(span, 'http.route', 'url.path', 'http.target')
  return path || textIn(span, 'url.full', 'http.url').replace(/^\w+:\/\/[^/]*/, '')
}

function withPath(span: SpanInput, path: string): Attributes {
  const {
    'http.route': _,
    'http.target': __,
    'http.url': ___,
    'url.full': ____,
    ...attributes
  } = span.attributes ?? {}
  const peer = textIn(span, 'server.address', 'net.peer.name')
  const isOld = attributes['http.method'] !== undefined
  if (span.kind === CLIENT)
    return { ...attributes, [isOld ? 'http.url' : 'url.full']: `http://${peer}:8080${path}` }
  return { ...attributes, [isOld ? 'http.target' : 'url.path']: path }
}

/** `HTTP GET` is all that is said: no route and no path at either end. */
export function methodsAlone(spans: readonly Said[]): readonly Said[] {
  return spans.map((said) => {
    const { span } = said
    if (!isHttp(span)) return said
    const {
      'http.route': _,
      'url.path': __,
      'http.target': ___,
      'url.full': ____,
      'http.url': _____,
      ...attributes
    } = span.attributes ?? {}
    return { ...said, span: { ...span, name: `HTTP ${httpMethodOf(span)}`, attributes } }
  })
}

/** Collectors that tell of deployments and pods alone, and callers that name whom they call as the cluster's names do. */
export function clusterNames(spans: readonly Said[]): readonly Said[] {
  return spans.map((said) => ({
    ...said,
    resource: {
      'k8s.deployment.name': said.service,
      'k8s.pod.name': `${said.service}-7c9f8d6b54-${said.pod.slice(-5)}`,
      'k8s.namespace.name': 'default',
    },
    span: withPeer(said.span, (peer) => `${peer}.default.svc.cluster.local`),
  }))
}

/** Services that carry their namespace in their name, with calls addressed in short. */
export function namespacedNames(spans: readonly Said[]): readonly Said[] {
  return spans.map((said) => ({
    ...said,
    resource: {
      'service.name': `${said.service}.default`,
      'service.namespace': 'default',
      'k8s.pod.name': said.pod,
    },
  }))
}

/** Nobody says which instance a span is from. */
export function withoutInstances(spans: readonly Said[]): readonly Said[] {
  return spans.map((said) => ({ ...said, resource: { 'service.name': said.service } }))
}

/** Peers by address: `10.4.7.9:8080`. */
export function addresses(spans: readonly Said[]): readonly Said[] {
  return spans.map((said) => ({
    ...said,
    span: withPeer(
      said.span,
      (peer) => `10.0.${Number.parseInt(idOf(0, peer, 2), 16)}.${Number.parseInt(idOf(1, peer, 2), 16)}`,
    ),
  }))
}

function withPeer(span: SpanInput, as: (peer: string) => string): SpanInput {
  const name = span.attributes?.['server.address'] === undefined ? 'net.peer.name' : 'server.address'
  const peer = textIn(span, name)
  if (peer === '' || span.kind !== CLIENT) return span
  const { 'url.full': _, 'http.url': __, ...attributes } = span.attributes ?? {}
  return { ...span, attributes: { ...attributes, [name]: as(peer) } }
}
