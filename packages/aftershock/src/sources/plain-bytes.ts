import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import * as zlib from 'node:zlib'

/**
 * Bytes of a file, or of standard input for `-`, without gzip or zstd: told by the first bytes, not by the
 * name. Data that is cut off in the middle ends without an error: what is there can be read.
 *
 * @param onBytes - called with the number of bytes read so far, as they are in the file
 */
export async function* plainBytes(
  file: string,
  onBytes: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const source: AsyncIterator<Uint8Array> = counted(
    file === '-' ? process.stdin : createReadStream(file, { highWaterMark: 1 << 20 }),
    onBytes,
  )
  let head: Uint8Array = new Uint8Array(0)
  while (head.length < 4) {
    const next = await source.next()
    if (next.done === true) break
    head = Buffer.concat([head, next.value])
  }
  const whole = startingWith(head, source)
  const inflate = inflaterFor(head)
  if (inflate === undefined) yield* whole
  else {
    const stream = Readable.from(whole)
    stream.on('error', (error) => inflate.destroy(error))
    yield* stream.pipe(inflate) as AsyncIterable<Uint8Array>
  }
}

const CHUNK = { chunkSize: 1 << 20 }

function inflaterFor(
  head: Uint8Array,
): (NodeJS.ReadWriteStream & { destroy(error: Error): unknown }) | undefined {
  if (head[0] === 0x1f && head[1] === 0x8b)
    return zlib.createGunzip({ ...CHUNK, finishFlush: zlib.constants.Z_SYNC_FLUSH })
  return isZstd(head) ? zlib.createZstdDecompress(CHUNK) : undefined
}

export function isZstd(bytes: Uint8Array): boolean {
  return bytes[0] === 0x28 && bytes[1] === 0xb5 && bytes[2] === 0x2f && bytes[3] === 0xfd
}

async function* counted(stream: AsyncIterable<Uint8Array>, onBytes: (bytes: number) => void) {
  let bytes = 0
  for await (const chunk of stream) {
    bytes += chunk.length
    onBytes(bytes)
    yield chunk
  }
}

async function* startingWith(head: Uint8Array, rest: AsyncIterator<Uint8Array>) {
  if (head.length > 0) yield head
  for (let next = await rest.next(); next.done !== true; next = await rest.next()) yield next.value
}
