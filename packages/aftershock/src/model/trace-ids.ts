const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Lower-case hex of `length` bytes from `offset`. */
export function hexOf(bytes: Uint8Array, offset: number, length: number): string {
  let text = ''
  for (let i = offset; i < offset + length; i++) text += HEX[bytes[i]]
  return text
}

/**
 * Writes hex text as bytes, right-aligned (Zipkin's 64-bit trace ids are padded with zeros on the left).
 *
 * @returns whether the text was hex and fitted; nothing is written otherwise
 */
export function writeHex(text: string, bytes: Uint8Array, offset: number, length: number): boolean {
  if (text.length > length * 2 || text.length % 2 !== 0 || /[^0-9a-fA-F]/.test(text)) return false
  const start = offset + length - text.length / 2
  bytes.fill(0, offset, start)
  for (let i = 0; i < text.length; i += 2) bytes[start + i / 2] = Number.parseInt(text.slice(i, i + 2), 16)
  return true
}
