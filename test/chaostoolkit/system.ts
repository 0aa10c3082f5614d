import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Services that extensions talk to: Kubernetes' API, toxiproxy, Prometheus, and a plain one. Remembers what was asked. */
export type System = AsyncDisposable & {
  readonly url: string
  readonly host: string
  readonly port: number
  takeRequests(): readonly string[]
}

export async function startSystem(): Promise<System> {
  let requests: string[] = []
  const server = createServer(async (request, response) => {
    const body = await textOf(request)
    const path = request.url ?? '/'
    if (path !== '/plain') requests.push(`${request.method} ${path} ${body}`.trim())
    const [status, answer] = answerTo(request.method ?? 'GET', path, body)
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    host: '127.0.0.1',
    port,
    takeRequests: () => {
      const taken = requests
      requests = []
      return taken
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answerTo(method: string, path: string, body: string): readonly [number, unknown] {
  if (path.startsWith('/api/v1/query')) return [200, PROMETHEUS]
  if (path.startsWith('/api/v1/namespaces/default/pods')) return [200, method === 'GET' ? PODS : POD]
  if (path.includes('/networkchaos'))
    return [method === 'POST' ? 201 : 200, body === '' ? { status: 'Success' } : JSON.parse(body)]
  if (path.startsWith('/proxies/web/toxics'))
    return method === 'DELETE' ? [204, null] : [200, JSON.parse(body || '[]')]
  if (path.startsWith('/proxies/web'))
    return [200, { name: 'web', enabled: !body.includes('false'), listen: '127.0.0.1:1' }]
  if (path === '/proxies') return [200, { web: { name: 'web', enabled: true } }]
  if (path === '/plain') return [200, { ok: true }]
  return [404, { kind: 'Status', status: 'Failure', code: 404, message: `nothing at ${path}` }]
}

const POD = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'payment-1', namespace: 'default', labels: { app: 'payment' } },
  spec: { containers: [{ name: 'main', image: 'x' }] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
}
const PODS = { apiVersion: 'v1', kind: 'PodList', metadata: {}, items: [POD] }
const PROMETHEUS = {
  status: 'success',
  data: { resultType: 'vector', result: [{ metric: { job: 'shop' }, value: [1700000000.5, '42'] }] },
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}
