import { readFileSync } from 'node:fs'
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import type { TcpNetConnectOpts } from 'node:net'
import { errorText } from '../../model/error-text.ts'
import { headerOf } from './http-headers.ts'
import { BODY_BYTES_MAX, inflated } from './http-inflate.ts'
import { proxyFor, tunnel } from './http-proxy.ts'
import { later } from './owed-work.ts'

// Imported as modules, every export of these is looked at, and one of them loads all of `fetch`: 40 ms of CPU.
const { request: requestHttp } = process.getBuiltinModule('node:http')
const { connect } = process.getBuiltinModule('node:net')

export type HttpRequest = {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  /** `undefined`: no limit. */
  readonly connectTimeoutMs: number | undefined
  /** Between two pieces of the answer, not for all of it. */
  readonly readTimeoutMs: number | undefined
  readonly verifiesTls: boolean
  /** Instead of those of the environment. */
  readonly certificates?: HttpCertificates
  readonly signal: AbortSignal | undefined
}

export type HttpCertificates = {
  readonly ca?: readonly Buffer[]
  readonly cert?: Buffer
  readonly key?: Buffer
}

export type HttpAnswer =
  | {
      readonly kind: 'answered'
      readonly status: number
      /** In order, names as they were sent, values of the same name joined with ", ". */
      readonly headers: ReadonlyMap<string, string>
      readonly body: Buffer
    }
  | { readonly kind: 'unreachable'; readonly message: string }
  | { readonly kind: 'too-slow' }
  /** What `requests` raises, and the reference does not expect: the run is aborted. `type` is its name there. */
  | { readonly kind: 'raised'; readonly type: string; readonly message: string }
  | { readonly kind: 'stopped' }

const REDIRECTS_MAX = 30

/** One call as Python's `requests` makes it: redirects followed, proxies of the environment honoured. */
export async function callOverHttp(first: HttpRequest): Promise<HttpAnswer> {
  let next = first
  for (let hop = 0; hop <= REDIRECTS_MAX; hop++) {
    const answer = await oneCall(next)
    const location = answer.kind === 'answered' ? redirectOf(answer.status, answer.headers) : undefined
    if (answer.kind !== 'answered' || location === undefined) return answer
    const url = URL.parse(location, next.url)
    if (url === null) return { kind: 'raised', type: 'InvalidURL', message: `Invalid URL '${location}'` }
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      const message = `No connection adapters were found for '${location}'`
      return { kind: 'raised', type: 'InvalidSchema', message }
    }
    next = redirected(next, answer.status, url)
  }
  return { kind: 'raised', type: 'TooManyRedirects', message: `Exceeded ${REDIRECTS_MAX} redirects.` }
}

function redirectOf(status: number, headers: ReadonlyMap<string, string>): string | undefined {
  if (![301, 302, 303, 307, 308].includes(status)) return undefined
  return headerOf(headers, 'location')
}

/** 303, and 301 and 302 of a POST, become GET; credentials do not go to another host. */
function redirected(request: HttpRequest, status: number, url: URL): HttpRequest {
  const becomesGet =
    (status === 303 && request.method !== 'HEAD') ||
    (status === 302 && request.method !== 'HEAD') ||
    (status === 301 && request.method === 'POST')
  const old = new URL(request.url)
  if (url.hash === '') url.hash = old.hash
  const dropped = new Set<string>(status === 307 || status === 308 ? [] : ['content-length', 'content-type'])
  if (url.host !== old.host) dropped.add('authorization')
  const headers = Object.entries(request.headers).filter(([name]) => !dropped.has(name.toLowerCase()))
  return {
    ...request,
    url: url.href,
    headers: Object.fromEntries(headers),
    ...(becomesGet ? { method: 'GET', body: undefined } : status === 301 && { body: undefined }),
  }
}

async function oneCall(request: HttpRequest): Promise<HttpAnswer> {
  if (request.signal?.aborted === true) return { kind: 'stopped' }
  const url = new URL(request.url)
  const proxy = proxyFor(url, process.env)
  const { method, headers } = request
  try {
    if (url.protocol === 'https:') return await answerTo(request, await secureRequest(request, url, proxy))
    if (proxy === undefined) return await answerTo(request, requestHttp(url, { method, headers, ...DIRECT }))
    const through = { method, path: url.href, headers: { Host: url.host, ...headers }, agent: false }
    return await answerTo(request, requestHttp(proxy, through))
  } catch (error) {
    return { kind: 'unreachable', message: errorText(error) }
  }
}

