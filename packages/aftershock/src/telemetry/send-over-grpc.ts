import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import { gzipSync } from 'node:zlib'
import { partialSuccess } from '../formats/otlp-partial-success.ts'
import { percentDecoded } from '../formats/propagation/percent.ts'
import type { ExportTarget } from './export-settings.ts'
import { reasonOf, type Sender, type SendOutcome } from './send-batch.ts'
import { certificatesOf } from './send-over-http.ts'

const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export'
/** CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, ABORTED, OUT_OF_RANGE, UNAVAILABLE, DATA_LOSS. */
const retryable = [1, 4, 8, 10, 11, 14, 15]
const answerBytesMax = 1 << 20

/**
 * OTLP/gRPC: one unary call on an HTTP/2 connection of Node's own. A client library would add some 100 ms of start-up
 * for one method.
 *
 * @throws when a certificate file cannot be read
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md
 */
export function grpcSender(target: ExportTarget): Sender {
  const certificates = certificatesOf(target)
  let session: ClientHttp2Session | undefined
  let broken: string | undefined
  const open = (): ClientHttp2Session => {
    if (session !== undefined && !session.closed && !session.destroyed) return session
    broken = undefined
    session = connect(target.url, certificates)
    // Told by the call; without a listener it would end the process.
    session.on('error', (error) => {
      broken = reasonOf(error)
    })
    return session
  }
  return {
    send: async (body, stop) => {
      const signal = AbortSignal.any([stop, AbortSignal.timeout(target.timeoutMs)])
      try {
        const outcome = await callOnce(open(), body, target, signal)
        if (outcome !== undefined) return outcome
      } catch (error) {
        broken ??= reasonOf(error)
      }
      const why = stop.aborted
        ? 'it had not answered when the run ended'
        : signal.aborted
          ? `it did not answer within ${target.timeoutMs} ms`
          : (broken ?? 'the connection was closed')
      return { kind: 'again', why, afterMs: undefined }
    },
    close: () => session?.destroy(),
  }
}

/** @returns undefined when the connection or the time ended before the answer */
function callOnce(
  session: ClientHttp2Session,
  body: Uint8Array,
  target: ExportTarget,
  signal: AbortSignal,
): Promise<SendOutcome | undefined> {
  return new Promise((resolve) => {
    const isZipped = target.compression === 'gzip'
    const stream = session.request({
      ...lowerCase(target.headers),
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      'grpc-timeout': `${Math.ceil(target.timeoutMs)}m`,
      ...(isZipped ? { 'grpc-encoding': 'gzip' } : {}),
    })
    const giveUp = (): void => {
      stream.destroy()
      resolve(undefined)
    }
    signal.addEventListener('abort', giveUp, { once: true })
    stream.on('error', () => resolve(undefined))
    stream.on('close', () => {
      signal.removeEventListener('abort', giveUp)
      resolve(undefined)
    })
    collect(stream, resolve)
    stream.end(framed(isZipped ? gzipSync(body) : body, isZipped ? 1 : 0))
  })
}

/** The status is in the trailers, or in the headers when there is nothing else. */
function collect(stream: ClientHttp2Stream, resolve: (outcome: SendOutcome) => void): void {
  const chunks: Buffer[] = []
  let bytes = 0
  let status: string | undefined
  let message: string | undefined
  const look = (headers: Readonly<Record<string, unknown>>): void => {
    if (headers['grpc-status'] !== undefined) status = String(headers['grpc-status'])
    if (headers['grpc-message'] !== undefined) message = percentDecoded(String(headers['grpc-message']))
  }
  stream.on('response', (headers) => {
    look(headers)
    const httpStatus = Number(headers[':status'])
    if (status === undefined && httpStatus !== 200) message = `it answered ${httpStatus}`
  })
  stream.on('trailers', look)
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= answerBytesMax) chunks.push(chunk)
  })
  stream.on('end', () => {
    if (status === '0')
      // The frame's five bytes: whether it is compressed, and its length.
      resolve({ kind: 'sent', ...partialSuccess(Buffer.concat(chunks).subarray(5), 'protobuf') })
    else if (status === undefined) resolve({ kind: 'refused', why: message ?? 'it does not speak gRPC' })
    else {
      const why = `it answered gRPC status ${status}${message ? `: ${message}` : ''}`
      resolve(
        retryable.includes(Number(status))
          ? { kind: 'again', why, afterMs: undefined }
          : { kind: 'refused', why },
      )
    }
  })
}

function framed(message: Uint8Array, compressed: 0 | 1): Buffer {
  const frame = Buffer.alloc(5 + message.length)
  frame[0] = compressed
  frame.writeUInt32BE(message.length, 1)
  frame.set(message, 5)
  return frame
}

function lowerCase(headers: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}
