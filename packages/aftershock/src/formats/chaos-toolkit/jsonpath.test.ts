import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LINE_STYLE, writeJson } from './json-write.ts'
import { matchJsonPath } from './jsonpath-match.ts'
import { parseJsonPath } from './jsonpath-parse.ts'
import { PythonError } from './python-error.ts'
import { arbitraryValue, json } from './values.fixture.ts'

const DOCUMENT = json(
  '{"a": [{"x": 2}, {"x": 5}], "b": {"c": 1, "d-e": 2}, "s": "hello", "n": [1, 2, 3, 4], "t": true}',
)

function values(path: string): string {
  const parsed = parseJsonPath(path)
  return parsed === undefined ? 'no path' : writeJson([...matchJsonPath(parsed, DOCUMENT)], LINE_STYLE)
}

/** Each answer is jsonpath2's. */
describe('JSON paths', () => {
  test.each([
    ['$.a[*].x', '[2, 5]'],
    ['$..x', '[2, 5]'],
    ['$.b["d-e"]', '[2]'],
    ['$.n[-1]', '[4]'],
    ['$.n[1:3]', '[2, 3]'],
    ['$.n[::2]', '[1, 3]'],
    ['$.n[::-1]', '[]'],
    ['$.n[0,2]', '[1, 3]'],
    [
      '$..*',
      '[[{"x": 2}, {"x": 5}], {"c": 1, "d-e": 2}, "hello", [1, 2, 3, 4], true, {"x": 2}, {"x": 5}, 2, 5, 1, 2, 1, 2, 3, 4]',
    ],
    ['$.a[?(@.x>1)]', '[]'],
    ['$.a.*[?(@.x>2)]', '[{"x": 5}]'],
    ['$.a[*][?(@.x=5 and @.x=2 or @.x=5)]', '[{"x": 5}]'],
    ['$.a[*][?(not @.x=2)]', '[{"x": 5}]'],
    ['$[?(@.s = "hello")].s', '["hello"]'],
    ['$[?(@.s contains "ell")].t', '[true]'],
    ['$.n.*[?(@ > "1")]', '[]'],
    ['$.n[$.b.c]', '[2]'],
    ['$.s.length()', '[5]'],
    ['$.b.keys()', '[["c", "d-e"]]'],
    ['$.n.keys()', '[[0, 1, 2, 3]]'],
    ['$.s.substring(1,3)', '["el"]'],
    ['$.s.charAt(1)', '["e"]'],
    ['$.n[3:-9:-1]', '[4, 3, 2, 1, 4, 3, 2, 1]'],
    ['$.n[-9:2]', '[1, 2]'],
    ['$.n[4:0:-2]', '[3]'],
    ['$[?(1 and $.t)].s', '["hello"]'],
    ['$[?("" or 0)].s', '[]'],
    ['$.n[$.t]', '[2]'],
    ['$.n.*[?(@ < true)]', '[]'],
    ['$.s.charAt($.n.*)', '["e", "l", "l", "o"]'],
    ['$.n.length(1)', '[]'],
    [' $ .n[ 0 ] ', '[1]'],
  ])('%s leads to %s', (path, found) => {
    expect(values(path)).toBe(found)
  })

  test.each([
    'foo',
    '$.',
    '$[',
    "$['b']",
    '$.n[1.5]',
    '$.a[*][?(@.x==5)]',
    '$.b.d-e',
    '$.a.[0]',
    '',
    '$.t=1',
    '$.and',
    '$.n[01]',
    '$["\\q"]',
  ])('%j is none', (path) => {
    expect(values(path)).toBe('no path')
  })

  test('an unknown function is no path', () => {
    expect(parseJsonPath('$.foo()')).toBe(undefined)
  })

  test('never fail but as Python does, whatever the path and the value', () => {
    const piece = fc.constantFrom(
      '$',
      '@',
      '.',
      '..',
      '[',
      ']',
      '*',
      '?(',
      '(',
      ')',
      'a',
      '"x"',
      '1',
      ':',
      ',',
      '=',
      ' and ',
      'length',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), arbitraryValue, (pieces, value) => {
        const path = parseJsonPath(`$${pieces.join('')}`)
        try {
          if (path !== undefined) matchJsonPath(path, value)
        } catch (error) {
          expect(error).toBeInstanceOf(PythonError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
