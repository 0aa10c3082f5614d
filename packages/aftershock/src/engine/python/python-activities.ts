import { dict, isDict, isList, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { ActivityCall, ActivityProvider } from '../chaos-toolkit/ports.ts'
import type { CurrentWorker } from './current-worker.ts'
import { activityOutcome } from './outcomes.ts'
import { askStoppable } from './stoppable.ts'
import { toWire } from './wire.ts'

/** Activities whose provider is `python`: functions of modules that the interpreter can import. */
export function pythonActivities(workers: CurrentWorker, onKilled: (why: string) => void): ActivityProvider {
  return {
    validate: async (activity) => {
      const { reply } = workers.get().channel.ask('validate_activity', { activity: toWire(activity) })
      const answer = await reply
      if (answer.kind === 'ok') return typeof answer.value === 'string' ? answer.value : undefined
      return answer.kind === 'lost' ? unreachable(activity, answer.why) : answer.error.message
    },
    run: async (call) => {
      if (call.signal.aborted) return { kind: 'stopped' }
      const reply = await askStoppable(workers.get(), 'call', requestOf(call), {
        signal: call.signal,
        lane: call.lane,
        name: `activity '${textOf(call.activity.get('name'))}'`,
        onKilled,
      })
      return activityOutcome(reply, call.signal.aborted)
    },
  }
}

function requestOf(call: ActivityCall): object {
  const provider = providerOf(call.activity)
  const scopes = provider.get('secrets')
  return {
    module: textOf(provider.get('module')),
    func: textOf(provider.get('func')),
    arguments: toWire(call.arguments ?? dict({})),
    configuration: toWire(call.configuration),
    ...(provider.has('secrets') && { secrets: toWire(flattened(call.secrets, scopes)) }),
    carrier: call.carrier,
  }
}

/** The listed scopes as one dict; later ones win, unknown ones are skipped. */
function flattened(secrets: PyDict, scopes: PyValue | undefined): PyDict {
  const names = isList(scopes ?? null) ? (scopes as readonly PyValue[]) : []
  return new Map(
    names.flatMap((name) => {
      const scope = typeof name === 'string' ? secrets.get(name) : undefined
      return isDict(scope) ? [...scope] : []
    }),
  )
}

function unreachable(activity: PyDict, why: string): string {
  const module = textOf(providerOf(activity).get('module'))
  return `could not find Python module '${module}' in activity '${textOf(activity.get('name'))}': ${why}`
}

function providerOf(activity: PyDict): PyDict {
  const provider = activity.get('provider')
  return isDict(provider) ? provider : new Map()
}

function textOf(value: PyValue | undefined): string {
  return typeof value === 'string' ? value : ''
}
