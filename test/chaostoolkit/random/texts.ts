// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the experiments' own way to name a value
import type { Choose } from './choose.ts'

export const SCALARS = [
  'null',
  'true',
  'false',
  '0',
  '1',
  '2',
  '-1',
  '7',
  '200',
  '404',
  '1.0',
  '2.5',
  '-0.0',
  '1e3',
  '1e22',
  '0.1',
  '9007199254740993',
  '123456789012345678901234567890',
  '""',
  '"a"',
  '"b"',
  '"1"',
  '"2.5"',
  '" 3 "',
  '"1_0"',
  '"nan"',
  '"Infinity"',
  '"true"',
  '"é"',
  '"€5"',
  '"a\\nb"',
  '"\\ud83d\\ude00"',
  '"it\'s"',
  '"[1,2]"',
  '"{\\"a\\": 1}"',
  '"x=1"',
  '"0x1f"',
  '"status"',
  '"\\u0000"',
  '"v1.2.3"',
]
export const KEYS = ['a', 'b', 'c', 'status', 'body', 'stdout', '10', '2', 'length', 'a b', 'x-y']

/** A JSON value as text, so that no number loses its spelling. */
export function jsonText(c: Choose, depth = 3): string {
  const kind = depth === 0 ? 9 : c.below(10)
  if (kind === 0) return `[${c.list(4, () => jsonText(c, depth - 1)).join(', ')}]`
  if (kind < 3) return objectText(c, depth)
  return c.of(SCALARS)
}

export function objectText(c: Choose, depth = 3): string {
  const keys = [...new Set(c.list(4, () => c.of(KEYS)))]
  return `{${keys.map((key) => `${JSON.stringify(key)}: ${jsonText(c, depth - 1)}`).join(', ')}}`
}

export const NAMES = ['a', 'b', 'n', 'name', '_x', 'x1'] as const

/** Text with references to configuration and secrets, right and wrong. */
export function templateText(c: Choose): string {
  const name = () => c.of(NAMES)
  const parts = () =>
    c.of([
      `\${${name()}}`,
      `$${name()}`,
      '$$',
      '$',
      '${',
      '}',
      ' ',
      'x',
      '${a.b}',
      '${my-key}',
      '${missing}',
      '$1',
      '\\${a}',
      '${ a }',
      'é',
      '\n',
      '${A}',
    ])
  return c.once(3) ? `\${${name()}}` : c.list(4, parts).join('')
}

export function configurationText(c: Choose): string {
  const names = [...new Set(c.list(4, () => c.of(NAMES)))]
  return `{${names.map((name) => `"${name}": ${jsonText(c, 2)}`).join(', ')}}`
}

export function secretsText(c: Choose): string {
  return `{${['one', 'two']
    .slice(c.below(3))
    .map((scope) => `"${scope}": ${configurationText(c)}`)
    .join(', ')}}`
}

/** JSON, often with one thing wrong. */
export function jsonDocumentText(c: Choose): string {
  const text = jsonText(c, 3)
  if (c.once(2)) return text
  const at = c.below(text.length + 1)
  return (
    text.slice(0, at) +
    c.of([
      ',',
      '}',
      '"',
      '\\',
      'NaN',
      '-Infinity',
      '01',
      '+1',
      '.5',
      '1.',
      "'",
      '\n',
      '\u0001',
      '// c',
      '\ufeff',
      '1e',
      'tru',
      '\\x',
      '\\ud800',
      '  ',
    ]) +
    text.slice(at + c.below(2))
  )
}

export function variableText(c: Choose): string {
  const type = c.of([
    '',
    ':int',
    ':float',
    ':bool',
    ':bytes',
    ':json',
    ':str',
    ':string',
    ':integer',
    ':number',
    ':x',
    ':',
    ':a:int',
  ])
  const value = c.of([
    '',
    '1',
    ' 1 ',
    '1_0',
    '1.5',
    'abc',
    'no',
    'NO',
    'off',
    '0',
    'é',
    '{"a": 1.0}',
    '[',
    'a=b',
    'inf',
    'nan',
    '-0',
    '0x1',
    '1e5',
    '٣',
    '"q"',
    'null',
    '1__0',
    '+5',
    '1.0e',
    '.5',
    '5.',
    '٣.٥',
    ' ',
    '\t2\n',
  ])
  return c.once(20) ? c.of(['a', '', ':int', 'a:int']) : `${c.of(['k', '', 'a b', 'k:k'])}${type}=${value}`
}
