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
  return written(value, style, style.indent === undefined ? '' : '\n')
}

/** @param newline - before what closes the value: the line's end and the spaces of its level */
function written(value: PyValue, style: JsonStyle, newline: string): string {
  if (!isList(value) && !isDict(value)) return scalar(value, style)
  const inner = style.indent === undefined ? '' : newline + ' '.repeat(style.indent)
  const between = style.indent === undefined ? ', ' : `,${inner}`
  let items = ''
  // Neither from an array of pieces nor by iterators, which make an object for each step: a line of the log is written
  // for every step of a run, and the journal anew while it goes on.
  if (isList(value)) {
    value.forEach((item) => {
      items += (items === '' ? inner : between) + written(item, style, inner)
    })
    return items === '' ? '[]' : `[${items}${newline}]`
  }
  value.forEach((item, key) => {
    items += `${items === '' ? inner : between}${text(keyText(key), style)}: ${written(item, style, inner)}`
  })
  return items === '' ? '{}' : `{${items}${newline}}`
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

const BEYOND_ASCII = /[\u007f-\uffff]/

function text(value: string, style: JsonStyle): string {
  // A lone half of a surrogate pair cannot be written as UTF-8; JSON.stringify escapes it.
  const written = JSON.stringify(value)
  if (style.nonAscii === 'kept' || !BEYOND_ASCII.test(written)) return written
  return written.replaceAll(
    /[\u007f-\uffff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
