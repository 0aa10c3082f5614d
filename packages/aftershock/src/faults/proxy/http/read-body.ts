import type { Readable } from 'node:stream'
import { type BodyEdit, UnreadableBody } from './http-message.ts'

/** @throws UnreadableBody when the body is longer than `bytesMax` */
export async function editedBody(
  stream: Readable,
  edits: readonly BodyEdit[],
  bytesMax: number,
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.length
    if (bytes > bytesMax) throw new UnreadableBody(`the body is longer than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  let body: Buffer = Buffer.concat(chunks)
  for (const edit of edits) body = edit(body)
  return body
}
