/** More than this of one answer is cut off. */
export const BODY_BYTES_MAX = 64 * 1024 * 1024

/** A body as it was before it was packed. @throws Error when it is not packed as its header says, or is too large */
export function inflated(bytes: Buffer, encoding: string | undefined): Buffer {
  if (bytes.length === 0) return bytes
  // Loaded by the first packed answer.
  const { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } =
    process.getBuiltinModule('node:zlib')
  const limit = { maxOutputLength: BODY_BYTES_MAX }
  switch (encoding?.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return gunzipSync(bytes, limit)
    case 'br':
      return brotliDecompressSync(bytes, limit)
    case 'deflate':
      // Both kinds are called deflate; the first byte tells which it is.
      return ((bytes[0] ?? 0) & 0x0f) === 8 ? inflateSync(bytes, limit) : inflateRawSync(bytes, limit)
    default:
      return bytes
  }
}
