import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errorText } from '../../model/error-text.ts'
import type { Environment } from './configuration.ts'
import type { HttpCertificates } from './http-call.ts'
import { Refused } from './stops.ts'

/**
 * Whom to trust and who we are, as Vault's own clients read it from the environment: VAULT_CACERT, else VAULT_CAPATH,
 * a folder of them; VAULT_CLIENT_CERT with VAULT_CLIENT_KEY.
 * @throws Refused for a file that cannot be read
 * @see https://developer.hashicorp.com/vault/docs/commands#environment-variables
 */
export function vaultCertificates(env: Environment): HttpCertificates {
  const cert = env.VAULT_CLIENT_CERT
  return {
    ...authorities(env),
    ...(cert && { cert: fileOf('VAULT_CLIENT_CERT', cert) }),
    ...(cert && { key: fileOf('VAULT_CLIENT_KEY', env.VAULT_CLIENT_KEY || cert) }),
  }
}

function authorities({ VAULT_CACERT: file, VAULT_CAPATH: folder }: Environment): HttpCertificates {
  if (file) return { ca: [fileOf('VAULT_CACERT', file)] }
  if (!folder) return {}
  try {
    return { ca: readdirSync(folder).map((name) => readFileSync(join(folder, name))) }
  } catch (error) {
    throw unreadable('VAULT_CAPATH', folder, error)
  }
}

function fileOf(name: string, path: string): Buffer {
  try {
    return readFileSync(path)
  } catch (error) {
    throw unreadable(name, path, error)
  }
}

function unreadable(name: string, path: string, error: unknown): Refused {
  return new Refused(`${name}=${path} cannot be read: ${errorText(error)}`)
}
