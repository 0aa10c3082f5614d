// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the experiments' own way to name a value
import type { Choose } from './choose.ts'

const SCALARS = [
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
const KEYS = ['a', 'b', 'c', 'status', 'body', 'stdout', '10', '2', 'length', 'a b', 'x-y']

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

/** A path of jsonpath2's dialect, near it, or out of it. */
export function pathText(c: Choose, depth = 2): string {
  return `${c.once(30) ? c.of(['@', '', 'a']) : '$'}${c.list(4, () => stepText(c, depth)).join('')}`
}

function stepText(c: Choose, depth: number): string {
  const key = () => c.of(KEYS)
  switch (c.below(depth === 0 ? 8 : 13)) {
    case 0:
    case 1:
      return `.${c.of(['a', 'b', 'c', 'status', 'body', 'x-y', '10', 'and'])}`
    case 2:
      return `["${key()}"]`
    case 3:
      return `[${c.of(['0', '1', '-1', '5', '-9', '1.0', "'a'", '"a","b"', '0,1', '*', '', '"10"', '10'])}]`
    case 4:
      return `[${c.of([':', '1:', ':1', '::2', '-2:', '::-1', '0:2', '1:0', '::0', '5:', '2:0:-1'])}]`
    case 5:
      return c.of(['.*', '[*]', '..*', '..a', '..b', '..["a"]', '..[0]', '..[*]'])
    case 6:
      return `[${c.of(['length()', 'keys()', 'values()', 'entries()', 'charAt(0)', 'charAt(9)', 'substring(1)', 'substring(0, 1)', 'substring()', 'nothing()', 'charAt("a")', 'length(1)'])}]`
    case 7:
      return c.of(['.*', '[*]', '.a'])
    case 8:
      return `[${c.of(['@', '$'])}${c.of(['.a', '.b', '["10"]', '', '[0]', '.*'])}]`
    case 9:
    case 10:
      return `[?(${expressionText(c, depth - 1)})]`
    default:
      return `${c.of(['.*', '[*]', '..*'])}[?(${expressionText(c, depth - 1)})]`
  }
}

function expressionText(c: Choose, depth: number): string {
  const operand = () =>
    c.once(2) ? c.of(['@', '$']) + c.list(2, () => stepText(c, 0)).join('') : c.of(SCALARS.slice(0, 26))
  const compare = () => `${operand()} ${c.of(['=', '!=', '<', '<=', '>', '>=', '=', '=='])} ${operand()}`
  const one = () =>
    c.of([
      compare(),
      compare(),
      `@${stepText(c, 0)}`,
      `not ${compare()}`,
      `not (@.a)`,
      `(${compare()})`,
      operand(),
    ])
  if (depth === 0 || c.once(2)) return one()
  return [one(), one(), one()].slice(c.below(2)).join(c.of([' and ', ' or ', ' and ', '&&']))
}

const PATTERNS = [
  'a',
  '^a$',
  '.',
  '\\d+',
  '(?i)A',
  '(?P<n>a)(?P=n)',
  '\\Aa\\Z',
  'a|b',
  '[^a]',
  '\\w+',
  '\\s',
  '(?m)^b',
  '(?s)a.b',
  '(?x) a # c',
  'a{2,}',
  '(a)(?(1)b|c)',
  '(?<=a)b',
  '(?<!a)b',
  '\\bv',
  '[\\w.]+',
  '(?#c)a',
  '(?:a)',
  'a*?',
  'a++',
  '(?>a)',
  '\\$',
  '[]a]',
  '[[]',
  '(',
  'a)',
  '*',
  'a{,2}',
  'a{1',
  '\\1',
  '\\x41',
  '\\u00e9',
  '\\N{BULLET}',
  '\\q',
  '[z-a]',
  '(?P<1>a)',
  '(?P<n>a)(?P<n>b)',
  '[a&&b]',
  '\\/',
  'é',
  '(?i:A)b',
  '$',
  '^',
  '',
  '\\.',
  '\\-',
  '[a-\\d]',
  '(?P>n)',
  '(?<n>a)',
  '\\Z',
  '\\z',
  '\\pL',
  '{',
  '}',
  ']',
  'a{}',
  '[\\b]',
  '\\8',
  '\\08',
  '\\0',
  '(?a)\\w',
  '(?u)\\w',
  'a(?i)b',
  '(?i-s:a)',
  '(?-i:a)',
  '\\h',
  '[[:alpha:]]',
  '\\\\',
  'x=\\d',
  '^\\s*$',
  '[^\\s]+',
  '\\D',
  '\\W',
  '\\S$',
]

/** Every form of a tolerance, valid or not. */
export function toleranceText(c: Choose): string {
  const target = () =>
    c.once(3) ? `, "target": ${c.of(['"body"', '"stdout"', '"a"', '""', 'null', '1'])}` : ''
  switch (c.below(9)) {
    case 0:
      return jsonText(c, 1)
    case 1:
      return `[${c.list(3, () => c.of(SCALARS)).join(', ')}]`
    case 2:
      return `[${c.of(SCALARS)}, ${c.of(SCALARS)}]`
    case 3:
      return JSON.stringify(templateText(c))
    case 4:
      return `{"type": "range", "range": [${c.of(SCALARS)}, ${c.of(SCALARS)}]${target()}}`
    case 5:
      return `{"type": "regex", "pattern": ${JSON.stringify(c.once(8) ? templateText(c) : c.of(PATTERNS))}${target()}}`
    case 6:
      return c.of([
        '{}',
        '{"type": "x"}',
        '{"type": "range"}',
        '{"type": "regex"}',
        '{"type": "jsonpath"}',
        '{"type": "range", "range": 1}',
        '{"type": "range", "range": [1]}',
        '{"type": "jsonpath", "path": 1}',
        '{"type": "jsonpath", "path": null}',
        '{"type": "regex", "pattern": null}',
        '{"type": "jsonpath", "path": " "}',
        '{"type": "regex", "pattern": 3}',
        '{"type": null}',
        '{"type": "range", "range": null}',
      ])
    default:
      return `{"type": "jsonpath", "path": ${JSON.stringify(pathText(c))}${target()}${c.once(4) ? `, "count": ${c.of(['0', '1', '2', '"1"', 'null', '1.0', 'true'])}` : ''}${c.once(3) ? `, "expect": ${c.once(3) ? JSON.stringify(templateText(c)) : jsonText(c, 1)}` : ''}}`
  }
}

const YAML_SCALARS = [
  'yes',
  'no',
  'on',
  'off',
  'y',
  'n',
  'Yes',
  'TRUE',
  'True',
  'tRUE',
  'null',
  '~',
  'Null',
  'NULL',
  'nil',
  '017',
  '0o17',
  '0x1F',
  '0b101',
  '1_000',
  '1:30',
  '190:20:30',
  '1e3',
  '1.0e+3',
  '1.0e3',
  '1.',
  '.5',
  '+1',
  '-1',
  '+.inf',
  '.inf',
  '-.INF',
  '.nan',
  '.NaN',
  '1.5:30',
  '08',
  '09',
  '0',
  '-0',
  '0.0',
  '-0.0',
  '1__0',
  '_1',
  '1_',
  '2024-01-01',
  '2024-1-1',
  '2024-01-01T10:00:00Z',
  '2024-01-01 10:00:00',
  '2024-01-01 10:00:00.5 +02:00',
  '2001-12-14t21:59:43.10-05:00',
  '2024-13-01',
  '=',
  '<<',
  '!!str 1',
  '!!int "3"',
  '!!float 1',
  '!!bool "yes"',
  '!!null ""',
  '!!python/none x',
  '!x y',
  '!!binary aGVsbG8=',
  '!!set {a}',
  '!!omap [a: 1]',
  '"a\\tb"',
  "'it''s'",
  '"\\u00e9\\x41"',
  '&x 1',
  '*x',
  'a: b',
  'a:b',
  '#c',
  'a #c',
  '- a',
  '[1, 2,]',
  '{a: 1, b}',
  '{a: 1,}',
  '"a',
  '@a',
  '`a',
  '%a',
  '|\n  x\n  y\n',
  '>\n  x\n  y\n\n  z\n',
  '|-\n  x\n',
  '|+\n  x\n\n',
  '? a',
  '12e03',
  '685_230.15',
  '0.1e-5',
  '6.02E+23',
  '1e',
  '0x',
  '0b',
  '0b2',
  '0xG',
  '12:60',
  '-1:30',
  '1:2:3.5',
  'é',
  '😀',
  '"\\ud83d"',
  '"multi\n  line"',
  'multi\n  line',
]

/** A YAML document; most are valid. */
export function yamlText(c: Choose): string {
  const scalar = () => c.of(YAML_SCALARS)
  switch (c.below(6)) {
    case 0:
      return `${scalar()}\n`
    case 1:
      return c.list(4, () => `- ${scalar()}`).join('\n')
    case 2:
      return c
        .list(4, () => `${c.of(['a', 'b', '1', 'yes', 'null', '"q"', '1.5', '? x', '~'])}: ${scalar()}`)
        .join('\n')
    case 3:
      return `a: &x\n  k: ${scalar()}\nb:\n  <<: *x\n  l: ${scalar()}\nc: [*x, ${c.of(['1', 'yes', '017'])}]\n`
    case 4:
      return `a:\n- ${scalar()}\n-   - ${scalar()}\n    - b\n- c: ${scalar()}\n  d: 1\n${c.once(6) ? '\td: 1\n' : ''}${c.once(8) ? '---\nb\n' : ''}`
    default:
      return `{"a": ${c.of(YAML_SCALARS.slice(0, 45))}, b: [${c.of(YAML_SCALARS.slice(0, 45))}, ${c.of(YAML_SCALARS.slice(0, 45))}], 'c': {d: ${jsonText(c, 1)}}}\n`
  }
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
