/** What a pattern of Python's `re` is here. `unsupported`: valid, as far as we see, but only Python can run it. */
export type PythonPattern =
  | { readonly kind: 'regex'; readonly regex: RegExp }
  | { readonly kind: 'invalid'; readonly message: string }
  | { readonly kind: 'unsupported'; readonly why: string }

/** Whitespace as `str.isspace` has it. */
const SPACE = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const WORD = '\\p{L}\\p{N}_'
const CLASSES: Readonly<Record<string, string>> = {
  d: '\\p{Nd}',
  D: '\\P{Nd}',
  w: `[${WORD}]`,
  W: `[^${WORD}]`,
  s: `[${SPACE}]`,
  S: `[^${SPACE}]`,
}
const PLACES: Readonly<Record<string, string>> = {
  A: '^',
  Z: '$',
  b: `(?:(?<=[${WORD}])(?![${WORD}])|(?<![${WORD}])(?=[${WORD}]))`,
  B: `(?:(?<=[${WORD}])(?=[${WORD}])|(?<![${WORD}])(?![${WORD}]))`,
}
const CONTROLS: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11, a: 7, b: 8 }

type Flags = { readonly multiline: boolean; readonly dotAll: boolean; readonly verbose: boolean }
type Reader = {
  readonly text: string
  readonly names: Set<string>
  at: number
  groups: number
  flags: Flags
  depth: number
}

class Invalid extends Error {}
class Unsupported extends Error {}

/** Translates a pattern for `re.search`; JavaScript and Python differ in `$`, `\Z`, `\w`, `(?P<name>)` and more. */
export function translatePattern(pattern: string): PythonPattern {
  try {
    const { flags, rest, ignoreCase } = leadingFlags(pattern)
    const reader: Reader = { text: rest, names: new Set(), at: 0, groups: 0, flags, depth: 0 }
    const source = readAlternatives(reader)
    if (reader.at < rest.length) throw new Invalid('unbalanced parenthesis')
    return { kind: 'regex', regex: new RegExp(source, ignoreCase ? 'vi' : 'v') }
  } catch (error) {
    if (error instanceof Invalid) return { kind: 'invalid', message: error.message }
    if (error instanceof Unsupported) return { kind: 'unsupported', why: error.message }
    if (error instanceof SyntaxError) return { kind: 'unsupported', why: error.message }
    throw error
  }
}

function leadingFlags(pattern: string) {
  const match = /^\(\?([aiLmsux]+)\)/.exec(pattern)
  const letters = match?.[1] ?? ''
  if (/[aL]/.test(letters)) throw new Unsupported('the flags a and L')
  return {
    flags: {
      multiline: letters.includes('m'),
      dotAll: letters.includes('s'),
      verbose: letters.includes('x'),
    },
    ignoreCase: letters.includes('i'),
    rest: pattern.slice(match?.[0].length ?? 0),
  }
}

function readAlternatives(reader: Reader): string {
  reader.depth += 1
  if (reader.depth > 200) throw new Unsupported('groups nested deeper than 200')
  const parts = [readSequence(reader)]
  while (reader.text[reader.at] === '|') {
    reader.at += 1
    parts.push(readSequence(reader))
  }
  reader.depth -= 1
  return parts.join('|')
}

function readSequence(reader: Reader): string {
  let source = ''
  for (;;) {
    if (reader.flags.verbose) skipVerbose(reader)
    const char = reader.text[reader.at]
    if (char === undefined || char === '|' || char === ')') return source
    if ('*+?'.includes(char) || repeatAt(reader) !== undefined) throw new Invalid('nothing to repeat')
    source += readAtom(reader) + readRepeat(reader)
  }
}

