import { CLIENT } from './span-kind.ts'
import type { AttributeValue } from './span-table.ts'

/** One drawn span, times in ns from the start of its trace. The syntax is told at `tableOf()`. */
export type DrawnLine = {
  readonly indent: number
  readonly service: string
  /** `k8s.pod.name`: `<service>-<index>`. */
  readonly pod: string
  /** After `>`: whom a client span calls. */
  readonly peer: string | undefined
  readonly name: string
  readonly startNs: number
  readonly endNs: number
  readonly kind: number | undefined
  readonly status: number
  readonly statusMessage: string
  readonly attributes: Readonly<Record<string, AttributeValue>>
  readonly events: readonly DrawnEvent[]
  /** Names this span for `link=`. */
  readonly label: string | undefined
  readonly links: readonly string[]
  /** The span was never exported: its children are orphans. */
  readonly lost: boolean
}

export type DrawnEvent = {
  readonly name: string
  readonly atNs: number
  readonly attributes: Readonly<Record<string, AttributeValue>>
}

const KINDS = ['', 'internal', 'server', 'client', 'producer', 'consumer']
const METHOD = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/\S*)$/
const UNIT_NS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9, m: 60e9 }
const TIMES = /^(-?[\d.]+)(ns|us|ms|s|m)?-(-?[\d.]+)(ns|us|ms|s|m)$/
/** Attributes that drawings write short. */
const SHORT: Readonly<Record<string, string>> = {
  http: 'http.response.status_code',
  type: 'error.type',
  flags: 'response_flags',
  resend: 'http.request.resend_count',
}

/** Reads one line of a drawing; a mistake in it is a bug of the test and throws. */
export function readDrawnLine(line: string): DrawnLine {
  const words = line.match(/(?:"[^"]*"|[^\s"])+/g) ?? []
  const at = words.findIndex((word) => TIMES.test(word))
  const [who = ''] = words
  if (at < 2) throw new Error(`A drawn span is "service name 0-300ms …": current line is ${line.trim()}`)
  const [caller = '', peer] = who.split('>')
  const [service = '', index = '0'] = caller.split('#')
  const name = words.slice(1, at).join(' ').replaceAll('"', '')
  const [, from = '', fromUnit, to = '', unit = 'ms'] = TIMES.exec(words[at] ?? '') ?? []
  const startNs = Number(from) * (UNIT_NS[fromUnit ?? unit] ?? 1)
  const facts = readFacts(words.slice(at + 1), startNs)
  const kind = facts.kind ?? (peer === undefined ? undefined : 3)
  return {
    indent: line.length - line.trimStart().length,
    service,
    pod: `${service}-${index}`,
    peer,
    name,
    startNs,
    endNs: Number(to) * (UNIT_NS[unit] ?? 1),
    ...facts,
    kind,
    attributes: { ...meaningOf(name, peer, kind), ...facts.attributes },
  }
}

function meaningOf(name: string, peer: string | undefined, kind: number | undefined) {
  const [, method, path] = METHOD.exec(name) ?? []
  const attributes: Record<string, AttributeValue> = {}
  if (method !== undefined && path !== undefined) {
    attributes['http.request.method'] = method
    attributes[kind === CLIENT ? 'url.path' : 'http.route'] = path
  }
  if (peer !== undefined && peer !== '') attributes['peer.service'] = peer
  return attributes
}

function readFacts(words: readonly string[], startNs: number) {
  const attributes: Record<string, AttributeValue> = {}
  const events: DrawnEvent[] = []
  const links: string[] = []
  let kind: number | undefined
  let status = 0
  let statusMessage = ''
  let label: string | undefined
  let lost = false
  for (const word of words) {
    const equals = word.indexOf('=')
    const key = equals === -1 ? word : word.slice(0, equals)
    const value = equals === -1 ? undefined : valueIn(word.slice(equals + 1))
    const text = String(value)
    if (value === undefined) {
      if (KINDS.includes(key)) kind = KINDS.indexOf(key)
      else if (key === 'error' || key === 'ok') status = key === 'ok' ? 1 : 2
      else if (key === 'timeout') {
        status = 2
        attributes['error.type'] = 'timeout'
      } else if (key === 'lost') lost = true
      else throw new Error(`A word after the times is a kind, ok, error, timeout, lost or key=value: ${word}`)
    } else if (key === 'message') statusMessage = text
    else if (key === 'id') label = text
    else if (key === 'link') links.push(text)
    else if (key === 'event' || key === 'exception') events.push(eventOf(key, text, startNs))
    else if (key === 'grpc') {
      attributes['rpc.system'] = 'grpc'
      attributes['rpc.grpc.status_code'] = value
    } else attributes[SHORT[key] ?? key] = value
  }
  return { attributes, events, links, kind, status, statusMessage, label, lost }
}

/** `event=name@20ms`; `exception=Type:message` or `exception="Type:a longer message"`. */
function eventOf(key: string, text: string, startNs: number): DrawnEvent {
  if (key === 'exception') {
    const [type = '', ...message] = text.split(':')
    const attributes = { 'exception.type': type, 'exception.message': message.join(':') }
    return { name: 'exception', atNs: startNs, attributes }
  }
  const [name = '', time] = text.split('@')
  return { name, atNs: time === undefined ? startNs : durationNsOf(time), attributes: {} }
}

function valueIn(text: string): string | number | boolean {
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  return text.replaceAll('"', '')
}

/** `300ms`, `1.5s`, `+5s` → ns. */
export function durationNsOf(text: string): number {
  const [, number, unit = ''] = /^\+?(-?[\d.]+)(ns|us|ms|s|m)$/.exec(text) ?? []
  const factor = UNIT_NS[unit]
  if (number === undefined || factor === undefined)
    throw new Error(`A time is a number with ns, us, ms, s or m: current value is ${text}`)
  return Number(number) * factor
}
