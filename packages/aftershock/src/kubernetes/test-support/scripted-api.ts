import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Received = {
  readonly method: string
  readonly url: string
  readonly body: string
  readonly authorization: string
}

export type ScriptedApi = {
  readonly kubeconfig: string
  readonly received: readonly Received[]
  /** What the token file says from now on. */
  setToken(token: string): void
  [Symbol.asyncDispose](): Promise<void>
}

type Handler = (request: Received, response: ServerResponse, nth: number) => void

/** A server on loopback whose answers a test writes itself, word for word as a kube-apiserver gives them. */
export async function scriptedApi(handler: Handler): Promise<ScriptedApi> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { method = '', url = '', headers } = request
      const one = { method, url, body, authorization: headers.authorization ?? '' }
      received.push(one)
      handler(one, response, received.length)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const folder = mkdtempSync(join(tmpdir(), 'aftershock-kube-'))
  const { port } = server.address() as AddressInfo
  const setToken = (token: string): void => writeFileSync(join(folder, 'token'), token)
  setToken('first')
  const kubeconfig = join(folder, 'config')
  writeFileSync(kubeconfig, configText(`http://127.0.0.1:${port}`, join(folder, 'token')))
  return {
    kubeconfig,
    received,
    setToken,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true })
    },
  }
}

function configText(server: string, tokenFile: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'loopback',
    clusters: [{ name: 'loopback', cluster: { server, 'insecure-skip-tls-verify': true } }],
    contexts: [{ name: 'loopback', context: { cluster: 'loopback', user: 'somebody', namespace: 'shop' } }],
    users: [{ name: 'somebody', user: { tokenFile } }],
  })
}

export function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

/** A refusal in the server's form. */
export function refusal(code: number, reason: string, message: string): Readonly<Record<string, unknown>> {
  return { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}
