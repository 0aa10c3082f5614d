import { idOf } from '../../packages/aftershock/src/analysis/test-support/span-words.ts'
import type { SpanInput } from '../../packages/aftershock/src/model/span-input.ts'
import { type Attributes, httpMethodOf, isGrpc, isHttp, type Said, textIn, wordsOf } from './said.ts'

const OLD: Readonly<Record<string, string>> = {
  'http.request.method': 'http.method',
  'http.response.status_code': 'http.status_code',
  'http.request.resend_count': 'http.resend_count',
  'url.path': 'http.target',
  'url.full': 'http.url',
  'server.address': 'net.peer.name',
  'server.port': 'net.peer.port',
  'db.system.name': 'db.system',
  'db.operation.name': 'db.operation',
  'messaging.destination.name': 'messaging.destination',
  'messaging.operation.type': 'messaging.operation',
}

const renamed = (attributes: Attributes, names: Readonly<Record<string, string>>): Attributes =>
  Object.fromEntries(Object.entries(attributes).map(([name, value]) => [names[name] ?? name, value]))

/** Semantic conventions of 2021: no `error.type`, the status' message says it. */
export function oldConventions(spans: readonly Said[]): readonly Said[] {
  return spans.map((said) => {
    const { 'error.type': type, ...attributes } = said.span.attributes ?? {}
    const statusMessage = said.span.statusMessage ?? (type === undefined ? undefined : String(type))
    return { ...said, span: { ...said.span, statusMessage, attributes: renamed(attributes, OLD) } }
  })
}

const CODES = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  '',
  'DEADLINE_EXCEEDED',
  '',
  '',
  '',
  'RESOURCE_EXHAUSTED',
] as const
const NAMES: Readonly<Record<number, string>> = { 13: 'INTERNAL', 14: 'UNAVAILABLE' }

/** Semantic conventions of 2026: gRPC's status by its name, peers by `service.peer.name`, no exception events. */
export function newConventions(spans: readonly Said[]): readonly Said[] {
  const NEW = Object.fromEntries(Object.entries(OLD).map(([now, before]) => [before, now]))
  return spans.map((said) => {
    const { events, ...span } = said.span
    const {
      'rpc.grpc.status_code': code,
      'rpc.system': system,
      ...rest
    } = renamed(span.attributes ?? {}, NEW)
    const type = textIn(span, 'error.type') || String(events?.[0]?.attributes?.['exception.type'] ?? '')
    const peer = rest['server.address']
    const attributes: Attributes = {
      ...rest,
      ...(code === undefined ? {} : { 'rpc.response.status_code': codeName(Number(code)) }),
      ...(system === undefined ? {} : { 'rpc.system.name': system }),
      ...(type === '' ? {} : { 'error.type': type }),
      ...(peer === undefined ? {} : { 'service.peer.name': peer }),
    }
    return { ...said, span: { ...span, attributes } }
  })
}

/** Every call a gRPC call; the status as a number or by its name, under one of three names. */
export function grpc(name: string, told: 'number' | 'name'): (spans: readonly Said[]) => readonly Said[] {
  return (spans) => spans.map((said) => ({ ...said, span: asGrpc(said.span, said.service, name, told) }))
}

function asGrpc(span: SpanInput, service: string, name: string, told: 'number' | 'name'): SpanInput {
  if (!isHttp(span) && !isGrpc(span)) return span
  const code = codeOf(span)
  const status = told === 'number' ? code : codeName(code)
  const peer = textIn(span, 'server.address', 'net.peer.name')
  const resent = span.attributes?.['http.request.resend_count']
  const [of, method] = isGrpc(span)
    ? [textIn(span, 'rpc.service'), textIn(span, 'rpc.method')]
    : [`shop.${(peer || service).replaceAll('-', '')}`, methodOf(span)]
  return {
    ...span,
    name: `${of}/${method}`,
    attributes: {
      ...{ 'rpc.system': 'grpc', 'rpc.service': of, 'rpc.method': method },
      // A call that no answer came to has no status but what the library makes of it.
      ...(code === -1 ? {} : { [name]: status }),
      ...(peer === '' ? {} : { 'server.address': peer, 'server.port': 50051 }),
      ...(resent === undefined ? {} : { 'http.request.resend_count': resent }),
    },
  }
}

function codeOf(span: SpanInput): number {
  if (isGrpc(span)) return Number(textIn(span, 'rpc.grpc.status_code') || -1)
  const status = Number(textIn(span, 'http.response.status_code', 'http.status_code') || 0)
  if (status === 504 || (status === 0 && /time-?d?out|TIMEDOUT|deadline/i.test(wordsOf(span)))) return 4
  if (status === 0 && /Abort/.test(wordsOf(span))) return 1
  if (/circuit|EOPENBREAKER/i.test(wordsOf(span)) && status === 0) return -1
  if (status === 0 || status === 503) return 14
  return status === 429 ? 8 : status >= 500 ? 13 : 0
}

function codeName(code: number): string {
  return CODES[code] ?? NAMES[code] ?? 'UNKNOWN'
}

/** `POST /session/items` → `PostSessionItems`: both ends of a call say the same. */
function methodOf(span: SpanInput): string {
  const method = httpMethodOf(span)
  const url =
    textIn(span, 'http.route', 'url.path', 'http.target') ||
    textIn(span, 'url.full', 'http.url').replace(/^\w+:\/\/[^/]*/, '')
  const words = url.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return [method.toLowerCase(), ...words]
    .map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
    .join('')
}

/** Errors are told by the status of HTTP alone: no status of the span, no exception. */
export function statusUnset(spans: readonly Said[]): readonly Said[] {
  return spans.map((said) => {
    const { span } = said
    if (!isHttp(span) || textIn(span, 'http.response.status_code', 'http.status_code') === '') return said
    const { events: _, statusMessage: __, ...rest } = span
    const { 'error.type': ___, ...attributes } = span.attributes ?? {}
    return { ...said, span: { ...rest, status: 0, attributes } }
  })
}

/** One answer in eight is "not found", and both ends call that an error. */
export function notFound(spans: readonly Said[]): readonly Said[] {
  const isMissing = ({ traceId }: SpanInput): boolean => Number.parseInt(idOf(0, traceId, 8), 16) % 8 === 0
  return spans.map((said) => {
    const { span } = said
    const name =
      span.attributes?.['http.status_code'] === undefined ? 'http.response.status_code' : 'http.status_code'
    if (Number(span.attributes?.[name] ?? 0) !== 200 || !isMissing(span)) return said
    return {
      ...said,
      span: { ...span, status: 2, attributes: { ...span.attributes, [name]: 404, 'error.type': '404' } },
    }
  })
}
