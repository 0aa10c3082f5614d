import type { TraceContext } from './trace-context.ts'

/**
 * Why a request has no answer. `timeout`: none within the limit; `refused`: nobody listens; `reset`: the
 * connection broke before the whole answer came; `unresolved`: the name is unknown; `not-sent`: too many
 * requests were in flight already; `other`: see the message.
 */
export type FailureKind = 'timeout' | 'refused' | 'reset' | 'unresolved' | 'not-sent' | 'other'

/** What came back for one request. A status is an answer, good or bad. */
export type Answer = { readonly status: number } | { readonly failure: FailureKind; readonly message: string }

/** One request of the load. Times are ns since the epoch; latency counts from `intendedNs`. */
export type Outcome = TraceContext & {
  readonly entry: string
  /** When it was due. */
  readonly intendedNs: bigint
  /** When it left; equal to `intendedNs` for one that was never sent. */
  readonly sentNs: bigint
  readonly endNs: bigint
  readonly answer: Answer
}

/** Users see an error when nothing, or a status of 400 or more, comes back. */
export function isError(answer: Answer): boolean {
  return 'failure' in answer || answer.status >= 400
}

/** @returns the kind of an error of undici or the system */
export function failureOf(error: Error & { readonly code?: unknown }): Answer {
  const code = typeof error.code === 'string' ? error.code : ''
  return { failure: kinds[code] ?? 'other', message: error.message || code || error.name }
}

const kinds: Readonly<Record<string, FailureKind>> = {
  UND_ERR_CONNECT_TIMEOUT: 'timeout',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  ETIMEDOUT: 'timeout',
  ECONNREFUSED: 'refused',
  UND_ERR_SOCKET: 'reset',
  ECONNRESET: 'reset',
  EPIPE: 'reset',
  ECONNABORTED: 'reset',
  ENOTFOUND: 'unresolved',
  EAI_AGAIN: 'unresolved',
}
