import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commandText, withSeed } from './command-text.ts'

test('commandText() leaves plain words as they are and quotes the others', () => {
  expect(commandText(['run', 'chaos/x.yaml', '--seed', '42'])).toBe('aftershock run chaos/x.yaml --seed 42')
  expect(commandText(['run', '--guard', 'errors > 50% for 10s'])).toBe(
    "aftershock run --guard 'errors > 50% for 10s'",
  )
})

test('commandText() is read by a shell as the same arguments, whatever they are', () => {
  const text = fc
    .string({ unit: 'grapheme' })
    .filter((one) => !one.includes('\0') && !/[\ud800-\udfff]/u.test(one))
  fc.assert(
    fc.property(fc.array(text, { maxLength: 5 }), (argv) => {
      const script = `aftershock() { for one in "$@"; do printf '%s\\0' "$one"; done; }\n${commandText(argv)}`
      const { stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
      expect(stdout.split('\0').slice(0, -1)).toEqual(argv)
    }),
    { numRuns: 40 },
  )
})

test('withSeed() adds the seed that was drawn, unless one was given', () => {
  expect(withSeed('aftershock run x.yaml', 7)).toBe('aftershock run x.yaml --seed 7')
  expect(withSeed('aftershock run x.yaml --seed 9', 7)).toBe('aftershock run x.yaml --seed 9')
  expect(withSeed('aftershock run --seed=9 x.yaml', 7)).toBe('aftershock run --seed=9 x.yaml')
})
