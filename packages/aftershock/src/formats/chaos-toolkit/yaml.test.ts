import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LINE_STYLE, writeJson } from './json-write.ts'
import { PythonError } from './python-error.ts'
import { pythonRepr } from './python-text.ts'
import { arbitraryValue } from './values.fixture.ts'
import { readYaml } from './yaml-read.ts'
import { writeYaml } from './yaml-write.ts'

const read = (text: string) => pythonRepr(readYaml(text))

/** Each answer is PyYAML's. */
describe('readYaml()', () => {
  test.each([
    ['[yes, No, on, y, n]', "[True, False, True, 'y', 'n']"],
    ['[1:30, 190:20:30, 017, 0o17, 0x1f, 0b11, 1_000, +5]', "[90, 685230, 15, '0o17', 31, 3, 1000, 5]"],
    ['[1e3, 1.0e+3, 1., .5, .inf, 12e03]', "['1e3', 1000.0, 1.0, 0.5, inf, '12e03']"],
    ['[~, null, "", "yes"]', "[None, None, '', 'yes']"],
    ['{1: a, k: {<<: {u: 1, v: 2}, u: 9}}', "{1: 'a', 'k': {'u': 9, 'v': 2}}"],
    ['a: &x {t: 1}\nb: *x', "{'a': {'t': 1}, 'b': {'t': 1}}"],
    ['k: |\n  te\n  xt\n', "{'k': 'te\\nxt\\n'}"],
    ['[!!str 5, !!int "5"]', "['5', 5]"],
    ['!!omap [a: 1, b: 2]', "[['a', 1], ['b', 2]]"],
    ['k:\n  q: "a\n  b"\n', "{'k': {'q': 'a b'}}"],
    ['{1: a, yes: b}', "{1: 'b'}"],
    ['!!binary aAk=', "b'h\\t'"],
    ['2001-12-14 21:59:43 +0130', "'2001-12-14 21:59:43 +0130'"],
    ['', 'None'],
    ['# only a comment', 'None'],
  ])('%j is %s', (text, value) => {
    expect(read(text)).toBe(value)
  })

  test('dates become what the journal writes of them', () => {
    const line = (text: string) => writeJson(readYaml(text), LINE_STYLE)
    expect(line('[2024-01-01, 2024-01-01T10:00:00Z, 2001-12-14 21:59:43.10 -5]')).toBe(
      '["2024-01-01", "2024-01-01T10:00:00+00:00", "2001-12-14T21:59:43.100000-05:00"]',
    )
  })

  test('an alias is the same node, not a copy', () => {
    const value = readYaml('[&a {x: 1}, *a]')
    expect(Array.isArray(value) && value[0] === value[1]).toBe(true)
  })

  test.each([
    ['a: [', 'line 1'],
    ['=', "could not determine a constructor for the tag 'tag:yaml.org,2002:value'"],
    ['!!python/object/apply:os.system [x]', 'could not determine a constructor for the tag'],
    ['a: 1\n---\nb: 2', 'expected a single document in the stream'],
    ['? [a]\n: b', 'found unhashable key'],
    ['a: *nope', 'nope'],
    ['a: &x [1, *x]', "the alias 'x' points at what it stands in"],
    ['2024-13-01', 'month must be in 1..12'],
    ['a: b: c', 'line 1'],
  ])('%j is refused: %s', (text, why) => {
    expect(() => readYaml(text)).toThrow(PythonError)
    expect(() => readYaml(text)).toThrow(why)
  })

  test('never fails but with a reason, whatever the text', () => {
    const piece = fc.constantFrom(
      'a',
      ': ',
      '- ',
      '\n',
      '  ',
      '[',
      ']',
      '{',
      '}',
      '&x ',
      '*x',
      '!!int ',
      '"',
      "'",
      '|',
      '>',
      '?',
      '<<',
      '1',
      '#',
      '---\n',
      '%',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        try {
          readYaml(pieces.join(''))
        } catch (error) {
          expect(error).toBeInstanceOf(PythonError)
        }
      }),
      { numRuns: 1000 },
    )
  })
})

describe('writeYaml()', () => {
  test('writes what readYaml() reads as the same value', () => {
    fc.assert(
      fc.property(arbitraryValue, (value) => {
        expect(readYaml(writeYaml(value, { order: 'kept', step: 2 }))).toEqual(value)
      }),
      { numRuns: 500 },
    )
  })

  test('is laid out as PyYAML lays it out', () => {
    const value = readYaml('{b: [1, {c: "yes"}], a: {x: []}}')
    expect(writeYaml(value, { order: 'sorted', step: 2 })).toBe("a:\n  x: []\nb:\n- 1\n- c: 'yes'\n")
    expect(writeYaml('text', { order: 'sorted', step: 2 })).toBe('text\n...\n')
  })

  const LONG = 'a line that goes on and on, '.repeat(4).trim()
  test.each([
    ['text that is folded', LONG, `k: ${LONG.slice(0, 79)}\n  ${LONG.slice(80)}\n`],
    ['lines', "a\nit's", "k: 'a\n\n  it''s'\n"],
    ['what is no ASCII', 'é \u2028', 'k: "\\xE9 \\L"\n'],
    ['marks of YAML', '- x', "k: '- x'\n"],
  ])('%s', (_what, text, written) => {
    expect(writeYaml(new Map([['k', text]]), { order: 'kept', step: 2 })).toBe(written)
  })

  test('dates stay dates; an empty key is asked for', () => {
    const value = readYaml('{"": [2024-01-01 10:00:00], 10: a, 9: b}')
    expect(writeYaml(value, { order: 'kept', step: 4 })).toBe(
      "? ''\n:   - 2024-01-01 10:00:00\n10: a\n9: b\n",
    )
    expect(writeYaml(readYaml('{10: a, 9: b}'), { order: 'sorted', step: 2 })).toBe('9: b\n10: a\n')
    expect(pythonRepr(readYaml('2024-01-01 10:00:00.5 -5'))).toBe(
      'datetime.datetime(2024, 1, 1, 10, 0, 0, 500000, tzinfo=datetime.timezone(datetime.timedelta(days=-1, seconds=68400)))',
    )
  })
})
