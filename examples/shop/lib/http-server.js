import http from 'node:http'
import { context } from '@opentelemetry/api'
import { getRPCMetadata } from '@opentelemetry/core'
import { listenAddress } from './addresses.js'

const BODY_BYTES_MAX = 64 * 1024

/** An answer other than 200, with a reason for the caller. */
export class HttpError extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

/**
 * Serves JSON over HTTP.
 *
 * @param routes - `POST /checkout` → handler of `{ body }`; what it returns is the answer (a string: HTML),
 *   an HttpError it throws is that status, any other error 500
 */
export function serveHttp(service, routes) {
  const server = http.createServer(async (request, response) => {
    const path = request.url.split('?', 1)[0]
    try {
      const handler = routes[`${request.method} ${path}`]
      if (handler === undefined) throw new HttpError(404, `no route ${request.method} ${path}`)
      // As the instrumentations of web frameworks do: the span is named after the route.
      const rpc = getRPCMetadata(context.active())
      if (rpc !== undefined) rpc.route = path
      send(response, 200, await handler({ body: await readJson(request) }))
    } catch (error) {
      send(response, error.status ?? 500, { error: error.message })
    }
  })
  // Longer than any caller keeps an idle connection, so that none is closed under a request.
  server.keepAliveTimeout = 30_000
  const { host, port } = listenAddress(service)
  server.listen(port, host, () => console.log(`${service} listens on ${host}:${port}`))
}

async function readJson(request) {
  const chunks = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += chunk.length
    if (bytes > BODY_BYTES_MAX) throw new HttpError(413, `body over ${BODY_BYTES_MAX} bytes`)
    chunks.push(chunk)
  }
  if (bytes === 0) return {}
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    throw new HttpError(400, 'body is not JSON')
  }
}

function send(response, status, answer) {
  const isText = typeof answer === 'string'
  response.writeHead(status, { 'content-type': isText ? 'text/html; charset=utf-8' : 'application/json' })
  response.end(isText ? answer : JSON.stringify(answer))
}
