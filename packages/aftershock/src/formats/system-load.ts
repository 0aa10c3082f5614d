import type { LoadConfig, LoadRequest } from '../model/system.ts'
import { type Field, fieldsOf, itemsOf, numberOf, objectTo, refuse, textOf, textsOf } from './decode.ts'
import { durationMsOf } from './duration.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']
const REQUEST_FIELDS = ['request', 'headers', 'body', 'name', 'weight'] as const
const DEFAULT_RPS = 10
const DEFAULT_TIMEOUT_MS = 10_000

/** `load`: one request, several with weights, or a command. */
export function loadOf(field: Field | undefined): LoadConfig | undefined {
  if (field === undefined) return undefined
  const known = [...REQUEST_FIELDS, 'requests', 'rps', 'timeout', 'command'] as const
  const fields = fieldsOf(field, known)
  if (fields === undefined) return undefined
  const command = textOf(fields.command)
  const ways = (['request', 'requests', 'command'] as const).filter((name) => fields[name] !== undefined)
  if (ways.length !== 1) {
    const why = `load must have one of request, requests, command: it has ${ways.join(' and ') || 'none'}`
    return objectTo(
      field,
      'load-ways',
      why,
      'Write load: { request: POST http://127.0.0.1:8080/checkout, rps: 20 }',
    )
  }
  if (command !== undefined) return { kind: 'command', command }
  const single = fields.request === undefined ? [] : [requestOf(field, fields)]
  const several = fields.requests === undefined ? [] : itemsOf(fields.requests).map(readRequest)
  const requests = [...single, ...several].filter((request) => request !== undefined)
  if (fields.requests !== undefined && several.length === 0)
    refuse(fields.requests, 'no-requests', 'must hold a request')
  checkNames(requests, fields.requests ?? field)
  return {
    kind: 'requests',
    requests,
    rps: positive(fields.rps, 100_000) ?? DEFAULT_RPS,
    timeoutMs: durationMsOf(fields.timeout) ?? DEFAULT_TIMEOUT_MS,
  }
}

function readRequest(field: Field): LoadRequest | undefined {
  // A request alone may be written as text.
  if (typeof field.value === 'string') return requestOf(field, { request: field })
  const fields = fieldsOf(field, REQUEST_FIELDS)
  return fields === undefined ? undefined : requestOf(field, fields)
}

function requestOf(
  field: Field,
  fields: Partial<Readonly<Record<(typeof REQUEST_FIELDS)[number], Field | undefined>>>,
): LoadRequest | undefined {
  const missing = { ...field, value: undefined, path: [...field.path, 'request'] }
  const line = lineOf(fields.request ?? missing)
  const written = textsOf(fields.headers)
  const body = bodyOf(fields.body)
  const weight = positive(fields.weight, 1_000_000) ?? 1
  const name = textOf(fields.name)
  if (line === undefined) return undefined
  const typed = Object.keys(written).some((header) => header.toLowerCase() === 'content-type')
  const headers =
    body?.isJson === true && !typed ? { 'content-type': 'application/json', ...written } : written
  const entry = `${line.method} ${new URL(line.url).pathname}`
  return { name: name ?? entry, ...line, headers, body: body?.text, weight }
}

/** `POST http://127.0.0.1:8080/checkout`; GET when no method is named. */
function lineOf(field: Field): { readonly method: string; readonly url: string } | undefined {
  const text = textOf(field)
  if (text === undefined) return undefined
  const parts = /^(?:([A-Za-z]+)\s+)?(\S+)$/.exec(text.trim())
  const method = (parts?.[1] ?? 'GET').toUpperCase()
  const fix = 'Write POST http://127.0.0.1:8080/checkout'
  const url = parts === null ? undefined : httpUrl(parts[2])
  if (url === undefined)
    return refuse(field, 'request', 'must be a method and an http:// or https:// URL', fix)
  return METHODS.includes(method)
    ? { method, url }
    : refuse(field, 'request', `must begin with one of ${METHODS.join(', ')}`, fix)
}

export function httpUrl(text: string): string | undefined {
  return /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text).href : undefined
}

/** Text as it is; anything else as JSON. */
function bodyOf(field: Field | undefined): { readonly text: string; readonly isJson: boolean } | undefined {
  if (field === undefined) return undefined
  return typeof field.value === 'string'
    ? { text: field.value, isJson: /^\s*[{[]/.test(field.value) }
    : { text: JSON.stringify(field.value), isJson: true }
}

function positive(field: Field | undefined, max: number): number | undefined {
  const number = numberOf(field, { min: 0, max })
  return number === 0 && field !== undefined ? refuse(field, 'number-range', 'must be more than 0') : number
}

/** Results are told apart by the requests' names. */
function checkNames(requests: readonly LoadRequest[], field: Field): void {
  const twice = requests.find((one, i) => requests.findIndex((other) => other.name === one.name) !== i)
  if (twice === undefined) return
  objectTo(
    field,
    'same-name',
    `two requests are named "${twice.name}": names must differ`,
    `Add name: "${twice.name} 2"`,
  )
}
