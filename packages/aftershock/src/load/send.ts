import type { Dispatcher } from 'undici'
import type { LoadRequest } from '../model/system.ts'
import { type Answer, failureOf } from './outcome.ts'

export type Exchange = {
  readonly request: LoadRequest
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  /** From now. */
  readonly timeoutMs: number
}

type Controller = { abort(reason: Error): void }

/**
 * Sends one request and reads the whole answer; `done` is called exactly once, at the latest after
 * `timeoutMs`, even while the connection is still being made.
 */
export function send(dispatcher: Dispatcher, exchange: Exchange, done: (answer: Answer) => void): void {
  let controller: Controller | undefined
  let status = 0
  let settled = false
  const settle = (answer: Answer): void => {
    if (settled) return
    settled = true
    clearTimeout(timer)
    done(answer)
  }
  const timer = setTimeout(() => {
    settle({ failure: 'timeout', message: `no answer within ${Math.round(exchange.timeoutMs)} ms` })
    controller?.abort(new Error('timeout'))
  }, Math.ceil(exchange.timeoutMs))
  try {
    dispatcher.dispatch(
      {
        path: exchange.path,
        method: exchange.request.method,
        headers: exchange.headers,
        body: exchange.request.body ?? null,
      },
      {
        onRequestStart: (started) => {
          controller = started
          // Given up while the connection was being made: it must not reach the server now.
          if (settled) started.abort(new Error('timeout'))
        },
        onResponseStart: (_, statusCode) => {
          status = statusCode
        },
        onResponseData: () => undefined,
        onResponseEnd: () => settle({ status }),
        onResponseError: (_, error) => settle(failureOf(error)),
      },
    )
  } catch (error) {
    // undici throws for requests that it cannot write, such as an invalid header.
    settle(failureOf(error instanceof Error ? error : new Error(String(error))))
  }
}
