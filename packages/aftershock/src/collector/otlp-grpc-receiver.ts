import {
  logVerbosity,
  Metadata,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceDefinition,
  type sendUnaryData,
  setLogVerbosity,
} from '@grpc/grpc-js'
import type { Address } from '../model/system.ts'
import { tokenCheck } from './bearer-token.ts'
import { type Listener, listenProblem, requireTokenBeyondLoopback } from './listen.ts'
import { exportResponse, RpcCode, rpcStatus } from './otlp-reply.ts'
import {
  type Acceptance,
  BODY_LIMITS,
  type BodyLimits,
  type BodySink,
  type OtlpSignal,
} from './received-body.ts'

export type OtlpGrpcOptions = {
  /** Port 0 takes a free one. */
  readonly address: Address
  readonly sink: BodySink
  readonly limits?: BodyLimits | undefined
  /** Asked for as `authorization: Bearer …` metadata; required beyond loopback. */
  readonly token?: string | undefined
}

/**
 * Receives OTLP/gRPC: the Export calls of Trace, Logs and Metrics. Messages stay bytes (identity
 * serialisers), so that they are decoded once, in the worker. gzip is undone by the library, within the limit.
 *
 * @throws ProblemError (exit code 4) when the address cannot be had
 * @see https://opentelemetry.io/docs/specs/otlp/#otlpgrpc
 */
export async function startOtlpGrpcReceiver(options: OtlpGrpcOptions): Promise<Listener> {
  requireTokenBeyondLoopback('OTLP/gRPC', options.address, options.token)
  // The library would print what we report as a problem.
  setLogVerbosity(logVerbosity.NONE)
  const server = new Server({
    'grpc.max_receive_message_length': (options.limits ?? BODY_LIMITS).decompressedBytesMax,
    'grpc.max_concurrent_streams': 256,
    // Without this, two receivers can share a port and each gets half of the spans.
    'grpc.so_reuseport': 0,
  })
  const allowed = tokenCheck(options.token)
  for (const [signal, path] of SERVICES) {
    server.addService(serviceOf(path), {
      export: (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) =>
        void handle(call, done, { signal, sink: options.sink, allowed }),
    })
  }
  const port = await bind(server, options.address)
  return { address: { host: options.address.host, port }, close: () => closeServer(server) }
}

const SERVICES: readonly (readonly [OtlpSignal, string])[] = [
  ['traces', '/opentelemetry.proto.collector.trace.v1.TraceService/Export'],
  ['logs', '/opentelemetry.proto.collector.logs.v1.LogsService/Export'],
  ['metrics', '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export'],
]

type Handler = {
  readonly signal: OtlpSignal
  readonly sink: BodySink
  readonly allowed: (authorization: string | undefined) => boolean
}

async function handle(
  call: ServerUnaryCall<Buffer, Buffer>,
  done: sendUnaryData<Buffer>,
  { signal, sink, allowed }: Handler,
): Promise<void> {
  if (!allowed(call.metadata.get('authorization')[0]?.toString()))
    return refuse(done, RpcCode.unauthenticated, 'the authorization metadata does not carry the token')
  const body = {
    signal,
    encoding: 'protobuf',
    compression: 'identity',
    bytes: ownBytes(call.request),
  } as const
  const acceptance = await sink(body).catch((): Acceptance => ({ kind: 'busy', retryAfterMs: 1000 }))
  if (acceptance.kind === 'accepted') done(null, exportResponse(acceptance))
  else if (acceptance.kind === 'busy')
    refuse(done, RpcCode.resourceExhausted, 'the queue is full; try again later', acceptance.retryAfterMs)
  else refuse(done, RpcCode.invalidArgument, acceptance.why)
}

/** RESOURCE_EXHAUSTED is tried again only when a RetryInfo comes with it. */
function refuse(done: sendUnaryData<Buffer>, code: number, details: string, retryAfterMs?: number): void {
  const metadata = new Metadata()
  if (retryAfterMs !== undefined)
    metadata.set('grpc-status-details-bin', rpcStatus(code, details, retryAfterMs))
  done({ name: 'OtlpRefusal', message: details, code, details, metadata })
}

/** gRPC hands out slices of larger buffers; those cannot be transferred to a worker. */
function ownBytes(message: Buffer): Uint8Array<ArrayBuffer> {
  const { buffer } = message
  return buffer instanceof ArrayBuffer && message.byteLength === buffer.byteLength
    ? new Uint8Array(buffer)
    : new Uint8Array(message)
}

function serviceOf(path: string): ServiceDefinition {
  const identity = (bytes: Buffer): Buffer => bytes
  const method: MethodDefinition<Buffer, Buffer> = {
    path,
    requestStream: false,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  }
  return { export: method }
}

function bind(server: Server, address: Address): Promise<number> {
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return new Promise((resolve, reject) => {
    server.bindAsync(`${host}:${address.port}`, ServerCredentials.createInsecure(), (error, port) => {
      if (error === null) resolve(port)
      else reject(listenProblem('OTLP/gRPC', address, withCode(error)))
    })
  })
}

/** The library reports the cause as text only. */
function withCode(error: Error): NodeJS.ErrnoException {
  const code = /\b(EADDRINUSE|EACCES|EADDRNOTAVAIL|ENOTFOUND)\b/.exec(error.message)?.[1]
  return Object.assign(new Error(error.message, { cause: error }), { code })
}

async function closeServer(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const patience = setTimeout(() => {
      server.forceShutdown()
      resolve()
    }, 2000)
    server.tryShutdown(() => {
      clearTimeout(patience)
      resolve()
    })
  })
}
