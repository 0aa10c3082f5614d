import { gunzipSync, inflateSync, zstdDecompressSync } from 'node:zlib'
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
    const options = { maxOutputLength: bytesMax }
    const plain = UNPACK[compression](bytes, options)
    return { kind: 'bytes', bytes: new Uint8Array(plain.buffer, plain.byteOffset, plain.byteLength) }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return { kind: 'too-large' }
    return {
      kind: 'malformed',
      why: `the body is not ${compression}: ${error instanceof Error ? error.message : String(error)}`,
    }
  }
}

const UNPACK: Readonly<
  Record<
    Exclude<Compression, 'identity'>,
    (bytes: Uint8Array, options: { maxOutputLength: number }) => Buffer<ArrayBuffer>
  >
> = { gzip: gunzipSync, deflate: inflateSync, zstd: zstdDecompressSync }
