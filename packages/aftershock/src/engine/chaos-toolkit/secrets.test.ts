import { writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { readJson } from '../../formats/chaos-toolkit/json-read.ts'
import { pythonText } from '../../formats/chaos-toolkit/python-text.ts'
import { loadSecrets } from './secrets.ts'
import { httpStub } from './test-support/http-stub.ts'
import { dictOf, keptLog, scratch } from './test-support/run-text.ts'

const parsed = (text: string) => dictOf(readJson(text))

async function secrets(declared: string, configuration = '{}', overrides = '{}'): Promise<string> {
  const loaded = await loadSecrets({
    declared: parsed(declared),
    configuration: parsed(configuration),
    overrides: parsed(overrides),
    env: { TOKEN: 'abc', EMPTY: '' },
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
