import { readFileSync } from 'node:fs'
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http'
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib'
import { headerOf } from './http-headers.ts'
import { proxyFor, tunnel } from './http-proxy.ts'

// Imported as modules, every export of these is looked at, and one of them loads all of `fetch`: 40 ms of CPU.
const { request: requestHttp } = process.getBuiltinModule('node:http')
const { request: requestHttps } = process.getBuiltinModule('node:https')

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
  readonly signal: AbortSignal | undefined
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

/** More than this of one answer is cut off. */
const BODY_BYTES_MAX = 64 * 1024 * 1024
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
  const options: RequestOptions & { rejectUnauthorized?: boolean } = {
    method: request.method,
    headers: request.headers,
    // Python's pool of connections lives for one call only.
    agent: false,
    rejectUnauthorized: request.verifiesTls,
    ...certificates(),
  }
  try {
    if (url.protocol === 'https:') {
      const socket = proxy === undefined ? undefined : await tunnel(proxy, url)
      return await answerTo(request, requestHttps(url, { ...options, ...(socket && { socket }) }))
    }
    if (proxy === undefined) return await answerTo(request, requestHttp(url, options))
    const through = { ...options, path: url.href, headers: { Host: url.host, ...request.headers } }
    return await answerTo(request, requestHttp(proxy, through))
  } catch (error) {
    return { kind: 'unreachable', message: error instanceof Error ? error.message : String(error) }
  }
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
        sent.destroy()
      }, ms)
    }
    const onAbort = () => {
      end({ kind: 'stopped' })
      sent.destroy()
    }
    const end = (answer: HttpAnswer) => {
      clearTimeout(timer)
      request.signal?.removeEventListener('abort', onAbort)
      resolve(answer)
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
    const message = error instanceof Error ? error.message : String(error)
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

function inflated(bytes: Buffer, encoding: string | undefined): Buffer {
  if (bytes.length === 0) return bytes
  const limit = { maxOutputLength: BODY_BYTES_MAX }
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return gunzipSync(bytes, limit)
    case 'br':
      return brotliDecompressSync(bytes, limit)
    case 'deflate':
      // Both kinds are called deflate; the first byte tells which it is.
      return ((bytes[0] ?? 0) & 0x0f) === 8 ? inflateSync(bytes, limit) : inflateRawSync(bytes, limit)
    default:
      return bytes
  }
}
