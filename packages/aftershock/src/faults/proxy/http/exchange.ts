import { type ClientRequest, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type CallCount, countCall, ruledRequest, ruledResponse } from './apply-rules.ts'
import { type Header, type HttpRequestHead, valuesOf, withHeader, without } from './http-message.ts'
import { HEADER_BYTES_MAX, type HttpLayer } from './layer.ts'
import { editedBody } from './read-body.ts'

const BODILESS = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE', 'CONNECT'])

/** One request and its answer, through the rules. */
export async function exchange(layer: HttpLayer, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const isOver = layer.begin()
  const seen = countCall(layer)
  res.on('close', () => {
    seen.end()
    isOver()
  })
  try {
    const head = await ruledRequest(layer, req, seen)
    if (head === undefined) layer.drop()
    else if (!res.destroyed) await send(layer, head, req, res, seen)
  } catch {
    // A body that no rule can read, or one cut short: chaos-tproxy drops the connection, and so do we.
    layer.drop()
  }
}

async function send(
  layer: HttpLayer,
  head: HttpRequestHead,
  req: IncomingMessage,
  res: ServerResponse,
  seen: CallCount,
): Promise<void> {
  const { bodyEdits } = head
  const body = bodyEdits.length > 0 ? await editedBody(req, bodyEdits, layer.bodyBytesMax) : undefined
  const upstream = dial(layer, head, framed(head, body))
  let isAnswered = false
  upstream.on('continue', () => res.writeContinue())
  upstream.on('response', (answer) => {
    isAnswered = true
    respond(layer, head, answer, res, seen).catch(() => layer.drop())
  })
  upstream.on('error', () => {
    if (res.destroyed) return
    // A kept-alive connection that the service had just closed: the caller sees what it would have seen.
    if (isAnswered || upstream.reusedSocket) layer.drop()
    else badGateway(layer, res)
  })
  res.on('close', () => {
    if (!res.writableFinished) upstream.destroy()
  })
  if (body !== undefined) upstream.end(body)
  else forwardBody(req, upstream)
}

export function dial(layer: HttpLayer, head: HttpRequestHead, headers: readonly Header[]): ClientRequest {
  const { host, port } = layer.target
  const upstream = request({
    agent: layer.agent,
    host,
    port,
    method: head.method,
    path: head.target,
    headers: headers.flat(),
    setHost: false,
    maxHeaderSize: HEADER_BYTES_MAX,
  })
  upstream.on('socket', (socket) => layer.watch(socket))
  return upstream
}

async function respond(
  layer: HttpLayer,
  request: HttpRequestHead,
  answer: IncomingMessage,
  res: ServerResponse,
  seen: CallCount,
): Promise<void> {
  answer.on('error', () => layer.drop())
  const head = await ruledResponse(layer, request, answer, seen)
  if (head === undefined) {
    layer.drop()
    return
  }
  if (res.destroyed) return
  const { bodyEdits } = head
  const body = bodyEdits.length > 0 ? await editedBody(answer, bodyEdits, layer.bodyBytesMax) : undefined
  const headers = body === undefined ? head.headers : withLength(head.headers, body)
  res.sendDate = false
  // Node adds these where the service sent none.
  res.removeHeader('connection')
  res.writeHead(head.code, head.reason, headers.flat())
  if (body !== undefined) {
    res.end(request.method === 'HEAD' ? undefined : body)
    return
  }
  answer.pipe(res, { end: false })
  answer.on('end', () => {
    if (answer.rawTrailers.length > 0) res.addTrailers(trailers(answer))
    res.end()
  })
}

/** Chaos-tproxy's answer when the service is not there. */
function badGateway(layer: HttpLayer, res: ServerResponse): void {
  layer.onFailed()
  res.sendDate = false
  res.writeHead(502, ['content-length', '0'])
  res.end()
}

function forwardBody(req: IncomingMessage, upstream: ClientRequest): void {
  req.pipe(upstream, { end: false })
  req.on('end', () => {
    if (req.rawTrailers.length > 0) upstream.addTrailers(trailers(req))
    upstream.end()
  })
}

function framed(head: HttpRequestHead, body: Buffer | undefined): readonly Header[] {
  if (body !== undefined) return withLength(head.headers, body)
  const hasFrame =
    valuesOf(head.headers, 'content-length').length + valuesOf(head.headers, 'transfer-encoding').length > 0
  // Without either there is no body; Node would announce one in chunks.
  return hasFrame || BODILESS.has(head.method) ? head.headers : [...head.headers, ['content-length', '0']]
}

function withLength(headers: readonly Header[], body: Buffer): readonly Header[] {
  return withHeader(without(headers, 'transfer-encoding'), 'content-length', String(body.length))
}

function trailers(message: IncomingMessage): [string, string][] {
  return Object.entries(message.trailers).map(([name, value]) => [name, value ?? ''])
}
