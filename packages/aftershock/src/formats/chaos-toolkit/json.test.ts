import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readJson } from './json-read.ts'
import { LINE_STYLE, writeJson } from './json-write.ts'
import { PythonError } from './python-error.ts'
import { arbitraryValue } from './values.fixture.ts'

const inOneLine = (text: string) => writeJson(readJson(text), LINE_STYLE)

/** What Python's json says of a text, each checked against CPython 3.11. */
const MESSAGES: readonly (readonly [string, string])[] = [
  ['', 'Expecting value: line 1 column 1 (char 0)'],
  ['{', 'Expecting property name enclosed in double quotes: line 1 column 2 (char 1)'],
  ['[1,]', 'Expecting value: line 1 column 4 (char 3)'],
  ['{"a":1,}', 'Expecting property name enclosed in double quotes: line 1 column 8 (char 7)'],
  ['{"a" 1}', "Expecting ':' delimiter: line 1 column 6 (char 5)"],
  ['[1 2]', "Expecting ',' delimiter: line 1 column 4 (char 3)"],
  ['"a', 'Unterminated string starting at: line 1 column 1 (char 0)'],
  ['"a\\q"', 'Invalid \\escape: line 1 column 3 (char 2)'],
  ['"a\nb"', 'Invalid control character at: line 1 column 3 (char 2)'],
  ['1 2', 'Extra data: line 1 column 3 (char 2)'],
  ['[1,\n2,\n x]', 'Expecting value: line 3 column 2 (char 8)'],
]

describe('readJson()', () => {
  test('keeps whole numbers whole, floats floats, keys in order', () => {
    const text = '{"10": 1, "2": 1.0, "big": 123456789012345678901234567890, "e": 1e+22, "n": NaN, "z": -0.0}'
    expect(inOneLine(text)).toBe(text)
  })

  test('lets a later key of the same name win at the place of the first', () => {
    expect(inOneLine('{"a": 1, "b": 2, "a": 3}')).toBe('{"a": 3, "b": 2}')
  })

  test.each(MESSAGES)('says of %j what Python says', (text, message) => {
    expect(() => readJson(text)).toThrow(new PythonError('json.decoder.JSONDecodeError', message))
  })

  test('gives up on endless nesting before our stack does', () => {
    expect(() => readJson('['.repeat(100_000))).toThrow('maximum recursion depth exceeded')
  })

  test('never fails but with a reason, whatever the text', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '\\',
      'a',
      '1',
      '.',
      'e',
      '-',
      ' ',
      '\n',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((all) => all.join('')),
        ),
        (text) => {
          try {
            readJson(text)
          } catch (error) {
            expect(error).toBeInstanceOf(PythonError)
          }
        },
      ),
    )
  })
})

describe('writeJson()', () => {
  test('writes what readJson() reads as the same value', () => {
    fc.assert(
      fc.property(arbitraryValue, fc.boolean(), (value, isJournal) => {
        const style = isJournal ? { indent: 2, nonAscii: 'kept' as const } : LINE_STYLE
        expect(readJson(writeJson(value, style))).toEqual(value)
      }),
    )
  })

  test('indents as json.dumps(indent=2) does', () => {
    expect(writeJson(readJson('{"a": [1, {}, []], "b": {"c": "é"}}'))).toBe(
      '{\n  "a": [\n    1,\n    {},\n    []\n  ],\n  "b": {\n    "c": "é"\n  }\n}',
    )
  })

  test('writes what JSON has no word for as its text', () => {
    const date = { pythonType: 'datetime.datetime', text: '2024-01-01 00:00:00', repr: '', isTrue: true }
    expect(writeJson({ ...date, json: '2024-01-01T00:00:00' })).toBe('"2024-01-01T00:00:00"')
    expect(
      writeJson({ pythonType: 'set', text: '{1, 2}', repr: '{1, 2}', json: undefined, isTrue: true }),
    ).toBe('"{1, 2}"')
  })

  test('turns keys that are no text into text', () => {
    expect(
      writeJson(
        new Map<1n | null | boolean | number, string>([
          [1n, 'a'],
          [null, 'b'],
          [true, 'c'],
          [1.5, 'd'],
        ]),
        LINE_STYLE,
      ),
    ).toBe('{"1": "a", "null": "b", "true": "c", "1.5": "d"}')
  })
})
