/** Characters that drive a terminal or turn the reading direction; names in traces are not trusted. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it is about
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g

/** One line of text that cannot move the cursor or colour the screen: such characters become `�`. */
export function printable(text: string): string {
  return text.replace(/\s+/g, ' ').replace(UNPRINTABLE, '\ufffd')
}

/** JSON whose texts cannot turn the reading direction of what stands beside them on a page. */
export function unturned(json: string): string {
  return json.replace(/[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd')
}

/** Columns a text takes in a terminal: wide letters take two, combining ones none. */
export function widthOf(text: string): number {
  let width = 0
  for (const char of text) width += charWidth(char)
  return width
}

function charWidth(char: string): number {
  if (/\p{Mn}|\p{Me}|\ufe0f/u.test(char)) return 0
  const code = char.codePointAt(0) ?? 0
  // The lightning is the one sign of ours that terminals draw wide.
  if (code === 0x26a1) return 2
  const wide =
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0x1f300 && code <= 0x1faff)
  return wide ? 2 : 1
}

/** Pads on the right to a number of columns; longer texts stay as they are. */
export function padTo(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** Cuts to a number of columns, with `…` where something is missing. */
export function cutTo(text: string, width: number): string {
  if (widthOf(text) <= width) return text
  let kept = ''
  for (const char of text) {
    if (widthOf(kept) + charWidth(char) > width - 1) break
    kept += char
  }
  return `${kept.trimEnd()}…`
}

/** Breaks at spaces into lines of at most `width` columns, never between a number and its unit; a longer word is cut. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const word of wordsOf(text)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (widthOf(longer) <= width) line = longer
    else {
      if (line !== '') lines.push(line)
      line = cutTo(word, width)
    }
  }
  lines.push(line)
  return lines
}

/** Words that stay together: `3.6 s`, `3 m 04 s`, `41 %`, `×3`. */
function wordsOf(text: string): readonly string[] {
  const words: string[] = []
  for (const word of text.split(' ')) {
    const before = words.at(-1)
    const isUnit = /^(?:%|µs|ms|s|m|h|B|KB|MB|GB|pt)(?![\w%])/.test(word)
    const belongs =
      before !== undefined &&
      // A line does not begin with what only separates.
      (word === '·' || (isUnit && /\d$/.test(before)) || isTimeGoingOn(before, word))
    if (belongs) words[words.length - 1] = `${before} ${word}`
    else words.push(word)
  }
  return words
}

/** The `04` of `3 m 04 s`. */
function isTimeGoingOn(before: string, word: string): boolean {
  return /\d [mh]$/.test(before) && /^\d\d$/.test(word)
}

const ASCII: readonly (readonly [RegExp, string])[] = [
  [/✓/g, 'ok'],
  [/[✕✗]/g, 'x'],
  [/⚡/g, '!'],
  [/→/g, '->'],
  [/←/g, '<-'],
  [/[·•]/g, '-'],
  [/…/g, '...'],
  [/[–—−]/g, '-'],
  [/×/g, 'x'],
  [/µ/g, 'u'],
  [/■/g, '#'],
  [/◷/g, 't'],
  [/↻/g, 'r'],
  [/⊘/g, '0'],
  [/[◔▦⇤⤵⑂⚠◌]/g, '*'],
  [/[“”]/g, '"'],
  [/[‘’]/g, "'"],
]

/** For terminals whose locale is not UTF-8. What has no likeness becomes `?`. */
export function asciiOnly(text: string): string {
  let plain = text
  for (const [sign, likeness] of ASCII) plain = plain.replace(sign, likeness)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escapes of the styler pass
  return plain.replace(/[^\x00-\x7f]/g, '?')
}