function skipVerbose(reader: Reader): void {
  const match = /^(?:\s|#[^\n]*)*/.exec(reader.text.slice(reader.at))
  reader.at += match?.[0].length ?? 0
}

function readAtom(reader: Reader): string {
  const char = takeChar(reader)
  if (char === '(') return readGroup(reader)
  if (char === '[') return readSet(reader)
  if (char === '\\') return readEscape(reader)
  if (char === '.') return reader.flags.dotAll ? '[\\s\\S]' : '[^\\n]'
  // Without JavaScript's flag m these are the ends of the text, whatever characters end a line for it.
  if (char === '^') return reader.flags.multiline ? '(?:^|(?<=\\n))' : '^'
  if (char === '$') return reader.flags.multiline ? '(?=\\n|$)' : '(?=\\n?$)'
  return literal(char.codePointAt(0) ?? 0)
}

/** Whole code points: half a pair would be another character. */
function takeChar(reader: Reader): string {
  const char = String.fromCodePoint(reader.text.codePointAt(reader.at) ?? 0)
  reader.at += char.length
  return char
}

function literal(point: number): string {
  return `\\u{${point.toString(16)}}`
}

function repeatAt(reader: Reader): string | undefined {
  const match = /^\{(?:(\d+)(?:,(\d*))?|,(\d+))\}/.exec(reader.text.slice(reader.at, reader.at + 40))
  if (match === null) return undefined
  const [whole, low, high, only] = match
  if (only !== undefined) return `${whole}|{0,${only}}`
  if (high !== undefined && high !== '' && Number(low) > Number(high)) {
    throw new Invalid('min repeat greater than max repeat')
  }
  return `${whole}|${whole}`
}

function readRepeat(reader: Reader): string {
  if (reader.flags.verbose) skipVerbose(reader)
  const char = reader.text[reader.at] ?? ''
  let repeat = ''
  if (char !== '' && '*+?'.includes(char)) {
    repeat = char
    reader.at += 1
  } else {
    const [whole, own] = repeatAt(reader)?.split('|') ?? []
    if (whole === undefined || own === undefined) return ''
    repeat = own
    reader.at += whole.length
  }
  if (reader.text[reader.at] === '+') throw new Unsupported('possessive repeats')
  if (reader.text[reader.at] === '?') {
    repeat += '?'
    reader.at += 1
  }
  const next = reader.text[reader.at] ?? ''
  if ((next !== '' && '*+?'.includes(next)) || repeatAt(reader) !== undefined) {
    throw new Invalid('multiple repeat')
  }
  return repeat
}

const GROUP_KINDS =
  /^\?(?:P<([A-Za-z_]\w*)>|P=([A-Za-z_]\w*)\)|(#)[^)]*\)|(:|=|!|<=|<!)|([imsx]*(?:-[imsx]+)?):)/

function readGroup(reader: Reader): string {
  if (reader.text[reader.at] !== '?') {
    reader.groups += 1
    return `(${readAlternatives(reader)}${closeGroup(reader)}`
  }
  const match = GROUP_KINDS.exec(reader.text.slice(reader.at))
  if (match === null) throw strangeGroup(reader)
  reader.at += match[0].length
  const [, name, reference, comment, plain, flags] = match
  if (comment !== undefined) return '(?:)'
  if (reference !== undefined) return `\\k<${reference}>`
  if (flags !== undefined && /[^i]/.test(flags)) throw new Unsupported(`the flags ${flags} of a group`)
  if (name !== undefined) {
    if (reader.names.has(name)) throw new Invalid(`redefinition of group name '${name}'`)
    reader.names.add(name)
    reader.groups += 1
  }
  const opening = name !== undefined ? `?<${name}>` : `?${plain ?? `${flags}:`}`
  return `(${opening}${readAlternatives(reader)}${closeGroup(reader)}`
}

function closeGroup(reader: Reader): string {
  if (reader.text[reader.at] !== ')') throw new Invalid('missing ), unterminated subpattern')
  reader.at += 1
  return ')'
}

function strangeGroup(reader: Reader): Error {
  const rest = reader.text.slice(reader.at)
  if (rest.startsWith('?>')) return new Unsupported('atomic groups')
  if (rest.startsWith('?(')) return new Unsupported('conditional groups')
  if (/^\?[aiLmsux]+\)/.test(rest)) return new Invalid('global flags not at the start of the expression')
  if (rest === '?') return new Invalid('unexpected end of pattern')
  return new Invalid(`unknown extension ${rest.slice(0, rest[1] === '<' || rest[1] === 'P' ? 3 : 2)}`)
}

function readEscape(reader: Reader): string {
  const char = reader.text[reader.at]
  if (char === undefined) throw new Invalid('bad escape (end of pattern)')
  const known = CLASSES[char] ?? PLACES[char]
  if (known !== undefined) {
    reader.at += 1
    return known
  }
  const back = /^[1-9]\d?/.exec(reader.text.slice(reader.at))?.[0]
  if (back !== undefined && !/^[0-3][0-7]{2}/.test(reader.text.slice(reader.at))) {
    if (Number(back) > reader.groups) throw new Invalid(`invalid group reference ${back}`)
    reader.at += back.length
    return `(?:\\${back})`
  }
  return literal(escapedPoint(reader))
}

/** Of an escape that stands for one character, in and out of sets. */
function escapedPoint(reader: Reader): number {
  const rest = reader.text.slice(reader.at)
  const match = /^(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|(0[0-7]{0,2}|[0-3][0-7]{2}))/.exec(
    rest,
  )
  if (match !== null) {
    reader.at += match[0].length
    const hex = match[1] ?? match[2] ?? match[3]
    return hex === undefined ? Number.parseInt(match[4] ?? '0', 8) : Number.parseInt(hex, 16)
  }
  const char = takeChar(reader)
  const control = CONTROLS[char]
  if (control !== undefined) return control
  if (char === 'N') throw new Unsupported('characters by name')
  if (/[A-Za-z0-9]/.test(char)) throw new Invalid(`bad escape \\${char}`)
  return char.codePointAt(0) ?? 0
}

function readSet(reader: Reader): string {
  let source = ''
  if (reader.text[reader.at] === '^') {
    source = '^'
    reader.at += 1
  }
  const start = reader.at
  for (;;) {
    const char = reader.text[reader.at]
    if (char === undefined) throw new Invalid('unterminated character set')
    if (char === ']' && reader.at > start) break
    source += readSetItem(reader)
  }
  reader.at += 1
  return `[${source}]`
}

function readSetItem(reader: Reader): string {
  const start = reader.at
  const low = readSetChar(reader)
  if (reader.text[reader.at] !== '-' || reader.text[reader.at + 1] === ']') return setText(low)
  if (reader.text[reader.at + 1] === undefined) throw new Invalid('unterminated character set')
  reader.at += 1
  const high = readSetChar(reader)
  if (typeof low === 'string' || typeof high === 'string' || low > high) {
    throw new Invalid(`bad character range ${reader.text.slice(start, reader.at)}`)
  }
  return `${setText(low)}-${setText(high)}`
}

function readSetChar(reader: Reader): number | string {
  const char = takeChar(reader)
  if (char !== '\\') return char.codePointAt(0) ?? 0
  const known = CLASSES[reader.text[reader.at] ?? '']
  if (known === undefined) {
    if (reader.at >= reader.text.length) throw new Invalid('unterminated character set')
    return escapedPoint(reader)
  }
  reader.at += 1
  return known
}

function setText(item: number | string): string {
  return typeof item === 'number' ? literal(item) : item
}
