import type { Activity, ActivityContext, Values } from 'aftershock'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { dict, isDict, isList, type PyDict, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { ActivityCall, ActivityOutcome, ActivityProvider } from '../chaos-toolkit/ports.ts'
import { loadModule } from './load-module.ts'
import { failedError, thrownError } from './node-errors.ts'
import { fromPlain, toPlain } from './plain-values.ts'

/** Code that does not look at its signal is left behind after this long. */
const STOP_MS = 800

/** Activities whose provider is `node`: exported functions of ES modules, run in this process. */
export const nodeActivities: ActivityProvider = {
  validate: async (activity) => {
    const found = await findActivity(activity)
    return 'problem' in found ? found.problem : undefined
  },
  run: async (call) => {
    if (call.signal.aborted) return { kind: 'stopped' }
    const found = await findActivity(call.activity)
    if ('problem' in found) return { kind: 'crashed', error: thrownError(new Error(found.problem)) }
    // The import may have taken its time, and code that starts to listen now would wait for ever.
    if (call.signal.aborted) return { kind: 'stopped' }
    return Promise.race([ran(found.func, call), stopped(call.signal)])
  },
}

async function ran(func: Activity, call: ActivityCall): Promise<ActivityOutcome> {
  try {
    const value = await func(toPlain(call.arguments ?? dict({})) as Values, contextOf(call))
    return { kind: 'returned', value: fromPlain(value) }
  } catch (thrown) {
    if (call.signal.aborted) return { kind: 'stopped' }
    return { kind: 'failed', error: failedError(thrown) }
  }
}

function stopped(signal: AbortSignal): Promise<ActivityOutcome> {
  return new Promise((resolve) => {
    const onAbort = () => setTimeout(() => resolve({ kind: 'stopped' }), STOP_MS).unref()
    signal.addEventListener('abort', onAbort, { once: true })
  })
}

function contextOf(call: ActivityCall): ActivityContext {
  return {
    name: pythonText(call.activity.get('name') ?? null),
    configuration: toPlain(call.configuration) as Values,
    secrets: listedSecrets(call),
    signal: call.signal,
    headers: call.carrier.headers,
  }
}

function listedSecrets(call: ActivityCall): Values {
  const names = providerOf(call.activity).get('secrets') ?? null
  const scopes = isList(names) ? names.map((name) => call.secrets.get(name as string)) : []
  return Object.assign(
    {},
    ...scopes.filter((scope) => isDict(scope ?? null)).map((scope) => toPlain(scope as PyValue)),
  )
}

async function findActivity(
  activity: PyDict,
): Promise<{ readonly func: Activity } | { readonly problem: string }> {
  const provider = providerOf(activity)
  const [name, module, func] = [activity.get('name'), provider.get('module'), provider.get('func')]
  if (typeof module !== 'string' || module === '') return { problem: 'a Node activity must have a module' }
  if (typeof func !== 'string' || func === '') return { problem: 'a Node activity must have a function name' }
  try {
    const found = (await loadModule(module))[func]
    return typeof found === 'function'
      ? { func: found as Activity }
      : {
          problem: `The module '${module}' does not export a function called '${func}' in activity '${name}'`,
        }
  } catch (thrown) {
    return {
      problem: `could not import module '${module}' in activity '${name}': ${thrownError(thrown).message}`,
    }
  }
}

function providerOf(activity: PyDict): PyDict {
  const provider = activity.get('provider') ?? null
  return isDict(provider) ? provider : new Map()
}
