import { PythonError } from './python-error.ts'
import type { PyDict, PyKey, PyList, PyValue } from './values.ts'

/** Python gives up at about a thousand levels; so do we, before our own stack does. */
const DEPTH_MAX = 900

/**
 * `json.loads`: whole numbers of any size stay whole, others stay floats, keys stay in order, NaN and Infinity are
 * numbers. @throws PythonError `json.decoder.JSONDecodeError` with the place, as Python words it
 */
export function readJson(text: string): PyValue {
  const reader: Reader = { text, at: 0 }
  if (text.startsWith('\uFEFF')) throw badJson('Unexpected UTF-8 BOM (decode using utf-8-sig)', reader, 0)
  skipSpace(reader)
  const value = readValue(reader, 0)
  skipSpace(reader)
  if (reader.at < text.length) throw badJson('Extra data', reader, reader.at)
  return value
}

type Reader = { readonly text: string; at: number }

const SPACE = /[ \t\n\r]*/y
const NUMBER = /(-?(?:0|[1-9]\d*))(\.\d+)?([eE][-+]?\d+)?/y
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in a string
const PLAIN = /[^"\\\u0000-\u001f]*/y
const WORDS: Readonly<Record<string, PyValue>> = {
  null: null,
  true: true,
  false: false,
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
}
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
}

function readValue(reader: Reader, depth: number): PyValue {
  if (depth > DEPTH_MAX) throw new PythonError('RecursionError', 'maximum recursion depth exceeded')
  const char = reader.text[reader.at]
  if (char === '"') return readString(reader)
  if (char === '{') return readObject(reader, depth)
  if (char === '[') return readArray(reader, depth)
  const word = Object.keys(WORDS).find((one) => reader.text.startsWith(one, reader.at))
  if (word !== undefined) {
    reader.at += word.length
    return WORDS[word] ?? null
  }
  return readNumber(reader)
}

function readNumber(reader: Reader): PyValue {
  NUMBER.lastIndex = reader.at
  const match = NUMBER.exec(reader.text)
  if (match === null) throw badJson('Expecting value', reader, reader.at)
  reader.at = NUMBER.lastIndex
  const [whole, integer = '0', fraction, exponent] = match
  return fraction === undefined && exponent === undefined ? BigInt(integer) : Number(whole)
}

function readArray(reader: Reader, depth: number): PyList {
  const list: PyList = []
  reader.at += 1
  skipSpace(reader)
  if (reader.text[reader.at] === ']') {
    reader.at += 1
    return list
  }
  for (;;) {
    list.push(readValue(reader, depth + 1))
    skipSpace(reader)
    const char = reader.text[reader.at]
    if (char === ']') break
    if (char !== ',') throw badJson("Expecting ',' delimiter", reader, reader.at)
    reader.at += 1
    skipSpace(reader)
  }
  reader.at += 1
  return list
}

function readObject(reader: Reader, depth: number): PyDict {
  const dict: PyDict = new Map<PyKey, PyValue>()
  reader.at += 1
  skipSpace(reader)
  if (reader.text[reader.at] === '}') {
    reader.at += 1
    return dict
  }
  for (;;) {
    if (reader.text[reader.at] !== '"') {
      throw badJson('Expecting property name enclosed in double quotes', reader, reader.at)
    }
    const key = readString(reader)
    skipSpace(reader)
    if (reader.text[reader.at] !== ':') throw badJson("Expecting ':' delimiter", reader, reader.at)
    reader.at += 1
    skipSpace(reader)
    dict.set(key, readValue(reader, depth + 1))
    skipSpace(reader)
    const char = reader.text[reader.at]
    if (char === '}') break
    if (char !== ',') throw badJson("Expecting ',' delimiter", reader, reader.at)
    reader.at += 1
    skipSpace(reader)
  }
  reader.at += 1
  return dict
}

function readString(reader: Reader): string {
  const start = reader.at
  reader.at += 1
  let text = ''
  for (;;) {
    PLAIN.lastIndex = reader.at
    text += PLAIN.exec(reader.text)?.[0] ?? ''
    reader.at = PLAIN.lastIndex
    const char = reader.text[reader.at]
    if (char === undefined) throw badJson('Unterminated string starting at', reader, start)
    if (char === '"') break
    if (char !== '\\') throw badJson('Invalid control character at', reader, reader.at)
    text += readEscape(reader, start)
  }
  reader.at += 1
  return text
}

function readEscape(reader: Reader, start: number): string {
  const char = reader.text[reader.at + 1]
  if (char === undefined) throw badJson('Unterminated string starting at', reader, start)
  if (char === 'u') {
    const digits = reader.text.slice(reader.at + 2, reader.at + 6)
    if (!/^[\da-fA-F]{4}$/.test(digits)) throw badJson('Invalid \\uXXXX escape', reader, reader.at + 1)
    reader.at += 6
    return String.fromCharCode(Number.parseInt(digits, 16))
  }
  const escaped = ESCAPES[char]
  if (escaped === undefined) throw badJson('Invalid \\escape', reader, reader.at)
  reader.at += 2
  return escaped
}

function skipSpace(reader: Reader): void {
  SPACE.lastIndex = reader.at
  SPACE.exec(reader.text)
  reader.at = SPACE.lastIndex
}

function badJson(what: string, reader: Reader, at: number): PythonError {
  const before = reader.text.slice(0, at)
  const line = before.split('\n').length
  const column = at - before.lastIndexOf('\n')
  return new PythonError(
    'json.decoder.JSONDecodeError',
    `${what}: line ${line} column ${column} (char ${at})`,
  )
}
