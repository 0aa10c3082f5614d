import { isDict, isList, isObject, type PyKey, type PyValue } from './values.ts'

/** `str(value)`, as substitution into text and messages write it. */
export function pythonText(value: PyValue): string {
  if (typeof value === 'string') return value
  return isObject(value) ? value.text : pythonRepr(value)
}

/** `repr(value)`. */
export function pythonRepr(value: PyValue): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'number') return floatText(value)
  if (typeof value === 'string') return quoted(value)
  if (isList(value)) return `[${value.map(pythonRepr).join(', ')}]`
  if (isDict(value)) {
    const items = [...value].map(([key, item]) => `${pythonRepr(key as PyKey)}: ${pythonRepr(item)}`)
    return `{${items.join(', ')}}`
  }
  return value.repr
}

/** `repr(float)`: the shortest digits, always with a point or an exponent. */
export function floatText(value: number): string {
  if (Number.isNaN(value)) return 'nan'
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf'
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  if (size >= 1e-4 && size < 1e16) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [mantissa = '0', exponentText = '0'] = value.toExponential().split('e')
  const exponent = Number(exponentText)
  const sign = exponent < 0 ? '-' : '+'
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\\': '\\\\' }

/** ASCII that is written as it is: neither quotes nor a backslash. */
const PLAIN = /^[ !#-&(-[\]-~]*$/

/** Single quotes, unless the text holds one and no double quote. */
function quoted(text: string): string {
  if (PLAIN.test(text)) return `'${text}'`
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'"
  const body = text.replaceAll(/[\\\p{C}\p{Z}'"]/gu, (char) => {
    if (char === ' ') return char
    if (char === quote) return `\\${char}`
    if (char === "'" || char === '"') return char
    return NAMED[char] ?? escapedPoint(char.codePointAt(0) ?? 0)
  })
  return `${quote}${body}${quote}`
}

/** `repr(bytes)`. */
export function bytesRepr(bytes: Uint8Array): string {
  const quote = bytes.includes(0x27) && !bytes.includes(0x22) ? '"' : "'"
  const body = [...bytes].map((byte) => {
    const char = String.fromCharCode(byte)
    if (char === quote) return `\\${char}`
    if (NAMED[char] !== undefined) return NAMED[char]
    return byte >= 0x20 && byte < 0x7f ? char : escapedPoint(byte)
  })
  return `b${quote}${body.join('')}${quote}`
}

function escapedPoint(point: number): string {
  if (point < 0x100) return `\\x${point.toString(16).padStart(2, '0')}`
  if (point < 0x10000) return `\\u${point.toString(16).padStart(4, '0')}`
  return `\\U${point.toString(16).padStart(8, '0')}`
}
