import { convertTo } from '../../formats/chaos-toolkit/convert.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { isDict, type PyDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { CallContext } from './call-provider.ts'
import { callProvider } from './call-provider.ts'
import { copyOf } from './controls.ts'
import { Refused } from './stops.ts'

export type Environment = Readonly<Record<string, string | undefined>>

/**
 * The configuration without its dynamic values: literals as they are, `type: env` from the environment, names that
 * `overrides` has replaced (other names of it are ignored).
 * @throws Refused for a missing variable @throws PythonError for one that cannot be converted
 */
export function loadConfiguration(declared: PyValue, overrides: PyDict, env: Environment): PyDict {
  const loaded: PyDict = new Map<PyKey, PyValue>()
  for (const [key, own] of dictOf(declared, 'configuration')) {
    const value = overrides.get(key) ?? own
    loaded.set(key, isDict(value) && value.get('type') === 'env' ? fromEnvironment(value, env) : value)
  }
  return loaded
}

function fromEnvironment(declared: PyDict, env: Environment): PyValue {
  const key = declared.get('key')
  if (key === undefined) throw new PythonError('KeyError', "'key'")
  const found = env[pythonText(key)]
  if (found === undefined && !declared.has('default')) {
    throw new Refused(
      `Configuration makes reference to an environment key that does not exist: ${pythonText(key)}`,
    )
  }
  return convertTo(declared.get('env_var_type') ?? null, found ?? declared.get('default') ?? null)
}

/** @throws PythonError for what the reference crashes on: a section that is null or no mapping */
export function dictOf(value: PyValue, name: string): PyDict {
  if (isDict(value)) return value
  throw new PythonError('AttributeError', `the ${name} of an experiment must be a mapping`)
}

/**
 * Replaces values of type probe by what the probe returns, in order, each seeing the ones before it. A probe that
 * fails leaves its key out and only warns, as in the reference.
 */
export async function loadDynamicConfiguration(
  run: Omit<CallContext, 'configuration'>,
  configuration: PyDict,
): Promise<PyDict> {
  const loaded: PyDict = new Map<PyKey, PyValue>()
  let hasFailed = false
  for (const [key, value] of configuration) {
    if (!isDict(value) || value.get('type') !== 'probe') {
      loaded.set(key, value)
      continue
    }
    // As the reference: all secrets stand in the probe's provider from here on, also in the journal.
    const provider = value.get('provider')
    if (isDict(provider)) provider.set('secrets', copyOf(run.secrets))
    const output = await outputOf({ ...run, configuration: loaded }, value)
    if (output === undefined) hasFailed = true
    else loaded.set(key, output)
  }
  if (hasFailed) {
    run.log.warning(
      'Some of the dynamic configuration failed to be loaded. Please review the log file for understanding what happened.',
    )
  }
  return loaded
}

async function outputOf(run: CallContext, probe: PyDict): Promise<PyValue | undefined> {
  const name = pythonText(probe.get('name') ?? null)
  const step = run.observer.start(
    { kind: 'activity', activity: probe, isBackground: false, section: 'configuration' },
    undefined,
  )
  const call = { lane: 'foreground' as const, signal: run.desk.foreground() }
  const outcome = await callProvider(run, probe, call, step)
  step.end({ kind: 'activity', record: undefined, outcome })
  // Also when the run has to end: it looks for that before it does anything.
  if (outcome.kind !== 'returned') {
    run.log.debug(`Failed to load configuration '${name}'`)
    return undefined
  }
  const provider = probe.get('provider')
  const type = isDict(provider) ? provider.get('type') : undefined
  if (type === 'python' || type === 'node') return outcome.value
  const { value } = outcome
  if (!isDict(value)) return undefined
  if (type === 'http') return value.get('body') ?? null
  if (value.get('status') === 0n) return pythonText(value.get('stdout') ?? '').trim()
  run.log.debug(`Failed to load configuration dynamically from probe '${name}'`)
  return undefined
}
