import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { errorText } from '../../model/error-text.ts'
import type { Metric } from './metrics-text.ts'
import { metricsText } from './metrics-text.ts'
import {
  archivesIn,
  eventsIn,
  experimentsIn,
  findExperiment,
  type Known,
  windowFileAnswer,
  windowsAnswer,
} from './watch-answers.ts'
import type { Watcher } from './watcher.ts'

export type WatchServerOptions = {
  readonly host: string
  readonly port: number
  /** For `/api`; undefined: anybody who reaches the port (loopback only). */
  readonly token: string | undefined
  readonly known: Known
  readonly watcher: Watcher
  readonly metrics: () => readonly Metric[]
  /** Undefined: ready; otherwise why not. */
  readonly unready: () => string | undefined
}

export type WatchServer = { readonly host: string; readonly port: number; close(): Promise<void> }

const WAIT_MS_MAX = 60_000

/**
 * `/healthz`, `/readyz`, `/metrics` for everybody; `/api/windows` (waits with `?after=<revision>&wait=<ms>`),
 * `/api/experiments[/<id>]`, `/api/archives`, `/api/events` and `/api/window-file/<id>` with the token.
 */
export async function startWatchServer(options: WatchServerOptions): Promise<WatchServer> {
  const server = createServer((request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      json(response, 500, { error: errorText(error) })
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => resolve())
  })
  const { address, port } = server.address() as AddressInfo
  return { host: address, port, close: () => closed(server) }
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

async function answer(
  options: WatchServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://watch')
  if (request.method !== 'GET' && request.method !== 'HEAD') return json(response, 405, { error: 'only GET' })
  if (url.pathname === '/healthz') return text(response, 200, 'ok\n')
  if (url.pathname === '/readyz') {
    const why = options.unready()
    return text(response, why === undefined ? 200 : 503, `${why ?? 'ready'}\n`)
  }
  if (url.pathname === '/metrics') return text(response, 200, metricsText(options.metrics()))
  if (!url.pathname.startsWith('/api/')) return json(response, 404, { error: 'there is nothing here' })
  if (!isAllowed(request, options.token))
    return json(response, 401, { error: 'Authorization: Bearer <token>' })
  await answerApi(options, url, request, response)
}

async function answerApi(
  { known, watcher }: WatchServerOptions,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const query = Object.fromEntries(url.searchParams)
  const [, , collection = '', ...rest] = url.pathname.split('/').map(decodeURIComponent)
  const asked = rest.join('/')
  if (collection === 'windows') {
    const waitMs = Math.min(WAIT_MS_MAX, Number(query.wait ?? 0) || 0)
    const left = new AbortController()
    request.on('close', () => left.abort())
    if (waitMs > 0) await watcher.changed(Number(query.after ?? 0) || 0, waitMs, left.signal)
    return json(response, 200, windowsAnswer(known, query.namespace))
  }
  if (collection === 'experiments' && asked === '')
    return json(response, 200, experimentsIn(known, query.namespace))
  if (collection === 'archives' && asked === '')
    return json(response, 200, archivesIn(known, query.namespace))
  if (collection === 'events') return json(response, 200, eventsIn(known, query))
  const found =
    collection === 'window-file'
      ? windowFileAnswer(known, asked)
      : ['experiments', 'archives'].includes(collection)
        ? findExperiment(known, asked)
        : undefined
  const why = `there is no experiment ${asked}, or nothing was injected for sure`
  return found === undefined ? json(response, 404, { error: why }) : json(response, 200, found)
}

/** Compared by digest, so that the time taken tells nothing. */
function isAllowed(request: IncomingMessage, token: string | undefined): boolean {
  // Without a token only a browser's own page is kept out: its Host would be another name.
  if (token === undefined)
    return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/.test(request.headers.host ?? '')
  const given = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? ''
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest()
  return timingSafeEqual(digest(given), digest(token))
}

function json(response: ServerResponse, status: number, value: unknown): void {
  if (response.writableEnded || response.destroyed) return
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(`${JSON.stringify(value)}\n`)
}

function text(response: ServerResponse, status: number, value: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(value)
}
