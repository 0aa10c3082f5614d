import { existsSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { LINE_STYLE, writeJson } from '../../formats/chaos-toolkit/json-write.ts'
import { PythonError } from '../../formats/chaos-toolkit/python-error.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { dict, isDict, type PyDict, type PyKey, type PyValue } from '../../formats/chaos-toolkit/values.ts'
import type { Environment } from './configuration.ts'
import type { HttpCertificates } from './http-call.ts'
import { httpCall } from './http-lazy.ts'
import type { ChaosLog } from './log.ts'
import { Refused } from './stops.ts'
import { vaultCertificates } from './vault-certificates.ts'

const TIMEOUT_MS = 30_000

/**
 * A secret of Vault's key-value store, version 1 or 2: all of its fields, or the one that `key` names. Log-in by
 * token, AppRole or a Kubernetes service account (chaostoolkit 1.6).
 * @throws Refused when the log-in fails @throws PythonError when the secret cannot be read
 * @see https://developer.hashicorp.com/vault/api-docs/secret/kv
 */
export async function readVaultSecret(
  declared: PyDict,
  configuration: PyDict,
  env: Environment,
  log: ChaosLog,
): Promise<PyValue> {
  const vault: Vault = {
    address: textIn(configuration, 'vault_addr') || (env.VAULT_ADDR ?? 'http://localhost:8200'),
    token: undefined,
    certificates: vaultCertificates(env),
  }
  const version = versionIn(configuration)
  const token = await logIn(vault, configuration, env)
  const path = declared.get('path') ?? null
  if (path === null) {
    log.warning(`Missing Vault secret path for '${pythonText(declared)}'`)
    return new Map<PyKey, PyValue>()
  }
  const mount = textIn(configuration, 'vault_secrets_mount_point') ?? 'secret'
  const isFirst = version === '1'
  const place = `${mount}/${isFirst ? '' : 'data/'}${pythonText(path)}`
  const answer = await ask({ ...vault, token }, 'GET', place, undefined)
  if (answer.size === 0) {
    log.warning(`No Vault secret found at path: ${pythonText(path)}`)
    return answer
  }
  const outer = answer.get('data')
  const data = isFirst || !isDict(outer) ? outer : outer.get('data')
  const key = declared.get('key') ?? null
  if (key === null) return data ?? null
  const value = isDict(data) ? data.get(pythonText(key)) : undefined
  if (value === undefined)
    throw new PythonError('KeyError', `'${pythonText(key)}' in the Vault secret ${place}`)
  return value
}

type Vault = {
  readonly address: string
  readonly token: string | undefined
  readonly certificates: HttpCertificates
}

function versionIn(configuration: PyDict): '1' | '2' {
  const version = textIn(configuration, 'vault_kv_version') ?? '2'
  if (version === '1' || version === '2') return version
  throw new Refused(`vault_kv_version must be "1" or "2": it is "${version}"`)
}

async function logIn(vault: Vault, configuration: PyDict, env: Environment): Promise<string | undefined> {
  const token = textIn(configuration, 'vault_token')
  if (token !== undefined) return token
  const role = textIn(configuration, 'vault_role_id')
  const secret = textIn(configuration, 'vault_role_secret')
  if (role !== undefined && secret !== undefined) {
    return logInWith(vault, 'auth/approle/login', { role_id: role, secret_id: secret }, (why) => {
      return `Failed to connect to Vault with the AppRole: ${why}`
    })
  }
  const serviceRole = textIn(configuration, 'vault_sa_role')
  if (serviceRole === undefined) return env.VAULT_TOKEN || tokenOfHome(env)
  const mount = textIn(configuration, 'vault_k8s_mount_point') ?? 'kubernetes'
  const jwt = serviceToken(configuration)
  return logInWith(vault, `auth/${mount}/login`, { role: serviceRole, jwt }, (why) => {
    return `Failed to connect to Vault using service account with errors: '${why}'`
  })
}

/** Left there by `vault login`. */
function tokenOfHome(env: Environment): string | undefined {
  const path = join(env.HOME ?? homedir(), '.vault-token')
  return existsSync(path) ? readFileSync(path, 'utf8').trim() || undefined : undefined
}

function serviceToken(configuration: PyDict): string {
  const path =
    textIn(configuration, 'vault_sa_token_path') || '/var/run/secrets/kubernetes.io/serviceaccount/token'
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new Refused(`Failed to get service account token at: ${path}`)
  }
}

async function logInWith(
  vault: Vault,
  path: string,
  body: Readonly<Record<string, string>>,
  words: (why: string) => string,
): Promise<string> {
  try {
    const answer = await ask(vault, 'POST', path, dict(body))
    const auth = answer.get('auth')
    const token = isDict(auth) ? auth.get('client_token') : undefined
    if (typeof token === 'string') return token
    throw new PythonError('KeyError', "the answer holds no 'client_token'")
  } catch (error) {
    if (!(error instanceof PythonError)) throw error
    throw new Refused(words(error.message))
  }
}

async function ask(vault: Vault, method: string, path: string, body: PyDict | undefined): Promise<PyDict> {
  const parts = path.split('/').filter((one, at, all) => one !== '' || at === all.length - 1)
  const url = `${vault.address.replace(/\/+$/, '')}/v1/${parts.map(encodeURIComponent).join('/')}`
  const answer = await httpCall({
    method,
    url,
    headers: {
      'X-Vault-Request': 'true',
      ...(vault.token !== undefined && { 'X-Vault-Token': vault.token }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
    },
    body: body === undefined ? undefined : writeJson(body, LINE_STYLE),
    connectTimeoutMs: TIMEOUT_MS,
    readTimeoutMs: TIMEOUT_MS,
    verifiesTls: true,
    certificates: vault.certificates,
    signal: undefined,
  })
  if (answer.kind !== 'answered') {
    const why = answer.kind === 'unreachable' ? answer.message : 'it did not answer in time'
    throw new PythonError('requests.exceptions.ConnectionError', `Vault at ${url} cannot be reached: ${why}`)
  }
  const text = answer.body.toString('utf8')
  if (answer.status >= 400) {
    throw new PythonError(
      'hvac.exceptions.VaultError',
      `${method} ${url} was answered ${answer.status}: ${text.slice(0, 300).trim()}`,
    )
  }
  const parsed = readJson(text)
  return isDict(parsed) ? parsed : new Map<PyKey, PyValue>()
}

function textIn(configuration: PyDict, key: string): string | undefined {
  const value = configuration.get(key) ?? null
  return value === null ? undefined : pythonText(value)
}
