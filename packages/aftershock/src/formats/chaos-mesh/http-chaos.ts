import type { HttpFault } from '../../model/fault.ts'
import { goDurationMs, parseGoDuration } from '../go-duration.ts'
import { checkDuration } from './checks.ts'
import { type Fields, fieldsAt, filledAt, flagAt, listAt, numberAt, textAt, textMapAt } from './fields.ts'
import type { ChaosKind } from './kind.ts'
import { type Report, ruleText } from './report.ts'
import { flag, int32, listOf, mapOf, oneOf, record, text } from './schema.ts'
import { doubtTarget } from './target-doubts.ts'
import { checkMode, podFields } from './targeting.ts'

const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS', 'TRACE', 'CONNECT']

/** The actions of a rule, as HTTPChaos and PodHttpChaos write them. */
export const httpActions = {
  abort: flag,
  delay: text,
  patch: record({
    body: record({ 'type*': text, 'value*': text }),
    headers: listOf(listOf(text)),
    queries: listOf(listOf(text)),
  }),
  replace: record({
    body: { type: 'string', format: 'byte' },
    code: int32,
    headers: mapOf(text),
    method: text,
    path: text,
    queries: mapOf(text),
  }),
}

/** The messages that a rule is for, as both write them. */
export const httpMatch = {
  code: int32,
  method: text,
  path: text,
  port: int32,
  request_headers: mapOf(text),
  response_headers: mapOf(text),
}

export const httpChaos: ChaosKind = {
  kind: 'HTTPChaos',
  embedKey: 'httpChaos',
  spec: record({
    ...podFields,
    ...httpActions,
    ...httpMatch,
    'target*': oneOf('Request', 'Response'),
    tls: record({
      caName: text,
      'certName*': text,
      'keyName*': text,
      'secretName*': text,
      'secretNamespace*': text,
    }),
  }),
  webhook: checkHttp,
  doubts: doubtHttp,
  fault: httpFault,
}

function checkHttp(spec: Fields, report: Report): void {
  checkDuration(spec, report, 'duration')
  checkMode(spec, report)
  const port = numberAt(spec, 'port') ?? 0
  if (port <= 0) {
    const rule = `must be the container's port (port ${port} is not supported)`
    report.error(['port'], 'port', ruleText([...report.base, 'port'], rule, spec.port), 'Write port: 8080')
  }
  const method = textAt(spec, 'method')
  if (method !== undefined && textAt(spec, 'target') === 'Request' && !METHODS.includes(method)) {
    const rule = `must be one of ${METHODS.join(', ')} (method ${method} is not supported)`
    const fix = METHODS.includes(method.toUpperCase()) ? `Write method: ${method.toUpperCase()}` : undefined
    report.error(['method'], 'method', ruleText([...report.base, 'method'], rule, method), fix)
  }
  const delay = textAt(spec, 'delay')
  const duration = delay === undefined ? undefined : parseGoDuration(delay)
  if (duration?.ok === false) {
    const rule = `must be a Go duration (invalid duration ${delay}: ${duration.error})`
    report.error(
      ['delay'],
      'duration',
      ruleText([...report.base, 'delay'], rule, delay),
      'Write delay: 500ms',
    )
  }
}

function doubtHttp(spec: Fields, report: Report): void {
  doubtTarget(spec, report)
  const doubt = (path: readonly string[], why: string, fix?: string) =>
    report.warning(path, 'no-effect', why, fix)
  if (!['delay', 'replace', 'patch'].some((name) => spec[name] !== undefined) && !flagAt(spec, 'abort')) {
    doubt(['target'], 'there is no action: one of abort, delay, replace, patch is needed', 'Add abort: true')
  }
  const delayMs = goDurationMs(textAt(spec, 'delay') ?? '0') ?? 0
  if (delayMs < 0) doubt(['delay'], `a negative delay does nothing: current value is ${delayMs} ms`)
  if ((numberAt(spec, 'port') ?? 0) > 65_535)
    doubt(['port'], `no port is above 65535: current value is ${spec.port}`)
  const code = numberAt(spec, 'replace', 'code')
  if (code !== undefined && (code < 100 || code > 599)) {
    doubt(['replace', 'code'], `no HTTP status is outside 100 to 599: current value is ${code}`)
  }
  if (code !== undefined && textAt(spec, 'target') === 'Request') {
    doubt(
      ['replace', 'code'],
      'a request has no status: replace.code needs target: Response',
      'Write target: Response',
    )
  }
  doubtMatch(spec, doubt)
  doubtPatch(spec, report)
}

