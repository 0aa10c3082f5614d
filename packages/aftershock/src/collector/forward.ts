import { errorText } from '../model/error-text.ts'
import type { Acceptance, BodySink, ReceivedBody } from './received-body.ts'

export type ForwardOptions = {
  /** OTLP/HTTP endpoint without the path, for example `http://collector:4318`. */
  readonly endpoint: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Bodies beyond are dropped and counted. */
  readonly bytesMax?: number | undefined
  readonly connectionsMax?: number | undefined
  readonly timeoutMs?: number | undefined
}

export type Forwarding = {
  /** The sink to give to receivers: it forwards a copy, and answers what the sink behind it answers. */
  readonly receive: BodySink
  stats(): ForwardStats
  /** Waits for what is queued, at most `patienceMs`; the rest is dropped and counted. */
  close(patienceMs: number): Promise<ForwardStats>
}

export type ForwardStats = {
  readonly forwardedBodies: number
  /** The queue was full, or the endpoint refused for good, or was still away after the last try. */
  readonly droppedBodies: number
  readonly queuedBytes: number
  /** Why the last one was dropped. */
  readonly lastError: string | undefined
}

const TRIES = 3
const BACKOFF_MS = 500

/**
 * Sends accepted bodies on, unchanged, to another OTLP endpoint, so that whoever received the telemetry
 * before still does. Never slows the receiver: what does not fit into the queue is dropped and counted.
 */
export function forwarding(next: BodySink, options: ForwardOptions): Forwarding {
  const bytesMax = options.bytesMax ?? 64 << 20
  const connectionsMax = options.connectionsMax ?? 4
  const queue: ReceivedBody[] = []
  const state = { bytes: 0, sending: 0, forwarded: 0, dropped: 0, closed: false }
  let lastError: string | undefined
  let idle = Promise.withResolvers<void>()
  const stop = new AbortController()
  const drop = (why: string): void => {
    state.dropped += 1
    lastError = why
  }
  const pump = (): void => {
    while (state.sending < connectionsMax && queue.length > 0) {
      const body = queue.shift() as ReceivedBody
      state.sending += 1
      void send(body, options, stop.signal).then((error) => {
        state.sending -= 1
        state.bytes -= body.bytes.length
        if (error === undefined) state.forwarded += 1
        else drop(error)
        pump()
      })
    }
    if (state.sending === 0 && queue.length === 0) idle.resolve()
  }
  const fits = (body: ReceivedBody): boolean => state.bytes + body.bytes.length <= bytesMax
  const enqueue = (body: ReceivedBody | undefined): void => {
    if (state.closed) return
    if (body === undefined || !fits(body)) {
      drop(`more than ${bytesMax} bytes are waiting`)
      return
    }
    if (state.sending === 0 && queue.length === 0) idle = Promise.withResolvers<void>()
    state.bytes += body.bytes.length
    queue.push(body)
    pump()
  }
  const stats = (): ForwardStats => ({
    forwardedBodies: state.forwarded,
    droppedBodies: state.dropped,
    queuedBytes: state.bytes,
    lastError,
  })
  pump()
  return {
    receive: async (body): Promise<Acceptance> => {
      // A copy, for the sink behind transfers the bytes to its worker; none where it would be dropped.
      const copy = fits(body) ? { ...body, bytes: body.bytes.slice() } : undefined
      const acceptance = await next(body)
      // What is refused comes again; only what was taken goes on.
      if (acceptance.kind === 'accepted') enqueue(copy)
      return acceptance
    },
    stats,
    close: async (patienceMs) => {
      state.closed = true
      const patience = setTimeout(() => {
        for (const _ of queue.splice(0)) drop('it was still waiting when the run ended')
        stop.abort()
        idle.resolve()
      }, patienceMs)
      await idle.promise
      clearTimeout(patience)
      return stats()
    },
  }
}

/** @returns why it could not be sent; undefined when it was */
async function send(
  body: ReceivedBody,
  options: ForwardOptions,
  stop: AbortSignal,
): Promise<string | undefined> {
  const url = `${options.endpoint.replace(/\/+$/, '')}/v1/${body.signal}`
  let why = ''
  for (let attempt = 0; attempt < TRIES; attempt++) {
    if (attempt > 0) await pause(BACKOFF_MS * 2 ** (attempt - 1), stop)
    if (stop.aborted) break
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { ...options.headers, ...headersOf(body) },
        body: body.bytes,
        redirect: 'error',
        signal: AbortSignal.any([stop, AbortSignal.timeout(options.timeoutMs ?? 10_000)]),
      })
      await response.arrayBuffer()
      if (response.ok) return undefined
      why = `${url} answered ${response.status}`
      if (![429, 502, 503, 504].includes(response.status)) return why
    } catch (error) {
      why = `${url} cannot be reached: ${reasonOf(error)}`
    }
  }
  return why === '' ? 'the run ended' : why
}

function headersOf(body: ReceivedBody): Record<string, string> {
  return {
    'content-type': body.encoding === 'json' ? 'application/json' : 'application/x-protobuf',
    ...(body.compression === 'identity' ? {} : { 'content-encoding': body.compression }),
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? (error.cause ?? error) : error
  return errorText(cause)
}

function pause(ms: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    stop.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
