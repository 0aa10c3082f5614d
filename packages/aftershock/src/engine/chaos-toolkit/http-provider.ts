import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { LINE_STYLE, writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import { pythonTruth, pythonTypeName } from '../../formats/chaos-toolkit/python-compare.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { type Scope, substitute } from '../../formats/chaos-toolkit/substitute.ts'
import {
  dict,
  isDict,
  isList,
  type PyDict,
  type PyKey,
  type PyValue,
} from '../../formats/chaos-toolkit/values.ts'
import type { HttpAnswer, HttpRequest } from './http-call.ts'
import { formEncoded, withQuery } from './http-form.ts'
import { headerOf } from './http-headers.ts'
import { httpCall } from './http-lazy.ts'
import type { ChaosLog } from './log.ts'
import type { ActivityCall, ActivityOutcome, ActivityProvider } from './ports.ts'
import { activityFailed } from './stops.ts'

/** `provider.type: http`: one call; the output is status, headers and body. Any status is a success. */
export function httpProvider(log: ChaosLog): ActivityProvider {
  return {
    validate: async (activity) => messageOf(activity),
    run: (call) => runActivity(call, log),
  }
}

function messageOf(activity: PyDict): string | undefined {
  const provider = activity.get('provider')
  if (!isDict(provider) || !pythonTruth(provider.get('url') ?? null)) return 'a HTTP activity must have a URL'
  const headers = provider.get('headers') ?? null
  if (pythonTruth(headers) && !isDict(headers)) return 'a HTTP activities expect headers as a mapping'
  return undefined
}

async function runActivity(call: ActivityCall, log: ChaosLog): Promise<ActivityOutcome> {
  const provider = call.activity.get('provider')
  if (!isDict(provider)) throw new PythonError('KeyError', "'provider'")
  const request = requestOf(provider, call)
  const answer = await retried(request, Number(provider.get('max_retries') ?? 0))
  if (answer.kind === 'stopped') return { kind: 'stopped' }
  if (answer.kind === 'unreachable') {
    const url = pythonText(substitute(provider.get('url') ?? null, call))
    const message = `failed to connect to ${url}: ${answer.message}`
    return { kind: 'failed', error: activityFailed(message) }
  }
  if (answer.kind === 'raised') throw new PythonError(`requests.exceptions.${answer.type}`, answer.message)
  if (answer.kind === 'too-slow') {
    return { kind: 'failed', error: activityFailed('activity took too long to complete') }
  }
  if (!call.isInHypothesis && answer.status > 399) {
    log.warning(
      'This HTTP call returned a response with a HTTP status code above 400. This may indicate some error and not what you expected. Please have a look at the logs.',
    )
  }
  const value = dict({
    status: BigInt(answer.status),
    headers: new Map<PyKey, PyValue>(answer.headers),
    body: bodyOf(answer.headers, answer.body),
  })
  return { kind: 'returned', value }
}

/** Connections are tried again; an answer that was begun is not. */
async function retried(request: HttpRequest, retriesMax: number): Promise<HttpAnswer> {
  for (let attempt = 0; ; attempt++) {
    const answer = await httpCall(request)
    if (answer.kind !== 'unreachable' || attempt >= retriesMax) return answer
  }
}

function requestOf(provider: PyDict, call: ActivityCall): HttpRequest {
  const method = pythonText(provider.get('method') ?? 'GET').toUpperCase()
  const timeouts = timeoutsOf(substitute(provider.get('timeout') ?? null, call))
  const given = headersOf(provider.get('headers') ?? null, call)
  const own = substitute(provider.get('url') ?? null, call)
  const body = method === 'GET' ? undefined : bodyToSend(call.arguments ?? null, given)
  const url = checkedUrl(
    method === 'GET' ? withQuery(pythonText(own), call.arguments ?? null) : pythonText(own),
  )
  return {
    method,
    url,
    headers: allHeaders(given, body, method, call.carrier.headers),
    body: body?.text,
    ...timeouts,
    verifiesTls: pythonTruth(provider.get('verify_tls') ?? true),
    signal: call.signal,
  }
}

function checkedUrl(url: string): string {
  const scheme = /^\s*([a-zA-Z][a-zA-Z0-9+.-]*):/.exec(url)?.[1]?.toLowerCase()
  if (scheme === undefined) {
    throw new PythonError(
      'requests.exceptions.MissingSchema',
      `Invalid URL '${url}': No scheme supplied. Perhaps you meant https://${url}?`,
    )
  }
  if (scheme !== 'http' && scheme !== 'https') {
    throw new PythonError(
      'requests.exceptions.InvalidSchema',
      `No connection adapters were found for '${url}'`,
    )
  }
  if (!URL.canParse(url.trim())) {
    throw new PythonError('requests.exceptions.InvalidURL', `Invalid URL '${url}': No host supplied`)
  }
  return new URL(url.trim()).href
}

type Timeouts = Pick<HttpRequest, 'connectTimeoutMs' | 'readTimeoutMs'>

/** A number for both, or `[connect, read]`. */
function timeoutsOf(timeout: PyValue): Timeouts {
  const parts = isList(timeout) ? timeout : [timeout, timeout]
  if (parts.length !== 2) {
    throw new PythonError(
      'ValueError',
      `Invalid timeout ${pythonText(timeout)}. Pass a (connect, read) timeout tuple, or a single float to set both timeouts to the same value.`,
    )
  }
  return { connectTimeoutMs: timeoutMs(parts[0] ?? null), readTimeoutMs: timeoutMs(parts[1] ?? null) }
}

function timeoutMs(timeout: PyValue): number | undefined {
  if (timeout === null) return undefined
  if (typeof timeout !== 'bigint' && typeof timeout !== 'number') {
    throw new PythonError('ValueError', `Timeout value was ${pythonText(timeout)}, but it must be a number.`)
  }
  if (Number(timeout) <= 0) {
    throw new PythonError('ValueError', `the timeout cannot be set to a value less than or equal to 0.`)
  }
  return Number(timeout) * 1000
}

function headersOf(declared: PyValue, scope: Scope): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  const own = substitute(declared, scope)
  for (const [name, value] of isDict(own) ? own : []) {
    if (value === null) continue
    if (typeof value !== 'string' || typeof name !== 'string') {
      throw new PythonError(
        'requests.exceptions.InvalidHeader',
        `Header part (${pythonText(value)}) from '${pythonText(name)}' must be of type str or bytes, not <class '${pythonTypeName(value)}'>`,
      )
    }
    if (/[\r\n]/.test(value)) {
      throw new PythonError('requests.exceptions.InvalidHeader', `Invalid header value of '${name}'`)
    }
    headers.set(name, value)
  }
  return headers
}

