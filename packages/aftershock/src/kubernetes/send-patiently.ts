import type { IncomingMessage } from 'node:http'
import type { Clock } from '../engine/clock.ts'
import { ApiError, apiErrorOf } from './api-error.ts'
import type { HttpCall, Transport } from './transport.ts'

export type Answer = { readonly value: unknown }

/** Sends calls, again while the server is away or busy. */
export type Sender = {
  /** @throws ApiError */
  json(call: HttpCall): Promise<Answer>
  /** Whether the refusal came after a try whose answer never arrived. */
  wasRetried(error: ApiError): boolean
  clockSkewMs(): number | undefined
  requestCount(): number
  countRequest(): void
}

const firstPauseMs = 100
const longestPauseMs = 2_000
const bodyMs = 60_000
const bodyBytesMax = 256 << 20

export function sender(transport: Transport, clock: Clock, patienceMs: number): Sender {
  const retried = new WeakSet<ApiError>()
  let requests = 0
  let skewMs: number | undefined
  const once = async (call: HttpCall): Promise<Answer> => {
    requests += 1
    const sentNs = clock.nowNs()
    const response = await transport.send(call)
    skewMs = skewOf(response, sentNs, clock.nowNs()) ?? skewMs
    const body = await bodyOf(response)
    const status = response.statusCode ?? 0
    if (status >= 400) throw apiErrorOf(status, body, response.headers['retry-after'])
    return { value: /json/.test(response.headers['content-type'] ?? '') ? parse(body) : body }
  }
  const json = async (call: HttpCall): Promise<Answer> => {
    const deadlineNs = clock.nowNs() + BigInt(Math.round(patienceMs * 1e6))
    let wasAway = false
    let renewed = false
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 2)) {
      try {
        return await once(call)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
        if (wasAway) retried.add(error)
        if (error.status === 401 && !renewed) {
          transport.renew()
          renewed = true
          continue
        }
        const again = isAway(error) || (wasAway && isStarting(error))
        if (!again || clock.nowNs() > deadlineNs || call.signal?.aborted) throw error
        wasAway = true
        await clock.sleep(Math.max(pauseMs, (error.retryAfterSeconds ?? 0) * 1_000), call.signal)
      }
    }
  }
  return {
    json,
    wasRetried: (error) => retried.has(error),
    clockSkewMs: () => skewMs,
    requestCount: () => requests,
    countRequest: () => {
      requests += 1
    },
  }
}

/** Nobody there, overloaded, or restarting. A bad certificate is none of these: waiting does not mend it. */
function isAway(error: ApiError): boolean {
  if (error.status === 0) return !/CERT|TLS|SSL|SELF_SIGNED|Credentials|ENOTFOUND|ABORT/i.test(error.reason)
  return [429, 502, 503, 504].includes(error.status) || (error.status === 500 && /etcd/.test(error.message))
}

/** An API server that has just started does not know its users and roles for a moment. */
function isStarting(error: ApiError): boolean {
  return error.status === 401 || error.status === 403 || (error.status === 404 && error.reason === '')
}

export function bodyOf(response: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    const fail = (why: string): void => {
      response.destroy()
      reject(new ApiError(0, 'Broken', why))
    }
    const timer = setTimeout(() => fail(`the answer did not end within ${bodyMs / 1000} s`), bodyMs)
    response.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > bodyBytesMax) fail(`the answer is longer than ${bodyBytesMax} bytes`)
      else chunks.push(chunk)
    })
    response.once('end', () => {
      clearTimeout(timer)
      resolve(Buffer.concat(chunks).toString('utf8'))
    })
    response.once('error', (error) => {
      clearTimeout(timer)
      fail(`the answer broke off: ${error.message}`)
    })
    response.once('close', () => clearTimeout(timer))
  })
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    throw new ApiError(0, 'Broken', 'the answer is no JSON')
  }
}

/** The Date header has whole seconds: its middle, against the middle of the exchange. */
function skewOf(response: IncomingMessage, sentNs: bigint, receivedNs: bigint): number | undefined {
  const serverMs = Date.parse(response.headers.date ?? '')
  if (Number.isNaN(serverMs)) return undefined
  return serverMs + 500 - Number((sentNs + receivedNs) / 2_000_000n)
}
