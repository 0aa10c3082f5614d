import type { SpanInput } from '../../packages/aftershock/src/model/span-input.ts'
import { CLIENT } from '../../packages/aftershock/src/model/span-kind.ts'
import { type Attributes, httpMethodOf, httpPathOf, httpStatusOf, isHttp, type Said, textIn } from './said.ts'

/**
 * Spring Boot 3 with Micrometer's tracing over OpenTelemetry (Default{Server,Client}RequestObservationConvention,
 * OtelSpan): attributes of metrics, all of them text. What was answered is no error, and ends with the status OK; what
 * was thrown by a call is one.
 */
export function micrometer(spans: readonly Said[]): readonly Said[] {
  return spans.map((said) => (isHttp(said.span) ? { ...said, span: observed(said.span) } : said))
}

function observed(span: SpanInput): SpanInput {
  const { events, statusMessage, attributes: _, ...rest } = span
  const http = httpStatusOf(span)
  const isCall = span.kind === CLIENT
  const isThrown = isCall && http === 0 && span.status === 2
  const method = httpMethodOf(span)
  const route = textIn(span, 'http.route')
  const type = textIn(span, 'error.type') || 'ResourceAccessException'
  const thrown = [
    {
      ...{ name: 'exception', timeNs: span.endNs },
      attributes: { 'exception.type': type, 'exception.message': statusMessage ?? '' },
    },
  ]
  const attributes: Attributes = {
    ...{ method, uri: route || 'none', outcome: outcomeOf(http), exception: isThrown ? type : 'none' },
    status: http === 0 ? (isCall ? 'CLIENT_ERROR' : 'UNKNOWN') : String(http),
    'http.url': isCall ? urlOf(span) : httpPathOf(span) || '/',
    ...(isCall ? { 'client.name': textIn(span, 'server.address', 'net.peer.name') || 'none' } : {}),
  }
  return {
    ...rest,
    name: `http ${method.toLowerCase()}${isCall || route === '' ? '' : ` ${route}`}`,
    status: isThrown ? 2 : 1,
    ...(isThrown ? { statusMessage, events: events ?? thrown } : {}),
    attributes,
  }
}

function outcomeOf(http: number): string {
  if (http === 0) return 'UNKNOWN'
  return http < 300 ? 'SUCCESS' : http < 400 ? 'REDIRECTION' : http < 500 ? 'CLIENT_ERROR' : 'SERVER_ERROR'
}

function urlOf(span: SpanInput): string {
  const [host, port] = [
    textIn(span, 'server.address', 'net.peer.name'),
    textIn(span, 'server.port', 'net.peer.port'),
  ]
  return (
    textIn(span, 'url.full', 'http.url') ||
    `http://${host}${port === '' ? '' : `:${port}`}${httpPathOf(span) || '/'}`
  )
}
