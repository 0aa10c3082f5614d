import fc from 'fast-check'
import { expect, test } from 'vitest'
import { goDurationMs, parseGoDuration } from './go-duration.ts'

const nsOf = (text: string) => {
  const duration = parseGoDuration(text)
  return duration.ok ? duration.ns : duration.error
}

test('parseGoDuration() reads what Go reads', () => {
  expect(nsOf('0')).toBe(0n)
  expect(nsOf('5s')).toBe(5_000_000_000n)
  expect(nsOf('-1.5h')).toBe(-5_400_000_000_000n)
  expect(nsOf('2h45m')).toBe(9_900_000_000_000n)
  expect(nsOf('.5s')).toBe(500_000_000n)
  expect(nsOf('1.s')).toBe(1_000_000_000n)
  expect(nsOf('12µs')).toBe(12_000n)
  expect(nsOf('12μs')).toBe(12_000n)
  expect(nsOf('+5.004s')).toBe(5_004_000_000n)
  expect(nsOf('0.3333333333333333333h')).toBe(1_200_000_000_000n)
  expect(nsOf('9223372036854775807ns')).toBe(9_223_372_036_854_775_807n)
  expect(nsOf('-9223372036854775808ns')).toBe(-9_223_372_036_854_775_808n)
  expect(nsOf('0.100000000000000000000h')).toBe(360_000_000_000n)
})

test("parseGoDuration() refuses in Go's own words", () => {
  expect(nsOf('')).toBe('time: invalid duration ""')
  expect(nsOf('3')).toBe('time: missing unit in duration "3"')
  expect(nsOf('1d')).toBe('time: unknown unit "d" in duration "1d"')
  expect(nsOf('-')).toBe('time: invalid duration "-"')
  expect(nsOf('.')).toBe('time: invalid duration "."')
  expect(nsOf('.s')).toBe('time: invalid duration ".s"')
  expect(nsOf('1 s')).toBe('time: unknown unit " s" in duration "1 s"')
  expect(nsOf('3000000h')).toBe('time: invalid duration "3000000h"')
  expect(nsOf('9223372036854775808ns')).toBe('time: invalid duration "9223372036854775808ns"')
  expect(nsOf('1é')).toBe('time: unknown unit "\\xc3\\xa9" in duration "1\\xc3\\xa9"')
  expect(nsOf('"')).toBe('time: invalid duration "\\""')
})

test('parseGoDuration() never throws, whatever the text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => typeof parseGoDuration(text).ok === 'boolean'),
  )
})

test('goDurationMs() adds the parts up, whatever their order', () => {
  fc.assert(
    fc.property(fc.nat(1000), fc.nat(59), fc.nat(59), fc.nat(999), (h, m, s, ms) => {
      expect(goDurationMs(`${ms}ms${s}s${m}m${h}h`)).toBe(((h * 60 + m) * 60 + s) * 1000 + ms)
    }),
  )
})