type Body = { readonly text: string; readonly contentType: string | undefined }

/** JSON only under a header named exactly so; otherwise a form, or text as it is. */
function bodyToSend(given: PyValue, headers: ReadonlyMap<string, string>): Body | undefined {
  if (headers.get('Content-Type') === 'application/json') {
    return given === null ? undefined : { text: writeJson(given, LINE_STYLE), contentType: undefined }
  }
  if (!pythonTruth(given)) return undefined
  if (typeof given === 'string') return { text: given, contentType: undefined }
  return { text: formEncoded(given), contentType: 'application/x-www-form-urlencoded' }
}

function allHeaders(
  given: ReadonlyMap<string, string>,
  body: Body | undefined,
  method: string,
  carried: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  const taken = new Set([...given.keys()].map((name) => name.toLowerCase()))
  const add = (name: string, value: string) => {
    if (!taken.has(name.toLowerCase())) headers[name] = value
  }
  add('User-Agent', 'aftershock')
  add('Accept-Encoding', 'gzip, deflate')
  add('Accept', '*/*')
  add('Connection', 'keep-alive')
  for (const [name, value] of Object.entries(carried)) add(name, value)
  for (const [name, value] of given) headers[name] = value
  if (body?.contentType !== undefined) add('Content-Type', body.contentType)
  if (body !== undefined) headers['Content-Length'] = String(Buffer.byteLength(body.text))
  else if (method !== 'GET' && method !== 'HEAD') add('Content-Length', '0')
  return headers
}

/** Parsed only when the type is exactly application/json; text without a charset is latin-1, as `requests` has it. */
function bodyOf(headers: ReadonlyMap<string, string>, bytes: Buffer): PyValue {
  const type = headerOf(headers, 'content-type') ?? ''
  if (type === 'application/json') return jsonOf(bytes)
  const charset = /charset=["']?([^"';\s]+)/i.exec(type)?.[1]
  if (charset !== undefined) return decodedAs(charset, bytes)
  if (type.includes('text')) return bytes.toString('latin1')
  return decodedAs('utf-8', bytes)
}

function jsonOf(bytes: Buffer): PyValue {
  try {
    return readJson(decodedAs('utf-8', bytes))
  } catch (error) {
    if (!(error instanceof PythonError)) throw error
    throw new PythonError('requests.exceptions.JSONDecodeError', error.message)
  }
}

function decodedAs(charset: string, bytes: Buffer): string {
  if (/^utf-?8$/i.test(charset)) return bytes.toString('utf8')
  if (/^(iso-8859-1|latin-?1)$/i.test(charset)) return bytes.toString('latin1')
  try {
    return new TextDecoder(charset, { ignoreBOM: true }).decode(bytes)
  } catch {
    return bytes.toString('utf8')
  }
}
