import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
import { errorText } from '../model/error-text.ts'
import type { Compression } from './received-body.ts'

export type Decompressed =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'too-large' }
  | { readonly kind: 'malformed'; readonly why: string }

/**
 * Undoes the compression of a body, synchronously: in a worker that is faster than handing it to the thread
 * pool. Stops at `bytesMax`, so that a small body cannot become a huge one.
 */
export function decompress(
  bytes: Uint8Array<ArrayBuffer>,
  compression: Compression,
  bytesMax: number,
): Decompressed {
  if (compression === 'identity')
    return bytes.length > bytesMax ? { kind: 'too-large' } : { kind: 'bytes', bytes }
  try {
    const options = { maxOutputLength: bytesMax, chunkSize: chunkBytes(bytes, compression, bytesMax) }
    const plain = UNPACK[compression](bytes, options)
    return { kind: 'bytes', bytes: new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too-large' }
    return {
      kind: 'malformed',
      why: `the body is not ${compression}: ${errorText(error)}`,
    }
  }
}

const UNPACK: Readonly<
  Record<
    Exclude<Compression, 'identity'>,
    (bytes: Uint8Array, options: { maxOutputLength: number; chunkSize: number }) => Buffer<ArrayBuffer>
  >
> = { gzip: gunzipSync, deflate: inflateSync, zstd: zstdDecompressSync }

/**
 * Room for all of the result at once, when the guess is right: parts would have to be put together again. gzip
 * ends with the length of what it packed; who lies there gets parts.
 */
function chunkBytes(bytes: Uint8Array, compression: Compression, bytesMax: number): number {
  const usual = 8 * bytes.length
  const guess = compression === 'gzip' && bytes.length >= 18 ? uint32At(bytes, bytes.length - 4) + 1 : usual
  return Math.max(1024, Math.min(guess, 8 * usual, bytesMax + 1))
}

function uint32At(bytes: Uint8Array, at: number): number {
  return new DataView(bytes.buffer, bytes.byteOffset + at, 4).getUint32(0, true)
}
