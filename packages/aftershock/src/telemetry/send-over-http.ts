import { readFileSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { gzipSync } from 'node:zlib'
import { partialSuccess } from '../formats/otlp-partial-success.ts'
import type { ExportTarget } from './export-settings.ts'
import { reasonOf, type Sender, type SendOutcome } from './send-batch.ts'

const retryable: readonly (number | undefined)[] = [429, 502, 503, 504]
const answerBytesMax = 1 << 20

/**
 * OTLP/HTTP, protobuf or JSON, one kept connection.
 *
 * @throws when a certificate file cannot be read
 * @see https://opentelemetry.io/docs/specs/otlp/#otlphttp
 */
export function httpSender(target: ExportTarget): Sender {
  // An import would run every getter of the module, and with them load fetch's client; and TLS only who needs it pays for.
  const secure = target.url.startsWith('https:') ? process.getBuiltinModule('node:https') : undefined
  const plain = process.getBuiltinModule('node:http')
  const agent =
    secure === undefined
      ? new plain.Agent({ keepAlive: true, maxSockets: 1 })
      : new secure.Agent({ keepAlive: true, maxSockets: 1, ...certificatesOf(target) })
  const start = secure?.request ?? plain.request
  const isJson = target.protocol === 'http/json'
  const headers = {
    ...target.headers,
    'content-type': isJson ? 'application/json' : 'application/x-protobuf',
    ...(target.compression === 'gzip' ? { 'content-encoding': 'gzip' } : {}),
  }
  return {
    send: (body, stop) =>
      new Promise<SendOutcome>((resolve) => {
        const bytes = target.compression === 'gzip' ? gzipSync(body) : body
        const signal = AbortSignal.any([stop, AbortSignal.timeout(target.timeoutMs)])
        const options = {
          method: 'POST',
          agent,
          signal,
          headers: { ...headers, 'content-length': bytes.length },
        }
        try {
          start(target.url, options, (response) => void answered(response, isJson).then(resolve))
            .on('error', (error) =>
              resolve({ kind: 'again', why: failureText(error, target, stop), afterMs: undefined }),
            )
            .end(bytes)
        } catch (error) {
          // A header that cannot be written.
          resolve({ kind: 'refused', why: reasonOf(error) })
        }
      }),
    close: () => agent.destroy(),
  }
}

async function answered(response: IncomingMessage, isJson: boolean): Promise<SendOutcome> {
  const status = response.statusCode
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response) {
      bytes += chunk.length
      if (bytes > answerBytesMax) break
      chunks.push(chunk)
    }
  } catch (error) {
    return { kind: 'again', why: reasonOf(error), afterMs: undefined }
  }
  if (status !== undefined && status >= 200 && status < 300)
    return { kind: 'sent', ...partialSuccess(Buffer.concat(chunks), isJson ? 'json' : 'protobuf') }
  const why = `it answered ${status}${response.statusMessage ? ` ${response.statusMessage}` : ''}`
  if (!retryable.includes(status)) return { kind: 'refused', why }
  const afterSeconds = Number(response.headers['retry-after'])
  return { kind: 'again', why, afterMs: afterSeconds > 0 ? afterSeconds * 1000 : undefined }
}

function failureText(error: Error, target: ExportTarget, stop: AbortSignal): string {
  if (stop.aborted) return 'it had not answered when the run ended'
  return error.name === 'TimeoutError' || (error.cause as Error | undefined)?.name === 'TimeoutError'
    ? `it did not answer within ${target.timeoutMs} ms`
    : reasonOf(error)
}

/** @throws when one cannot be read */
export function certificatesOf(target: ExportTarget): { ca?: Buffer; cert?: Buffer; key?: Buffer } {
  const { caFile, certificateFile, keyFile } = target
  return {
    ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }),
    ...(certificateFile === undefined ? {} : { cert: readFileSync(certificateFile) }),
    ...(keyFile === undefined ? {} : { key: readFileSync(keyFile) }),
  }
}
