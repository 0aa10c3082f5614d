import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { translatePattern } from './python-regex.ts'

function search(pattern: string, text: string): boolean | string {
  const own = translatePattern(pattern)
  if (own.kind === 'regex') return own.regex.test(text)
  return own.kind === 'invalid' ? own.message : `unsupported: ${own.why}`
}

describe('translatePattern(), where Python and JavaScript differ', () => {
  test.each([
    ['(?P<x>a)(?P=x)', 'aa', true],
    ['a$', 'a\n', true],
    ['a\\Z', 'a\n', false],
    ['^b', 'a\nb', false],
    ['(?m)^b$', 'a\nb\nc', true],
    ['a.b', 'a\u2028b', true],
    ['(?s)a.b', 'a\nb', true],
    ['\\d', '٣', true],
    ['\\w', 'é', true],
    ['\\bé', 'é', true],
    ['[\\w-]', '-', true],
    ['[^\\W]', 'é', true],
    ['^\\S$', '\u0085', false],
    ['(?i)STRASSE', 'strasse', true],
    ['(?x) a b # comment', 'ab', true],
    ['a{,2}c', 'aac', true],
    ['{x}', '{x}', true],
    ['[]a]', ']', true],
    ['[a&&b]', '&', true],
    ['^.$', '😀', true],
    ['^$', '😀', false],
    ['\\101', 'A', true],
  ])('%s on %j: %s', (pattern, text, found) => {
    expect(search(pattern, text)).toBe(found)
  })

  test.each([
    ['(', 'missing ), unterminated subpattern'],
    ['a)', 'unbalanced parenthesis'],
    ['[a', 'unterminated character set'],
    ['*a', 'nothing to repeat'],
    ['a**', 'multiple repeat'],
    ['\\q', 'bad escape \\q'],
    ['[z-a]', 'bad character range z-a'],
    ['a{2,1}', 'min repeat greater than max repeat'],
    ['\\2', 'invalid group reference 2'],
    ['(?P<n>a)(?P<n>b)', "redefinition of group name 'n'"],
    ['a(?i)b', 'global flags not at the start of the expression'],
    ['(?>a)', 'unsupported: atomic groups'],
    ['a*+', 'unsupported: possessive repeats'],
  ])('%s is refused: %s', (pattern, message) => {
    expect(search(pattern, '')).toBe(message)
  })

  test('never throws, whatever the pattern', () => {
    const piece = fc.constantFrom(...'()[]{}?*+|\\^$.-,:=!<>Paz09dwsbAZ#&~'.split(''))
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        expect(['regex', 'invalid', 'unsupported']).toContain(translatePattern(pieces.join('')).kind)
      }),
      { numRuns: 2000 },
    )
  })
})
