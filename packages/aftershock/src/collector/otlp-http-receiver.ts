import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Address } from '../model/system.ts'
import { tokenCheck } from './bearer-token.ts'
import { type Listener, listenProblem, requireTokenBeyondLoopback } from './listen.ts'
import { exportResponse, exportResponseJson, RpcCode, rpcStatus, rpcStatusJson } from './otlp-reply.ts'
import { readBody } from './read-body.ts'
import {
  type Acceptance,
  BODY_LIMITS,
  type BodyLimits,
  type BodySink,
  type Compression,
  type OtlpSignal,
} from './received-body.ts'

export type OtlpHttpOptions = {
  /** Port 0 takes a free one. */
  readonly address: Address
  readonly sink: BodySink
  readonly limits?: BodyLimits | undefined
  /** Asked for as `Authorization: Bearer …`; required beyond loopback. */
  readonly token?: string | undefined
}

const SIGNALS: Readonly<Record<string, OtlpSignal>> = {
  '/v1/traces': 'traces',
  '/v1/logs': 'logs',
  '/v1/metrics': 'metrics',
}

/**
 * Receives OTLP/HTTP: `POST /v1/traces`, `/v1/logs`, `/v1/metrics`, protobuf or JSON, plain or compressed.
 *
 * @throws ProblemError (exit code 4) when the address cannot be had
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export async function startOtlpHttpReceiver(options: OtlpHttpOptions): Promise<Listener> {
  requireTokenBeyondLoopback('OTLP/HTTP', options.address, options.token)
  const limits = options.limits ?? BODY_LIMITS
  const reading = { bytes: 0 }
  const allowed = tokenCheck(options.token)
  const server = createServer({
    // Senders that dribble are cut off: they would hold memory and connections for ever.
    headersTimeout: 10_000,
    requestTimeout: 30_000,
    connectionsCheckingInterval: 2_000,
    keepAliveTimeout: 65_000,
    maxHeaderSize: 16 << 10,
  })
  server.maxConnections = 1024
  server.on('request', (request, response) => {
    void answer(request, response, { sink: options.sink, limits, reading, allowed })
  })
  await listen(server, options.address)
  const port = (server.address() as AddressInfo).port
  return { address: { host: options.address.host, port }, close: () => closeServer(server) }
}

type Receiver = {
  readonly sink: BodySink
  readonly limits: BodyLimits
  readonly reading: { bytes: number }
  readonly allowed: (authorization: string | undefined) => boolean
}

async function answer(request: IncomingMessage, response: ServerResponse, receiver: Receiver): Promise<void> {
  const reply = new Reply(request, response)
  const signal = SIGNALS[(request.url ?? '').split('?', 1)[0] ?? '']
  if (signal === undefined)
    return reply.refuse(404, RpcCode.unimplemented, 'OTLP is served at /v1/traces, /v1/logs and /v1/metrics')
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST')
    return reply.refuse(405, RpcCode.unimplemented, `OTLP needs POST: the method is ${request.method}`)
  }
  if (!receiver.allowed(request.headers.authorization))
    return reply.refuse(401, RpcCode.unauthenticated, 'the Authorization header does not carry the token')
  const encoding = encodingOf(request.headers['content-type'])
  if (encoding === undefined)
    return reply.refuse(
      415,
      RpcCode.invalidArgument,
      `the content type must be application/x-protobuf or application/json: current value is ${request.headers['content-type'] ?? 'missing'}`,
    )
  const compression = compressionOf(request.headers['content-encoding'])
  if (compression === undefined)
    return reply.refuse(
      415,
      RpcCode.invalidArgument,
      `the content encoding must be gzip, deflate, zstd or identity: current value is ${request.headers['content-encoding']}`,
    )
  const body = await readBody(request, receiver.limits, receiver.reading)
  if (body.kind === 'gone') return
  if (body.kind === 'too-large')
    return reply.refuse(
      413,
      RpcCode.invalidArgument,
      `a body may have ${receiver.limits.bodyBytesMax} bytes at most; send smaller batches`,
    )
  if (body.kind === 'busy') return reply.acceptance(signal, { kind: 'busy', retryAfterMs: 1000 })
  const bytes = body.bytes
  const accepted = await receiver.sink({ signal, encoding, compression, bytes }).catch(
    (): Acceptance => ({
      kind: 'busy',
      retryAfterMs: 1000,
    }),
  )
  reply.acceptance(signal, accepted)
}

/** Answers in the content type of the request, as OTLP wants. */
class Reply {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #json: boolean

  constructor(request: IncomingMessage, response: ServerResponse) {
    this.#request = request
    this.#response = response
    this.#json = encodingOf(request.headers['content-type']) === 'json'
  }

  acceptance(signal: OtlpSignal, acceptance: Acceptance): void {
    if (acceptance.kind === 'accepted') {
      this.#send(200, this.#json ? exportResponseJson(signal, acceptance) : exportResponse(acceptance))
    } else if (acceptance.kind === 'busy') {
      this.#response.setHeader('retry-after', String(Math.max(1, Math.ceil(acceptance.retryAfterMs / 1000))))
      this.refuse(503, RpcCode.unavailable, 'the queue is full; try again later')
    } else if (acceptance.kind === 'too-large') this.refuse(413, RpcCode.invalidArgument, acceptance.why)
    else this.refuse(400, RpcCode.invalidArgument, acceptance.why)
  }

  refuse(httpStatus: number, code: number, message: string): void {
    // What was not read would be taken for the next request.
    if (!this.#request.complete) this.#response.setHeader('connection', 'close')
    this.#send(httpStatus, this.#json ? rpcStatusJson(code, message) : rpcStatus(code, message))
  }

  #send(status: number, body: string | Buffer): void {
    if (this.#response.destroyed || this.#response.headersSent) return
    this.#response.writeHead(status, {
      'content-type': this.#json ? 'application/json' : 'application/x-protobuf',
      'content-length': Buffer.byteLength(body),
    })
    this.#response.end(body)
  }
}

function encodingOf(contentType: string | undefined): 'protobuf' | 'json' | undefined {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase()
  if (type === 'application/x-protobuf' || type === 'application/protobuf') return 'protobuf'
  return type === 'application/json' ? 'json' : undefined
}

function compressionOf(contentEncoding: string | undefined): Compression | undefined {
  const coding = (contentEncoding ?? '').trim().toLowerCase()
  if (coding === '' || coding === 'identity') return 'identity'
  if (coding === 'gzip' || coding === 'x-gzip') return 'gzip'
  return coding === 'deflate' || coding === 'zstd' ? coding : undefined
}

function listen(server: Server, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => reject(listenProblem('OTLP/HTTP', address, error)))
    server.listen(address.port, address.host, resolve)
  })
}

async function closeServer(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeIdleConnections()
  const patience = setTimeout(() => server.closeAllConnections(), 2000)
  await closed
  clearTimeout(patience)
}
