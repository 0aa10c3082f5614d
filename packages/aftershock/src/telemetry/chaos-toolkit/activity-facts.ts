import { isDict, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { targetText } from '../../formats/known-faults/known-fault.ts'
import { stepOfActivity } from '../../formats/known-faults/step-of-activity.ts'
import type { Attributes } from '../run-trace.ts'

/** What a span of an activity says before the activity has run. Arguments are as the file writes them. */
export function activityAttributes(activity: PyDict): Attributes {
  const provider = dictAt(activity, 'provider')
  const type = textAt(activity, 'type')
  return {
    ...(type === undefined ? {} : { 'chaostoolkit.activity.type': type }),
    ...(provider === undefined ? {} : { ...providerAttributes(provider), ...faultAttributes(activity) }),
  }
}

/** @returns the attributes of the answer: the HTTP status, the exit code */
export function outputAttributes(activity: PyDict, output: PyValue): Attributes {
  const provider = dictAt(activity, 'provider')
  const status = isDict(output) ? output.get('status') : undefined
  if (provider === undefined || typeof status !== 'bigint') return {}
  const type = textAt(provider, 'type')
  if (type === 'http') return { 'http.response.status_code': Number(status) }
  return type === 'process' ? { 'process.exit.code': Number(status) } : {}
}

/** OTLP: an HTTP activity is a client, everything else is internal. */
export function kindOfActivity(activity: PyDict): number {
  const provider = dictAt(activity, 'provider')
  return provider !== undefined && textAt(provider, 'type') === 'http' ? 3 : 1
}

function providerAttributes(provider: PyDict): Attributes {
  const type = textAt(provider, 'type')
  const base: Attributes = type === undefined ? {} : { 'chaostoolkit.provider.type': type }
  if (type === 'http') {
    const url = textAt(provider, 'url') ?? ''
    return {
      ...base,
      'http.request.method': (textAt(provider, 'method') ?? 'GET').toUpperCase(),
      ...urlAttributes(url),
    }
  }
  if (type === 'process') return { ...base, 'process.command': textAt(provider, 'path') ?? '' }
  const module = textAt(provider, 'module')
  const func = textAt(provider, 'func')
  return module === undefined || func === undefined
    ? base
    : { ...base, 'code.function.name': `${module}.${func}` }
}

/** Without user, password and query, which may hold secrets. A placeholder stays as it is written. */
export function plainUrl(text: string): string {
  if (!URL.canParse(text)) return text.split('?', 1)[0] ?? ''
  const { protocol, host, pathname } = new URL(text)
  return `${protocol}//${host}${pathname}`
}

function urlAttributes(text: string): Attributes {
  if (!URL.canParse(text)) return { 'url.full': plainUrl(text) }
  const { protocol, hostname, port } = new URL(text)
  return {
    'url.full': plainUrl(text),
    'server.address': hostname,
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
  }
}

function faultAttributes(activity: PyDict): Attributes {
  const step = stepOfActivity(activity, undefined)
  if (step === undefined) return {}
  if (step.does === 'undo') return { 'chaos.fault.undoes': step.keyStart }
  const { kind, action, label, targets } = step.fault
  return {
    'chaos.fault.kind': kind,
    'chaos.fault.action': action,
    'chaos.fault.label': label,
    'chaos.fault.target': targets.map(targetText).join(','),
  }
}

export function dictAt(node: PyDict, key: string): PyDict | undefined {
  const value = node.get(key)
  return isDict(value) ? value : undefined
}

export function textAt(node: PyDict, key: string): string | undefined {
  const value = node.get(key)
  return typeof value === 'string' ? value : undefined
}