function doubtMatch(spec: Fields, doubt: (path: readonly string[], why: string, fix?: string) => void): void {
  const code = numberAt(spec, 'code')
  if (code !== undefined && (code < 100 || code > 599))
    doubt(['code'], `no HTTP status is outside 100 to 599, so nothing matches: current value is ${code}`)
  if (textAt(spec, 'target') !== 'Request') return
  for (const name of ['code', 'response_headers']) {
    if (spec[name] === undefined) continue
    doubt(
      [name],
      `${name} is not looked at with target Request: a request has none`,
      'Write target: Response',
    )
  }
}

function doubtPatch(spec: Fields, report: Report): void {
  const type = textAt(spec, 'patch', 'body', 'type')
  if (type !== undefined && type !== 'JSON') {
    report.warning(
      ['patch', 'body', 'type'],
      'no-effect',
      `only type JSON is patched: current value is ${type}`,
    )
  } else if (type === 'JSON' && !isJson(textAt(spec, 'patch', 'body', 'value') ?? '')) {
    const why = 'patch.body.value must be JSON text, or every answer is dropped'
    report.warning(['patch', 'body', 'value'], 'no-effect', why)
  }
  const headers = listAt(spec, 'patch', 'headers').map((pair) =>
    String(listAt({ pair }, 'pair')[0]).toLowerCase(),
  )
  const twice = headers.find((name, i) => headers.indexOf(name) !== i)
  if (twice !== undefined) {
    const why = `only the last of two patch.headers of one name is added: ${twice} is there twice`
    report.warning(['patch', 'headers'], 'no-effect', why)
  }
  for (const name of ['headers', 'queries']) {
    for (const [i, pair] of listAt(spec, 'patch', name).entries()) {
      if (listAt({ pair }, 'pair').length === 2) continue
      report.warning(['patch', name, i], 'no-effect', `an entry of patch.${name} must be [name, value]`)
    }
  }
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value)
    return true
  } catch {
    return false
  }
}

function httpFault(spec: Fields): HttpFault {
  const delay = filledAt(spec, 'delay')
  return {
    kind: 'HTTPChaos',
    target: textAt(spec, 'target') === 'Response' ? 'Response' : 'Request',
    port: numberAt(spec, 'port') ?? 0,
    path: filledAt(spec, 'path'),
    method: filledAt(spec, 'method'),
    code: numberAt(spec, 'code'),
    requestHeaders: textMapAt(spec, 'request_headers'),
    responseHeaders: textMapAt(spec, 'response_headers'),
    abort: flagAt(spec, 'abort'),
    delayMs: delay === undefined ? undefined : Math.max(0, goDurationMs(delay) ?? 0),
    replace: replaceOf(spec),
    patch: patchOf(spec),
  }
}

function replaceOf(spec: Fields): HttpFault['replace'] {
  const replace = fieldsAt(spec, 'replace')
  if (replace === undefined) return undefined
  return {
    path: textAt(replace, 'path'),
    method: textAt(replace, 'method'),
    code: numberAt(replace, 'code'),
    body: textAt(replace, 'body'),
    queries: fieldsAt(replace, 'queries') === undefined ? undefined : textMapAt(replace, 'queries'),
    headers: fieldsAt(replace, 'headers') === undefined ? undefined : textMapAt(replace, 'headers'),
  }
}

function patchOf(spec: Fields): HttpFault['patch'] {
  const patch = fieldsAt(spec, 'patch')
  if (patch === undefined) return undefined
  const pairs = (name: string) =>
    listAt(patch, name).flatMap((pair): [string, string][] => {
      const [key, value] = listAt({ pair }, 'pair')
      return typeof key === 'string' && typeof value === 'string' ? [[key, value]] : []
    })
  return {
    bodyJson: textAt(patch, 'body', 'type') === 'JSON' ? textAt(patch, 'body', 'value') : undefined,
    queries: pairs('queries'),
    headers: pairs('headers'),
  }
}
