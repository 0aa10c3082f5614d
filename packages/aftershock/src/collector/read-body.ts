import type { IncomingMessage } from 'node:http'
import type { BodyLimits } from './received-body.ts'

export type BodyRead =
  | { readonly kind: 'read'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'busy' }
  /** The sender went away. */
  | { readonly kind: 'gone' }

/**
 * Reads a body into memory of its own (so that it can be transferred to a worker).
 *
 * @param reading - bytes held by all bodies being read now; kept within `readingBytesMax`
 */
export function readBody(
  request: IncomingMessage,
  limits: BodyLimits,
  reading: { bytes: number },
): Promise<BodyRead> {
  if (Number(request.headers['content-length'] ?? 0) > limits.bodyBytesMax)
    return Promise.resolve({ kind: 'too-large' })
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const finish = (result: BodyRead): void => {
      reading.bytes -= length
      length = 0
      chunks.length = 0
      request.removeAllListeners('data')
      if (result.kind !== 'read') request.pause()
      resolve(result)
    }
    request.on('data', (chunk: Buffer) => {
      length += chunk.length
      reading.bytes += chunk.length
      chunks.push(chunk)
      if (length > limits.bodyBytesMax) finish({ kind: 'too-large' })
      else if (reading.bytes > limits.readingBytesMax) finish({ kind: 'busy' })
    })
    request.once('end', () => finish({ kind: 'read', bytes: joined(chunks, length) }))
    request.once('error', () => finish({ kind: 'gone' }))
    request.once('close', () => finish({ kind: 'gone' }))
  })
}

function joined(chunks: readonly Buffer[], length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}