/** A connection for one call, as Python's pool of them lives; without an agent of its own, which costs as much again. */
const DIRECT: RequestOptions = {
  createConnection: (options) => connect({ ...(options as TcpNetConnectOpts), noDelay: true }),
}

async function secureRequest(request: HttpRequest, url: URL, proxy: URL | undefined): Promise<ClientRequest> {
  const { request: requestHttps } = process.getBuiltinModule('node:https')
  const socket = proxy === undefined ? undefined : await tunnel(proxy, url)
  return requestHttps(url, {
    method: request.method,
    headers: request.headers,
    agent: false,
    rejectUnauthorized: request.verifiesTls,
    ...certificates(),
    ...(request.certificates && tlsOptions(request.certificates)),
    ...(socket && { socket }),
  })
}

function tlsOptions({ ca, ...own }: HttpCertificates) {
  return { ...own, ...(ca !== undefined && { ca: [...ca] }) }
}

function certificates(): { readonly ca?: Buffer } {
  const file = process.env.REQUESTS_CA_BUNDLE || process.env.CURL_CA_BUNDLE
  return file === undefined || file === '' ? {} : { ca: readFileSync(file) }
}

function answerTo(request: HttpRequest, sent: ClientRequest): Promise<HttpAnswer> {
  return new Promise((resolve) => {
    let timer: NodeJS.Timeout | undefined
    const wait = (ms: number | undefined, kind: 'connect' | 'head' | 'body') => {
      clearTimeout(timer)
      if (ms === undefined) return
      timer = setTimeout(() => {
        end(
          kind === 'head'
            ? { kind: 'too-slow' }
            : { kind: 'unreachable', message: `the ${kind === 'body' ? 'answer' : 'connection'} timed out` },
        )
      }, ms)
    }
    const onAbort = () => end({ kind: 'stopped' })
    const end = (answer: HttpAnswer) => {
      clearTimeout(timer)
      request.signal?.removeEventListener('abort', onAbort)
      resolve(answer)
      if (answer.kind === 'answered') later(close)
      else close()
    }
    const close = () => {
      sent.destroy()
      // Told to keep the connection, as `requests` tells it, neither the server nor Node would close it.
      sent.socket?.destroy()
    }
    request.signal?.addEventListener('abort', onAbort, { once: true })
    wait(request.connectTimeoutMs, 'connect')
    const isSecure = request.url.startsWith('https:')
    sent.on('socket', (socket) => {
      socket.once(isSecure ? 'secureConnect' : 'connect', () => wait(request.readTimeoutMs, 'head'))
    })
    sent.on('error', (error) => end({ kind: 'unreachable', message: reasonOf(error) }))
    sent.on('response', (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      wait(request.readTimeoutMs, 'body')
      response.on('data', (chunk: Buffer) => {
        wait(request.readTimeoutMs, 'body')
        bytes += chunk.length
        if (bytes <= BODY_BYTES_MAX) chunks.push(chunk)
      })
      response.on('error', (error) => {
        const message = `Connection broken: ${reasonOf(error)}`
        end({ kind: 'raised', type: 'ChunkedEncodingError', message })
      })
      response.on('end', () => end(answered(response, Buffer.concat(chunks))))
    })
    sent.end(request.body)
  })
}

/** Node wraps the attempts at IPv4 and IPv6 in an error without words. */
function reasonOf(error: Error): string {
  const attempts = 'errors' in error && Array.isArray(error.errors) ? error.errors : []
  const [first] = attempts
  return error.message !== '' ? error.message : first instanceof Error ? first.message : error.name
}

function answered(response: IncomingMessage, bytes: Buffer): HttpAnswer {
  const headers = headersOf(response.rawHeaders)
  try {
    const body = inflated(bytes, headerOf(headers, 'content-encoding'))
    return { kind: 'answered', status: response.statusCode ?? 0, headers, body }
  } catch (error) {
    const message = errorText(error)
    return { kind: 'raised', type: 'ContentDecodingError', message }
  }
}

function headersOf(raw: readonly string[]): ReadonlyMap<string, string> {
  const spelled = new Map<string, string>()
  const headers = new Map<string, string>()
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] ?? ''
    const value = raw[at + 1] ?? ''
    const own = spelled.get(name.toLowerCase()) ?? name
    spelled.set(name.toLowerCase(), own)
    const before = headers.get(own)
    headers.set(own, before === undefined ? value : `${before}, ${value}`)
  }
  return headers
}
