import fc from 'fast-check'
import { readJson } from './json-read.ts'
import type { PyKey, PyValue } from './values.ts'

/** Any value that JSON can say, whole numbers of any size and floats among them. */
export const arbitraryValue: fc.Arbitrary<PyValue> = fc.letrec<{ value: PyValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    fc.constant(null),
    fc.boolean(),
    fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }),
    fc.double({ noNaN: true }),
    fc.string({ unit: 'grapheme' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.string() as fc.Arbitrary<PyKey>, tie('value')), { maxLength: 4 })
      .map((pairs) => new Map<PyKey, PyValue>(pairs)),
  ),
})).value

/** A value written as JSON, for tests that show what they mean. */
export function json(text: string): PyValue {
  return readJson(text)
}
