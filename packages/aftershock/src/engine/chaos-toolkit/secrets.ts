import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { isDict, type PyDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import { dictOf, type Environment } from './configuration.ts'
import type { ChaosLog } from './log.ts'
import { Refused } from './stops.ts'
import { readVaultSecret } from './vault.ts'

export type SecretsInput = {
  readonly declared: PyValue
  /** The configuration holds how Vault is reached. */
  readonly configuration: PyDict
  /** From var files: a scope here replaces the whole scope. */
  readonly overrides: PyDict
  readonly env: Environment
  readonly log: ChaosLog
}

/** Secrets of every scope: literals, `type: env`, `type: vault`, nested to any depth. */
export async function loadSecrets(input: SecretsInput): Promise<PyDict> {
  const loaded: PyDict = new Map<PyKey, PyValue>()
  for (const [key, value] of dictOf(input.declared, 'secrets')) {
    loaded.set(key, isDict(value) ? await secretOf(key, value, input) : value)
  }
  return loaded
}

async function secretOf(key: PyKey, value: PyDict, input: SecretsInput): Promise<PyValue> {
  const override = input.overrides.get(key) ?? null
  if (override !== null) return override
  const type = value.get('type')
  if (type === 'env') return fromEnvironment(value, input.env)
  if (type === 'vault') return readVaultSecret(value, input.configuration, input.env, input.log)
  return loadSecrets({ ...input, declared: value, overrides: new Map<PyKey, PyValue>() })
}

function fromEnvironment(declared: PyDict, env: Environment): PyValue {
  const key = declared.get('key')
  if (key === undefined) throw new PythonError('KeyError', "'key'")
  const found = env[pythonText(key)]
  if (found !== undefined) return found
  throw new Refused(`Secrets make reference to an environment key that does not exist: ${pythonText(key)}`)
}
