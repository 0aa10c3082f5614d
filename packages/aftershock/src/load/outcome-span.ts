import type { SpanInput } from '../model/span-input.ts'
import type { LoadRequest } from '../model/system.ts'
import { isError, type Outcome } from './outcome.ts'

/** OTLP numbers. */
const kindClient = 3
const statusUnset = 0
const statusError = 2

/**
 * The root span of a request: the user's side of the trace, HTTP client conventions.
 *
 * It starts when the request was due, so that its duration is the latency the load reports.
 */
export function outcomeSpan(request: LoadRequest, outcome: Outcome): SpanInput {
  const { answer } = outcome
  const url = new URL(request.url)
  const failed = isError(answer)
  const errorType = 'failure' in answer ? answer.failure : String(answer.status)
  return {
    traceId: outcome.traceId,
    spanId: outcome.spanId,
    name: outcome.entry,
    kind: kindClient,
    startNs: outcome.intendedNs,
    endNs: outcome.endNs,
    status: failed ? statusError : statusUnset,
    statusMessage: 'failure' in answer ? answer.message : undefined,
    attributes: {
      'http.request.method': request.method,
      'url.full': request.url,
      'server.address': url.hostname,
      'server.port': Number(url.port) || (url.protocol === 'https:' ? 443 : 80),
      ...('status' in answer ? { 'http.response.status_code': answer.status } : {}),
      ...(failed ? { 'error.type': errorType } : {}),
    },
  }
}
