import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'

/** A service without a memory, so that many cases may ask it at once: what it answers stands in the path. */
export type Echo = AsyncDisposable & { readonly url: string }

export async function startEcho(): Promise<Echo> {
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

type Answer = readonly [status: number, headers: Readonly<Record<string, string>>, body: string | Buffer]

const JSON_TYPE = { 'content-type': 'application/json' }

const ANSWERS: Readonly<Record<string, Answer>> = {
  '/v1/secret/data/app': [200, JSON_TYPE, '{"data": {"data": {"k": "of Vault", "n": 1.0}, "metadata": {}}}'],
  '/v1/secret/data/deep/app': [200, JSON_TYPE, '{"data": {"data": {"k": {"in": ["it"]}}, "metadata": {}}}'],
  '/v1/secret/data/moved': [307, { location: '/v1/secret/data/app' }, ''],
  '/v1/secret/data/none': [200, JSON_TYPE, '{}'],
  '/v1/secret/data/null': [200, JSON_TYPE, '{"data": {"data": null, "metadata": {}}}'],
  '/v1/secret/data/closed': [403, JSON_TYPE, '{"errors": ["permission denied"]}'],
  '/v1/secret/data/sealed': [503, JSON_TYPE, '{"errors": ["Vault is sealed"]}'],
  '/v1/secret/data/text': [200, {}, 'no JSON'],
  '/v1/kv/app': [200, JSON_TYPE, '{"data": {"k": "of version 1"}}'],
  '/v1/secret/app': [200, JSON_TYPE, '{"data": {"k": "of version 1, under secret"}}'],
  '/json': [200, JSON_TYPE, '{"ok": true, "n": 1.0, "list": [1, 2, 3], "10": 1, "2": 2}'],
  '/charset': [200, { 'content-type': 'application/json; charset=utf-8' }, '{"ok": true}'],
  '/text': [200, { 'content-type': 'text/plain' }, 'é€'],
  '/utf8': [200, { 'content-type': 'text/plain; charset=utf-8' }, 'é€'],
  '/latin': [200, { 'content-type': 'text/html; charset=iso-8859-1' }, Buffer.from('\u00e9', 'latin1')],
  '/untyped': [200, {}, 'plain words é'],
  '/badjson': [200, JSON_TYPE, '{"ok": '],
  '/empty': [204, {}, ''],
  '/number': [200, JSON_TYPE, '12345678901234567890'],
  '/null': [200, JSON_TYPE, 'null'],
  '/gzip': [200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, gzipSync('{"zipped": 1}')],
  '/created': [201, { ...JSON_TYPE, location: '/json' }, '"made"'],
  '/moved': [302, { location: '/echo?moved=1' }, ''],
  '/kept': [307, { location: '/echo?kept=1' }, ''],
  '/seen': [303, { location: '/echo?seen=1' }, ''],
  '/loop': [302, { location: '/loop' }, ''],
  '/brokenzip': [200, { ...JSON_TYPE, 'content-encoding': 'gzip' }, '{"not": "zipped"}'],
  '/elsewhere': [302, { location: 'ftp://127.0.0.1/' }, ''],
  '/short': [200, { ...JSON_TYPE, 'content-length': '100' }, '{"cut":'],
  '/octets': [200, { 'content-type': 'application/octet-stream' }, Buffer.from([0x68, 0x69, 0xc3, 0xa9])],
  '/upper': [200, { 'content-type': 'Application/JSON' }, '{"ok": true}'],
  '/bom': [200, JSON_TYPE, '\ufeff{"ok": true}'],
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = ''
  for await (const chunk of request.setEncoding('latin1')) body += chunk
  const path = request.url?.split('?')[0] ?? '/'
  const own = ANSWERS[path]
  if (own !== undefined) {
    const [status, headers, text] = own
    response.writeHead(status, headers)
    if (path === '/short') response.write(text, () => request.socket.destroy())
    else response.end(text)
  } else if (path.startsWith('/status/')) response.writeHead(Number(path.slice(8)), JSON_TYPE).end('{}')
  else if (path === '/drop') request.socket.destroy()
  else if (path === '/slowly') response.writeHead(200, JSON_TYPE).write('{"never":')
  else if (path === '/slow') setTimeout(() => response.writeHead(200, JSON_TYPE).end('{}'), 3_000).unref()
  else if (path.startsWith('/echo'))
    response.writeHead(200, JSON_TYPE).end(JSON.stringify(echoOf(request, body)))
  else response.writeHead(404).end('nothing')
}

/** Without what differs on purpose (the user agent, the trace) or by connection. */
function echoOf({ method, url, headers }: IncomingMessage, body: string): object {
  const sent = Object.entries(headers).filter(
    ([name]) => !['host', 'user-agent', 'connection', 'traceparent', 'tracestate', 'baggage'].includes(name),
  )
  return { method, url, body, sent: Object.fromEntries(sent.toSorted()) }
}
