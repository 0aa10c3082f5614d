import { createInterface } from 'node:readline'
import type { Clock } from '../engine/clock.ts'
import { ApiError, apiErrorOf } from './api-error.ts'
import type { KubeObject } from './objects.ts'
import { type Resource, resourcePath } from './resources.ts'
import type { Scope } from './scope.ts'
import { bodyOf, type Sender } from './send-patiently.ts'
import type { Transport } from './transport.ts'

export type WatchLine = {
  /** `BOOKMARK` carries only a newer `metadata.resourceVersion`. */
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: KubeObject
  /** When the line arrived, by our clock. */
  readonly receivedNs: bigint
}

export type WatchRequest = {
  readonly resource: Resource
  readonly scope?: Scope | undefined
  readonly resourceVersion: string
  readonly onLine: (line: WatchLine) => void
  readonly signal: AbortSignal
  /** The server ends the watch after so long; default 290 s. */
  readonly timeoutSeconds?: number | undefined
}

export type WatchEnd =
  /** The server closed it, as it does every few minutes: go on from the last resourceVersion. */
  | { readonly kind: 'closed' }
  /** 410: that resourceVersion is too old, list again. */
  | { readonly kind: 'expired' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'failed'; readonly error: ApiError }

const timeoutSeconds = 290

/** Reads one watch to its end. A silent server counts as gone soon after the end it was asked for. */
export async function watchStream(
  transport: Transport,
  send: Sender,
  clock: Clock,
  request: WatchRequest,
): Promise<WatchEnd> {
  const asked = request.timeoutSeconds ?? timeoutSeconds
  const path = `${resourcePath(request.resource, request.scope ?? {})}?${parametersOf(request, asked)}`
  const silent = AbortSignal.timeout((asked + 15) * 1_000)
  const signal = AbortSignal.any([request.signal, silent])
  try {
    send.countRequest()
    const response = await transport.send({ method: 'GET', path, signal })
    const status = response.statusCode ?? 0
    if (status >= 400) throw apiErrorOf(status, await bodyOf(response), response.headers['retry-after'])
    response.on('error', () => undefined)
    for await (const line of createInterface({ input: response, crlfDelay: Number.POSITIVE_INFINITY })) {
      const ended = readLine(line, clock.nowNs(), request)
      if (ended !== undefined) {
        response.destroy()
        return ended
      }
    }
    return request.signal.aborted ? { kind: 'aborted' } : { kind: 'closed' }
  } catch (error) {
    if (request.signal.aborted) return { kind: 'aborted' }
    if (!(error instanceof ApiError)) return { kind: 'closed' }
    if (error.status === 401) transport.renew()
    return error.status === 410 ? { kind: 'expired' } : { kind: 'failed', error }
  }
}

function parametersOf(request: WatchRequest, asked: number): URLSearchParams {
  const { labelSelector, fieldSelector } = request.scope ?? {}
  return new URLSearchParams({
    watch: 'true',
    resourceVersion: request.resourceVersion,
    allowWatchBookmarks: 'true',
    timeoutSeconds: String(asked),
    ...(labelSelector !== undefined && { labelSelector }),
    ...(fieldSelector !== undefined && { fieldSelector }),
  })
}

/** An error comes as a line of an answer that began with 200. */
function readLine(line: string, receivedNs: bigint, request: WatchRequest): WatchEnd | undefined {
  if (line === '') return undefined
  let parsed: { type?: string; object?: unknown }
  try {
    parsed = JSON.parse(line)
  } catch {
    return { kind: 'closed' }
  }
  if (parsed.type === 'ERROR') {
    const error = apiErrorOf(500, JSON.stringify(parsed.object ?? {}), undefined)
    return error.status === 410 ? { kind: 'expired' } : { kind: 'failed', error }
  }
  const { type } = parsed
  if (type === 'ADDED' || type === 'MODIFIED' || type === 'DELETED' || type === 'BOOKMARK')
    request.onLine({ type, object: parsed.object as KubeObject, receivedNs })
  return undefined
}
