import { floatText } from './python-text.ts'
import { isDict, isList, type PyKey, type PyValue } from './values.ts'

export type JsonStyle = {
  /** Spaces per level; `undefined`: one line, with a space after commas and colons, as `json.dumps` does. */
  readonly indent: number | undefined
  /** `escaped`: everything beyond ASCII as \uXXXX. */
  readonly nonAscii: 'kept' | 'escaped'
}

export const JOURNAL_STYLE: JsonStyle = { indent: 2, nonAscii: 'kept' }
export const LINE_STYLE: JsonStyle = { indent: undefined, nonAscii: 'escaped' }

/**
 * `json.dumps`: floats as Python writes them, NaN bare, keys in their order. What JSON has no word for is written
 * as its text, where the reference crashes and leaves half a file.
 */
export function writeJson(value: PyValue, style: JsonStyle = JOURNAL_STYLE): string {
  const parts: string[] = []
  write(value, style, '\n', parts)
  return parts.join('')
}

function write(value: PyValue, style: JsonStyle, newline: string, parts: string[]): void {
  if (isList(value)) writeItems('[', ']', value, style, newline, parts)
  else if (isDict(value)) writeItems('{', '}', [...value], style, newline, parts)
  else parts.push(scalar(value, style))
}

function writeItems(
  open: string,
  close: string,
  items: readonly (PyValue | [PyKey, PyValue])[],
  style: JsonStyle,
  newline: string,
  parts: string[],
): void {
  if (items.length === 0) {
    parts.push(open, close)
    return
  }
  const inner = style.indent === undefined ? '' : newline + ' '.repeat(style.indent)
  const comma = style.indent === undefined ? ', ' : ','
  parts.push(open)
  items.forEach((item, at) => {
    if (at > 0) parts.push(comma)
    parts.push(inner)
    if (open === '{') {
      const [key, child] = item as [PyKey, PyValue]
      parts.push(text(keyText(key), style), ': ')
      write(child, style, inner === '' ? newline : inner, parts)
    } else write(item as PyValue, style, inner === '' ? newline : inner, parts)
  })
  parts.push(style.indent === undefined ? close : newline + close)
}

function scalar(value: Exclude<PyValue, PyValue[] | Map<PyKey, PyValue>>, style: JsonStyle): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return text(value, style)
  if (typeof value === 'number') return jsonFloat(value)
  if (typeof value === 'object') return text(value.json ?? value.text, style)
  return String(value)
}

function jsonFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN'
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity'
  return floatText(value)
}

function keyText(key: PyKey): string {
  if (typeof key === 'string') return key
  if (key === null) return 'null'
  return typeof key === 'number' ? jsonFloat(key) : String(key)
}

function text(value: string, style: JsonStyle): string {
  // A lone half of a surrogate pair cannot be written as UTF-8; JSON.stringify escapes it.
  const written = JSON.stringify(value)
  if (style.nonAscii === 'kept') return written
  return written.replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
