import { addZipkinSpans } from '../../packages/aftershock/src/formats/zipkin.ts'
import type { SpanInput } from '../../packages/aftershock/src/model/span-input.ts'
import { CLIENT, SERVER } from '../../packages/aftershock/src/model/span-kind.ts'
import type { SpanTable } from '../../packages/aftershock/src/model/span-table.ts'
import { SpanTableBuilder } from '../../packages/aftershock/src/model/span-table-builder.ts'
import { httpMethodOf, httpStatusOf, isCall, kinOf, type Said, textIn, wordsOf } from './said.ts'

const KINDS = ['', '', 'SERVER', 'CLIENT', 'PRODUCER', 'CONSUMER']

/**
 * Brave's shape in Zipkin's JSON: a client and its server share one id, a status of HTTP is told only where it is none
 * of the good ones, `error` is a tag, names are lower case, nobody tells of pods but by address.
 *
 * @see https://github.com/openzipkin/brave/tree/master/instrumentation/http
 */
export function readAsZipkin(spans: readonly Said[]): SpanTable {
  const { parent } = kinOf(spans)
  const shares = spans.map(
    ({ span }, i) => span.kind === SERVER && parent[i] !== -1 && isCall(spans[parent[i]].span),
  )
  const idOf = (i: number): string => (shares[i] ? spans[parent[i]].span.spanId : spans[i].span.spanId)
  const json = spans.map(({ service, pod, span }, i) => ({
    traceId: span.traceId,
    id: idOf(i),
    parentId: shares[i]
      ? spans[parent[i]].span.parentSpanId
      : parent[i] === -1
        ? span.parentSpanId
        : idOf(parent[i]),
    name: span.name.toLowerCase(),
    ...(KINDS[span.kind] === '' ? {} : { kind: KINDS[span.kind] }),
    timestamp: Number(span.startNs / 1000n),
    duration: Math.max(1, Number((span.endNs - span.startNs) / 1000n)),
    localEndpoint: { serviceName: service, ipv4: addressOf(pod) },
    ...(span.kind === CLIENT
      ? { remoteEndpoint: { serviceName: textIn(span, 'server.address', 'net.peer.name') } }
      : {}),
    tags: tagsOf(span),
    ...(shares[i] ? { shared: true } : {}),
  }))
  const builder = new SpanTableBuilder({ attributes: 'drop' })
  addZipkinSpans(builder, json)
  return builder.finish()
}

function addressOf(pod: string): string {
  let hash = 0
  for (let i = 0; i < pod.length; i++) hash = (Math.imul(hash, 31) + pod.charCodeAt(i)) >>> 0
  return `10.${hash & 255}.${(hash >>> 8) & 255}.${(hash >>> 16) & 255}`
}

function tagsOf(span: SpanInput): Readonly<Record<string, string>> {
  const status = httpStatusOf(span)
  const code = textIn(span, 'rpc.grpc.status_code')
  const [exception] = span.events ?? []
  const words =
    String(exception?.attributes?.['exception.message'] ?? '') ||
    textIn(span, 'error.type') ||
    span.statusMessage
  const error = span.status !== 2 ? undefined : status > 0 ? String(status) : words || 'true'
  const path =
    textIn(span, 'url.path', 'http.target') ||
    textIn(span, 'url.full', 'http.url').replace(/^\w+:\/\/[^/]*/, '')
  const tags: Readonly<Record<string, string | undefined>> = {
    'http.method': httpMethodOf(span),
    'http.path': path || textIn(span, 'http.route'),
    'http.status_code': status >= 200 && status < 300 ? '' : status === 0 ? '' : String(status),
    'rpc.service': textIn(span, 'rpc.service'),
    'rpc.method': textIn(span, 'rpc.method'),
    'rpc.error_code': code === '' || code === '0' ? '' : CODE_NAMES[Number(code)],
    'sql.query': textIn(span, 'db.system', 'db.system.name') === '' ? '' : 'select 1',
    error: error === undefined ? '' : /\w/.test(error) ? error : wordsOf(span),
  }
  return Object.fromEntries(Object.entries(tags).flatMap(([key, value]) => (value ? [[key, value]] : [])))
}

const CODE_NAMES: Readonly<Record<number, string>> = {
  1: 'CANCELLED',
  2: 'UNKNOWN',
  4: 'DEADLINE_EXCEEDED',
  8: 'RESOURCE_EXHAUSTED',
  13: 'INTERNAL',
  14: 'UNAVAILABLE',
}
