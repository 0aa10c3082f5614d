import type { HttpFault } from '../../../model/fault.ts'
import { type HttpRequestHead, type HttpResponseHead, valuesOf } from './http-message.ts'

/**
 * Whether a rule means this request. An absent field means all.
 *
 * @param ports - ports that stand for the service here: where it listens, and where callers come
 * @see chaosmesh.md 3.4
 */
export function matchesRequest(rule: HttpFault, ports: ReadonlySet<number>, head: HttpRequestHead): boolean {
  return (
    ports.has(rule.port) &&
    (!rule.path || matchesPath(rule.path, head.target)) &&
    (!rule.method || rule.method === head.method) &&
    hasHeaders(rule.requestHeaders, head)
  )
}

/** @param request - as the Request rules have left it */
export function matchesResponse(
  rule: HttpFault,
  ports: ReadonlySet<number>,
  request: HttpRequestHead,
  response: HttpResponseHead,
): boolean {
  return (
    matchesRequest(rule, ports, request) &&
    (!rule.code || rule.code === response.code) &&
    hasHeaders(rule.responseHeaders, response)
  )
}

/** `*` stands for any characters, `/` too, `?` for one; the query does not take part. */
export function matchesPath(pattern: string, target: string): boolean {
  const query = target.indexOf('?')
  return wildcard(pattern, query === -1 ? target : target.slice(0, query))
}

/** Linear but for `*`, where it goes back to the last one only: no pattern can make it explode. */
function wildcard(pattern: string, text: string): boolean {
  let p = 0
  let star = -1
  let starText = 0
  for (let t = 0; t < text.length; ) {
    if (pattern[p] === '*') {
      star = p++
      starText = t
    } else if (p < pattern.length && (pattern[p] === '?' || pattern[p] === text[t])) {
      p++
      t++
    } else if (star !== -1) {
      p = star + 1
      t = ++starText
    } else return false
  }
  while (pattern[p] === '*') p++
  return p === pattern.length
}

function hasHeaders(
  wanted: Readonly<Record<string, string>>,
  message: Pick<HttpRequestHead, 'headers'>,
): boolean {
  return Object.entries(wanted).every(([name, value]) => valuesOf(message.headers, name).includes(value))
}
