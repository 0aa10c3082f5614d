import type { Choose } from './choose.ts'
import { jsonText } from './texts.ts'

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

/** A date, with or without a time, as YAML may spell it. */
export function timestampText(c: Choose): string {
  const two = (below: number) => String(c.below(below)).padStart(c.once(3) ? 1 : 2, '0')
  const date = `${c.of(['2024', '1999', '0001'])}-${two(14)}-${two(33)}`
  if (c.once(4)) return date
  const fraction = c.once(3) ? `.${c.of(['5', '123456', '1234567', '000', ''])}` : ''
  const zone = c.of(['', '', 'Z', ' Z', '+02:00', ' -5', '-05:30', '+0130', ' +00:00', '-00:00'])
  return `[${date}${c.of(['T', 't', ' ', '  '])}${two(25)}:${c.of(['00', '30', '59'])}:${c.of(['00', '07', '60'])}${fraction}${zone}]`
}
