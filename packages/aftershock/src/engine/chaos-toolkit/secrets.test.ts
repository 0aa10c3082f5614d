import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { describe, expect, test } from 'vitest'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { loadSecrets } from './secrets.ts'
import { httpStub } from './test-support/http-stub.ts'
import { dictOf, keptLog, scratch } from './test-support/run-text.ts'

const parsed = (text: string) => dictOf(readJson(text))

async function secrets(
  declared: string,
  configuration = '{}',
  overrides = '{}',
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const loaded = await loadSecrets({
    declared: parsed(declared),
    configuration: parsed(configuration),
    overrides: parsed(overrides),
    env: { TOKEN: 'abc', EMPTY: '', HOME: '/nowhere', ...env },
    log: keptLog().log,
  })
  return pythonText(loaded)
}

describe('secrets', () => {
  test.each([
    [
      '{"s": {"k": "v", "n": {"deep": {"type": "env", "key": "TOKEN"}}}}',
      "{'s': {'k': 'v', 'n': {'deep': 'abc'}}}",
    ],
    ['{"s": {"k": {"type": "env", "key": "EMPTY"}}}', "{'s': {'k': ''}}"],
    ['{"s": {"type": "env", "key": "TOKEN"}}', "{'s': 'abc'}"],
  ])('%s becomes %s', async (declared, loaded) => {
    expect(await secrets(declared)).toBe(loaded)
  })

  test('of a missing variable are refused, without a default', async () => {
    await expect(secrets('{"s": {"k": {"type": "env", "key": "NO", "default": "x"}}}')).rejects.toThrow(
      'Secrets make reference to an environment key that does not exist: NO',
    )
  })

  test('of a var file replace the whole scope', async () => {
    expect(await secrets('{"s": {"a": "1", "b": "2"}}', '{}', '{"s": {"a": "9"}}')).toBe("{'s': {'a': '9'}}")
  })
})

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
if (!hasOpenssl) console.warn('SKIPPED: Vault over TLS: there is no openssl to make a certificate with')

