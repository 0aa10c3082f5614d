const DIGIT_CODES = Uint8Array.from('0123456789abcdef', (digit) => digit.charCodeAt(0))

/** Value of a hex digit by its character code; 255 for anything else. */
const DIGITS = new Uint8Array(256).fill(255)
for (let i = 0; i < 16; i++) {
  DIGITS['0123456789abcdef'.charCodeAt(i)] = i
  DIGITS['0123456789ABCDEF'.charCodeAt(i)] = i
}

const codes: number[] = []

/** Lower-case hex of `length` bytes from `offset`; of ids: of very many bytes it is more than a call takes arguments. */
export function hexOf(bytes: Uint8Array, offset: number, length: number): string {
  codes.length = 2 * length
  for (let i = 0; i < length; i++) {
    const byte = bytes[offset + i] as number
    codes[2 * i] = DIGIT_CODES[byte >> 4] as number
    codes[2 * i + 1] = DIGIT_CODES[byte & 15] as number
  }
  // A text made piece by piece would be kept as its pieces: six times the memory.
  return String.fromCharCode(...codes)
}

/**
 * Writes hex text as bytes, right-aligned (Zipkin's 64-bit trace ids are padded with zeros on the left).
 *
 * @returns whether the text was hex and fitted; what was there is lost otherwise
 */
export function writeHex(text: string, bytes: Uint8Array, offset: number, length: number): boolean {
  const digits = text.length
  if (digits > length * 2 || digits % 2 !== 0) return false
  const start = offset + length - digits / 2
  if (start > offset) bytes.fill(0, offset, start)
  for (let i = 0; i < digits; i += 2) {
    const high = DIGITS[text.charCodeAt(i)] ?? 255
    const low = DIGITS[text.charCodeAt(i + 1)] ?? 255
    if (high > 15 || low > 15) return false
    bytes[start + i / 2] = (high << 4) | low
  }
  return true
}

/** The same for hex text that is bytes itself. */
export function writeHexBytes(
  text: Uint8Array,
  start: number,
  end: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
): boolean {
  const digits = end - start
  if (digits > length * 2 || digits % 2 !== 0) return false
  let at = offset + length - digits / 2
  if (at > offset) bytes.fill(0, offset, at)
  for (let i = start; i < end; i += 2) {
    const high = DIGITS[text[i] as number] as number
    const low = DIGITS[text[i + 1] as number] as number
    if (high > 15 || low > 15) return false
    bytes[at++] = (high << 4) | low
  }
  return true
}

export function isZero(bytes: Uint8Array, offset: number, length: number): boolean {
  for (let i = offset; i < offset + length; i++) if (bytes[i] !== 0) return false
  return true
}
