import { plainScalar } from './yaml-scalar.ts'

/** Where a text stands in a YAML document. */
export type TextPlace = {
  /** Of its first character. */
  readonly column: number
  /** Where its further lines begin. */
  readonly indent: number
  /** A key stays on its line. */
  readonly role: 'key' | 'value'
}

const WIDTH = 80
const ESCAPES: Readonly<Record<string, string>> = {
  '\0': '0',
  '\x07': 'a',
  '\b': 'b',
  '\t': 't',
  '\n': 'n',
  '\v': 'v',
  '\f': 'f',
  '\r': 'r',
  '\x1b': 'e',
  '"': '"',
  '\\': '\\',
  '\x85': 'N',
  '\xa0': '_',
  '\u2028': 'L',
  '\u2029': 'P',
}

/** Text as PyYAML writes it: bare where it may be, else in single quotes, else escaped; folded at spaces. */
export function yamlText(text: string, place: TextPlace): string {
  const style = styleOf(text, place.role)
  if (style === 'escaped') return escaped([...text], place)
  return folded(text, place, style === 'bare' ? '' : "'")
}

function styleOf(text: string, role: TextPlace['role']): 'bare' | 'single' | 'escaped' {
  // A line break beside a space would be folded away.
  if (/[^\n\x20-\x7e]|\n | \n/.test(text)) return 'escaped'
  if (text.includes('\n')) return role === 'key' ? 'escaped' : 'single'
  return isBare(text) ? 'bare' : 'single'
}

/** No mark of YAML's own, and read back as text. */
function isBare(text: string): boolean {
  if (text === '' || text.startsWith(' ') || text.endsWith(' ')) return false
  if (text.startsWith('---') || text.startsWith('...')) return false
  if (/^[#,[\]{}&*!|>'"%@`]|^[?:-](?: |$)|:(?: |$)| #/.test(text)) return false
  try {
    return plainScalar(text) === text
  } catch {
    return false
  }
}

/** A line that is full goes on below, in place of a space that stands alone. */
function folded(text: string, { column, indent, role }: TextPlace, quote: "'" | ''): string {
  let out = quote
  let at = column + quote.length
  for (const { 0: part, index } of text.matchAll(/ +|\n+|[^ \n]+/g)) {
    const isInside = index > 0 && index + part.length < text.length
    if (part === ' ' && at > WIDTH && role === 'value' && isInside) {
      out += `\n${' '.repeat(indent)}`
      at = indent
    } else if (part.startsWith('\n')) {
      out += `\n${part}${' '.repeat(indent)}`
      at = indent
    } else {
      const written = quote === "'" ? part.replaceAll("'", "''") : part
      out += written
      at += written.length
    }
  }
  return out + quote
}

/** As above; what is no plain ASCII by its number. */
function escaped(chars: readonly string[], { column, indent, role }: TextPlace): string {
  let out = '"'
  let at = column + 1
  let start = 0
  const write = (text: string) => {
    out += text
    at += [...text].length
  }
  for (let end = 0; end <= chars.length; end++) {
    const char = chars[end]
    if (char === undefined || needsEscape(char)) {
      if (start < end) write(chars.slice(start, end).join(''))
      start = end
      if (char !== undefined) {
        write(escapeOf(char))
        start = end + 1
      }
    }
    const isInside = end > 0 && end < chars.length - 1
    if (!isInside || role === 'key' || !(char === ' ' || start >= end)) continue
    if (at + (end - start) <= WIDTH) continue
    write(`${chars.slice(start, end).join('')}\\`)
    if (start < end) start = end
    out += `\n${' '.repeat(indent)}`
    at = indent
    if (chars[start] === ' ') write('\\')
  }
  return `${out}"`
}

function needsEscape(char: string): boolean {
  return char === '"' || char === '\\' || char < ' ' || char > '~'
}

function escapeOf(char: string): string {
  const named = ESCAPES[char]
  if (named !== undefined) return `\\${named}`
  const code = char.codePointAt(0) ?? 0
  const hex = (digits: number) => code.toString(16).toUpperCase().padStart(digits, '0')
  if (code <= 0xff) return `\\x${hex(2)}`
  return code <= 0xffff ? `\\u${hex(4)}` : `\\U${hex(8)}`
}