function certificateIn(path: (name: string) => string): readonly [key: string, cert: string] {
  const [key, cert] = [path('key.pem'), path('cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost']
  const args = [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    ...subject,
    '-keyout',
    key,
    '-out',
    cert,
  ]
  expect(spawnSync('openssl', args).status).toBe(0)
  return [key, cert]
}

/** Answers as Vault's API does. */
const vault = () =>
  httpStub((seen, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
    if (seen.path === '/v1/auth/approle/login') {
      const ok = seen.body === '{"role_id": "r", "secret_id": "s"}'
      return ok
        ? answer(200, { auth: { client_token: 'from-role' } })
        : answer(400, { errors: ['invalid role'] })
    }
    if (seen.path === '/v1/auth/kubernetes/login') return answer(200, { auth: { client_token: 'from-pod' } })
    if (seen.path === '/v1/secret/data/none') return answer(200, {})
    const isFirst = seen.path === '/v1/kv/app'
    if (seen.path !== '/v1/secret/data/app' && !isFirst) return answer(404, { errors: [] })
    const data = { password: 'shhh', by: seen.headers['x-vault-token'] }
    return answer(200, { data: isFirst ? data : { data, metadata: {} } })
  })

describe('secrets of Vault', () => {
  const SECRET = '{"s": {"k": {"type": "vault", "path": "app", "key": "password"}}}'
  const WHOLE = '{"s": {"k": {"type": "vault", "path": "app"}}}'

  test('one field, or all of them', async () => {
    await using server = await vault()
    const at = `"vault_addr": "${server.url}", "vault_token": "t"`
    expect(await secrets(SECRET, `{${at}}`)).toBe("{'s': {'k': 'shhh'}}")
    expect(await secrets(WHOLE, `{${at}}`)).toBe("{'s': {'k': {'password': 'shhh', 'by': 't'}}}")
  })

  test('of version 1 of the store, under another mount', async () => {
    await using server = await vault()
    const at = `"vault_addr": "${server.url}", "vault_token": "t", "vault_kv_version": 1`
    expect(await secrets(SECRET, `{${at}, "vault_secrets_mount_point": "kv"}`)).toBe("{'s': {'k': 'shhh'}}")
  })

  test('with the token of an AppRole or of a service account', async () => {
    await using server = await vault()
    using files = scratch()
    writeFileSync(files.path('jwt'), 'j')
    const role = `{"vault_addr": "${server.url}", "vault_role_id": "r", "vault_role_secret": "s"}`
    expect(await secrets(WHOLE, role)).toContain("'by': 'from-role'")
    const pod = `{"vault_addr": "${server.url}", "vault_sa_role": "r", "vault_sa_token_path": "${files.path('jwt')}"}`
    expect(await secrets(WHOLE, pod)).toContain("'by': 'from-pod'")
  })

  test('with the token of the environment, or the one that `vault login` left', async () => {
    await using server = await vault()
    using home = scratch()
    writeFileSync(home.path('.vault-token'), 'from-home\n')
    const at = `{"vault_addr": "${server.url}"}`
    expect(await secrets(WHOLE, at, '{}', { HOME: home.path('.') })).toContain("'by': 'from-home'")
    const both = { HOME: home.path('.'), VAULT_TOKEN: 'from-env' }
    expect(await secrets(WHOLE, at, '{}', both)).toContain("'by': 'from-env'")
  })

  test('an answer that is empty is an empty secret; slashes too many are one', async () => {
    await using server = await vault()
    const at = `{"vault_addr": "${server.url}/", "vault_token": "t"}`
    expect(await secrets(WHOLE.replace('app', 'none'), at)).toBe("{'s': {'k': {}}}")
    expect(await secrets(SECRET.replace('app', '/app'), at)).toBe("{'s': {'k': 'shhh'}}")
  })

  test('a version of the store that there is not, certificates that are not there', async () => {
    await expect(secrets(WHOLE, '{"vault_kv_version": 3}')).rejects.toThrow('must be "1" or "2": it is "3"')
    for (const name of ['VAULT_CACERT', 'VAULT_CAPATH', 'VAULT_CLIENT_CERT'])
      await expect(secrets(WHOLE, '{}', '{}', { [name]: '/no/file' })).rejects.toThrow(`${name}=/no/file`)
  })

  test.skipIf(!hasOpenssl)('over TLS, when the environment says whom to trust', async () => {
    using files = scratch()
    const [key, cert] = certificateIn(files.path)
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) => {
      response.end('{"data": {"data": {"password": "shhh"}}}')
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    try {
      const at = `{"vault_addr": "https://localhost:${(server.address() as AddressInfo).port}", "vault_token": "t"}`
      expect(await secrets(SECRET, at, '{}', { VAULT_CACERT: cert })).toBe("{'s': {'k': 'shhh'}}")
      await expect(secrets(SECRET, at)).rejects.toThrow('cannot be reached: self-signed certificate')
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('are refused with the reason: log-in, path, field, no server', async () => {
    await using server = await vault()
    const role = `{"vault_addr": "${server.url}", "vault_role_id": "r", "vault_role_secret": "wrong"}`
    await expect(secrets(WHOLE, role)).rejects.toThrow('Failed to connect to Vault with the AppRole: ')
    const at = `{"vault_addr": "${server.url}", "vault_token": "t"}`
    await expect(secrets(WHOLE.replace('app', 'zz'), at)).rejects.toThrow('was answered 404')
    await expect(secrets(SECRET.replace('password', 'zz'), at)).rejects.toThrow("'zz' in the Vault secret")
    await expect(secrets(WHOLE, '{"vault_addr": "http://127.0.0.1:9"}')).rejects.toThrow('cannot be reached')
  })
})
