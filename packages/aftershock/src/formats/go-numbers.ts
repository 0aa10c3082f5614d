/** A number as Go's strconv reads it, or strconv's error text. */
export type GoNumber<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: string }

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i
const HEX = /^[+-]?0x([0-9a-f]*)\.?([0-9a-f]*)p([+-]?\d+)$/i
const FLOAT32_MAX = 3.4028235677973366e38

/** `strconv.ParseFloat(text, 32)`: decimals, exponents, hexadecimal floats, `inf`, `nan`. */
export function parseGoFloat32(text: string): GoNumber<number> {
  const parsed = parseGoFloat(text)
  if (!parsed.ok || !Number.isFinite(parsed.value)) return parsed
  if (Math.abs(parsed.value) < FLOAT32_MAX) return { ok: true, value: Math.fround(parsed.value) }
  return failed('ParseFloat', text, 'value out of range')
}

/** `strconv.ParseFloat(text, 64)`. */
export function parseGoFloat(text: string): GoNumber<number> {
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(text)
  if (word !== null) {
    if (word[2].toLowerCase() === 'nan') {
      return word[1] === '' ? { ok: true, value: Number.NaN } : failed('ParseFloat', text, 'invalid syntax')
    }
    return { ok: true, value: word[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY }
  }
  const digits = withoutUnderscores(text)
  const value = DECIMAL.test(digits) ? Number(digits) : hexFloat(digits)
  if (value === undefined) return failed('ParseFloat', text, 'invalid syntax')
  return Number.isFinite(value) ? { ok: true, value } : failed('ParseFloat', text, 'value out of range')
}

/** `strconv.Atoi`: a 64-bit integer. */
export function parseGoInt(text: string): GoNumber<number> {
  if (!/^[+-]?\d+$/.test(text)) return failed('Atoi', text, 'invalid syntax')
  const value = BigInt(text.replace('+', ''))
  if (value >= 1n << 63n || value < -(1n << 63n)) return failed('Atoi', text, 'value out of range')
  return { ok: true, value: Number(value) }
}

/** `strconv.ParseUint(text, 10, 64)`. */
export function parseGoUint(text: string): GoNumber<number> {
  if (!/^\d+$/.test(text)) return failed('ParseUint', text, 'invalid syntax')
  return BigInt(text) >= 1n << 64n
    ? failed('ParseUint', text, 'value out of range')
    : { ok: true, value: Number(text) }
}

/** Go's literals may have single underscores between digits and behind `0x`; others stay, and are no digits. */
function withoutUnderscores(text: string): string {
  const isHex = /^[+-]?0x/i.test(text)
  return text.replace(isHex ? /(?<=[0-9a-fx])_(?=[0-9a-f])/gi : /(?<=\d)_(?=\d)/g, '')
}

function hexFloat(text: string): number | undefined {
  const parts = HEX.exec(text)
  if (parts === null || parts[1] + parts[2] === '') return undefined
  const mantissa = Number.parseInt(parts[1] + parts[2], 16)
  const value = mantissa * 2 ** (Number(parts[3]) - 4 * parts[2].length)
  return text.startsWith('-') ? -value : value
}

function failed(name: string, text: string, reason: string): { readonly ok: false; readonly error: string } {
  return { ok: false, error: `strconv.${name}: parsing ${JSON.stringify(text)}: ${reason}` }
}
