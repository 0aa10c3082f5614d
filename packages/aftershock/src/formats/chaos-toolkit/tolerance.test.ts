// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the experiments' own way to name a value
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PythonError } from './python-error.ts'
import { withinTolerance } from './tolerance.ts'
import { toleranceMessage } from './tolerance-check.ts'
import { arbitraryValue, json } from './values.fixture.ts'
import type { PyDict, PyValue } from './values.ts'

const HELPERS = {
  scope: {
    configuration: new Map([
      ['expected', json('{"a": 1}')],
      ['p', '^a'],
    ]) as PyDict,
    secrets: new Map() as PyDict,
  },
  probe: async (_tolerance: PyDict, value: PyValue) => value === true,
  search: async () => true,
}

const within = (tolerance: string, output: string) => withinTolerance(json(tolerance), json(output), HELPERS)

describe('withinTolerance()', () => {
  test.each([
    // By the type of the tolerance, with Python's idea of equality.
    ['true', '1', true],
    ['1', 'true', true],
    ['1', '1.0', true],
    ['"a"', '"a"', true],
    ['"0"', '{"status": "0"}', false],
    ['200', '{"status": 200}', true],
    ['200', '{"code": 200}', false],
    ['1.5', '1.5', false],
    ['null', 'null', false],
    // A list of two is a range, but codes where the output has a status.
    ['[200, 299]', '{"status": 250}', false],
    ['[200, 299]', '{"status": 299}', true],
    ['[1, 5]', '5', true],
    ['[1, 5]', '6', false],
    ['["fine", "ok"]', '"go"', true],
    ['[1]', '1', true],
    ['[]', '1', false],
    ['{"type": "range", "range": [1, 5]}', '"3"', true],
    ['{"type": "range", "range": [1, 5]}', 'true', true],
    ['{"type": "range", "range": [1, 5]}', '"x"', false],
    ['{"type": "range", "range": [0.1, 0.3], "target": "v"}', '{"v": 0.2}', true],
    ['{"type": "range", "range": [0.1, 9]}', '"0.1"', false],
    ['{"type": "regex", "pattern": "^a"}', '"ba"', false],
    ['{"type": "regex", "pattern": "${p}"}', '"ab"', true],
    ['{"type": "regex", "pattern": "a", "target": "body"}', '{"body": "ba"}', true],
    ['{"type": "regex", "pattern": "(?>a)"}', '"b"', true],
    ['{"type": "jsonpath", "path": "$.a"}', '"{\\"a\\": 1}"', true],
    ['{"type": "jsonpath", "path": "$.a", "count": 2}', '{"a": 1}', false],
    ['{"type": "jsonpath", "path": "$.a", "count": 9, "expect": 1}', '{"a": 1}', true],
    ['{"type": "jsonpath", "path": "$.a[*]", "expect": [1, 2]}', '{"a": [1, 2]}', true],
    ['{"type": "jsonpath", "path": "$.a[*]", "expect": [2, 1]}', '{"a": [1, 2]}', false],
    ['{"type": "jsonpath", "path": "$..a", "target": "a"}', '{"a": null}', false],
    ['{"type": "jsonpath", "path": "$..a", "target": "b"}', '{"a": null}', true],
    ['{"type": "probe"}', 'true', true],
    // Substitution may make it a dict, which without a type allows nothing.
    ['"${expected}"', '{"a": 1}', false],
  ])('%s allows %s: %s', async (tolerance, output, isMet) => {
    expect(await within(tolerance, output)).toBe(isMet)
  })

  test.each([
    ['[1, 5]', 'null', "'<=' not supported between instances of 'int' and 'NoneType'"],
    ['{"type": "range", "range": [1, 5]}', 'null', 'conversion from NoneType to Decimal is not supported'],
    ['{"type": "range", "range": [1, 5]}', '[1]', 'argument must be a sequence of length 3'],
    ['{"type": "regex", "pattern": "a"}', '5', "expected string or bytes-like object, got 'int'"],
    [
      '{"type": "regex", "pattern": "a", "target": "a"}',
      '{"a": null}',
      "expected string or bytes-like object, got 'NoneType'",
    ],
  ])('%s raises over %s as Python does: %s', async (tolerance, output, message) => {
    await expect(within(tolerance, output)).rejects.toThrow(message)
  })

  test('gives a verdict or raises as Python does, whatever the two are', async () => {
    await fc.assert(
      fc.asyncProperty(arbitraryValue, arbitraryValue, async (tolerance, output) => {
        try {
          expect(await withinTolerance(tolerance, output, HELPERS)).toBeTypeOf('boolean')
        } catch (error) {
          expect(error).toBeInstanceOf(PythonError)
        }
      }),
    )
  })
})

describe('toleranceMessage()', () => {
  test.each([
    ['1.5', 'hypothesis probe tolerance must either be an integer, a string, a boolean or a pair'],
    ['{"type": "weird"}', "hypothesis probe tolerance type 'weird' is unsupported"],
    ['{"type": "regex"}', 'hypothesis regex probe tolerance must have a `pattern` key'],
    ['{"type": "regex", "pattern": "("}', 'pattern ( seems invalid: missing ), unterminated subpattern'],
    ['{"type": "jsonpath", "path": " "}', 'hypothesis probe tolerance JSON path cannot be empty'],
    ['{"type": "jsonpath", "path": "foo["}', 'hypothesis probe tolerance JSON path foo[ is invalid'],
    ['{"type": "range", "range": [1]}', 'hypothesis range sequence must be made of two values'],
    ['{"type": "range", "range": ["1", 2]}', 'hypothesis range lower boundary must be a number'],
  ])('%s: %s', (tolerance, message) => {
    expect(toleranceMessage(json(tolerance))).toContain(message)
  })

  test.each(['true', '0', '"x"', '[]', '{"type": "probe"}', '{"type": "regex", "pattern": "a"}'])(
    '%s is valid',
    (tolerance) => {
      expect(toleranceMessage(json(tolerance))).toBeUndefined()
    },
  )
})
