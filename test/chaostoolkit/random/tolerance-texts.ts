// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the experiments' own way to name a value
import type { Choose } from './choose.ts'
import { pathText } from './path-texts.ts'
import { jsonText, SCALARS, templateText } from './texts.ts'

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
