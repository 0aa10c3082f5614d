import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseGoFloat32, parseGoInt, parseGoUint } from './go-numbers.ts'
import { isMachineSize, parseHumanSize, parseMemorySize, parseTcRate } from './units.ts'

const read = <T>(number: { ok: true; value: T } | { ok: false; error: string }) =>
  number.ok ? number.value : number.error

test('parseTcRate() tells bits from bytes', () => {
  expect(read(parseTcRate('8bit'))).toBe(1)
  expect(read(parseTcRate('1mbit'))).toBe(125_000)
  expect(read(parseTcRate('1mbps'))).toBe(1_000_000)
  expect(read(parseTcRate(' 10 Kbps '))).toBe(10_000)
  expect(read(parseTcRate('1mb'))).toBe('invalid unit')
  expect(read(parseTcRate('1.5mbit'))).toBe('strconv.ParseUint: parsing "1.5": invalid syntax')
  expect(read(parseTcRate('-1mbit'))).toBe('strconv.ParseUint: parsing "-1": invalid syntax')
})

test('parseMemorySize() reads bytes and shares', () => {
  expect(read(parseMemorySize('256MB'))).toEqual({ bytes: 256_000_000 })
  expect(read(parseMemorySize('1.5 GiB'))).toEqual({ bytes: 1_500_000_000 })
  expect(read(parseMemorySize('32'))).toEqual({ bytes: 32 })
  expect(read(parseMemorySize('25%'))).toEqual({ share: 0.25 })
  expect(read(parseMemorySize('101%'))).toBe('illegal proportion')
  expect(read(parseMemorySize('abc'))).toBe("invalid size: 'abc'")
  expect(read(parseHumanSize('1XB'))).toBe("invalid suffix: 'XB'")
})

test('isMachineSize() knows the units of chaosd', () => {
  for (const size of ['123MB', '1GiB', '10M', '5c', '1.5KB'])
    expect([size, isMachineSize(size)]).toEqual([size, true])
  for (const size of ['10X', '', '123HB', '10', '0', '100E', '1K1MB'])
    expect([size, isMachineSize(size)]).toEqual([size, false])
})

test("numbers are strconv's", () => {
  expect(read(parseGoFloat32('25%'))).toBe('strconv.ParseFloat: parsing "25%": invalid syntax')
  expect(read(parseGoFloat32('1e39'))).toBe('strconv.ParseFloat: parsing "1e39": value out of range')
  expect(read(parseGoFloat32('0x1p-2'))).toBe(0.25)
  expect(read(parseGoFloat32('1_0'))).toBe(10)
  expect(read(parseGoFloat32('1__0'))).toMatch('invalid syntax')
  expect(read(parseGoFloat32('1e-50'))).toBe(0)
  expect(read(parseGoFloat32('-Inf'))).toBe(Number.NEGATIVE_INFINITY)
  expect(read(parseGoInt('1.0'))).toBe('strconv.Atoi: parsing "1.0": invalid syntax')
  expect(read(parseGoUint('18446744073709551616'))).toMatch('value out of range')
})

test('units never throw, whatever the text', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      parseTcRate(text)
      parseMemorySize(text)
      parseGoFloat32(text)
      isMachineSize(text)
    }),
  )
})
