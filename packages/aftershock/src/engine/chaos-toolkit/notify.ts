import { LINE_STYLE, writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import { pythonTruth } from '../../formats/chaos-toolkit/python-compare.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { dict, isDict, isList, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { errorText } from '../../model/error-text.ts'
import { dictsIn } from './control-order.ts'
import { httpCall } from './http-lazy.ts'
import type { ChaosLog } from './log.ts'
import type { ExtensionHost } from './ports.ts'

export type FlowEvent = {
  /** For example `run-completed`; the part before the dash is the phase. */
  readonly name: string
  readonly payload: PyValue
  readonly error?: string | undefined
}

const CONNECT_TIMEOUT_MS = 2000
const READ_TIMEOUT_MS = 5000

/** Tells the channels of the settings that ask for this event. What goes wrong is only logged. */
export async function notify(
  settings: PyDict,
  event: FlowEvent,
  plugins: ExtensionHost['notify'],
  log: ChaosLog,
): Promise<void> {
  const channels = dictsIn(settings.get('notifications'))
  if (channels.length === 0) return
  const payload = dict({
    name: event.name,
    payload: event.payload,
    phase: event.name.split('-')[0] ?? 'unknown',
    ts: Date.now() / 1000,
    error: event.error,
  })
  for (const channel of channels) {
    const wanted = channel.get('events')
    if (isList(wanted) && wanted.length > 0 && !wanted.includes(event.name)) continue
    try {
      if (channel.get('type') === 'http') await notifyHttp(channel, payload, log)
      else if (channel.get('type') === 'plugin') await plugins?.(channel, payload)
    } catch (error) {
      log.debug(`failed calling notification channel: ${errorText(error)}`)
    }
  }
}

async function notifyHttp(channel: PyDict, payload: PyDict, log: ChaosLog): Promise<void> {
  const url = channel.get('url')
  if (typeof url !== 'string' || url === '') {
    log.debug('missing url in notification channel')
    return
  }
  const isForwarded = pythonTruth(channel.get('forward_event_payload') ?? true)
  const answer = await httpCall({
    method: isForwarded ? 'POST' : 'GET',
    url,
    headers: { ...headersOf(channel), ...(isForwarded && { 'Content-Type': 'application/json' }) },
    body: isForwarded ? writeJson(payload, LINE_STYLE) : undefined,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    readTimeoutMs: READ_TIMEOUT_MS,
    verifiesTls: pythonTruth(channel.get('verify_tls') ?? true),
    signal: undefined,
  })
  if (answer.kind !== 'answered') log.debug(`failed calling notification endpoint ${url}: ${answer.kind}`)
  else if (answer.status >= 400) log.debug(`notification sent to ${url} failed with: ${answer.status}`)
}

function headersOf(channel: PyDict): Readonly<Record<string, string>> {
  const headers = channel.get('headers')
  if (!isDict(headers)) return {}
  return Object.fromEntries([...headers].map(([name, value]) => [pythonText(name), pythonText(value)]))
}
