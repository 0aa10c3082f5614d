import { expect, test } from 'vitest'
import {
  bytesText,
  countOf,
  countText,
  durationText,
  percentBesideLimit,
  percentText,
  timeText,
} from './numbers.ts'

test('durationText() keeps three digits and picks the unit', () => {
  const said = [0, 0.34, 2.84, 98.2, 999.6, 1404, 11_800, 12_000, 184_000, 5_400_000, null].map(durationText)
  expect(said).toEqual([
    '0 ms',
    '340 µs',
    '2.8 ms',
    '98 ms',
    '1.00 s',
    '1.40 s',
    '11.8 s',
    '12 s',
    '3 m 04 s',
    '1 h 30 m',
    '–',
  ])
})

test('percentText() never rounds something to nothing, nor nearly all to all', () => {
  const said = [0, 0.0004, 0.07, 0.41, 0.994, 261 / 262, 0.9996, 1].map(percentText)
  expect(said).toEqual(['0 %', '< 0.1 %', '7.0 %', '41 %', '99 %', '99.6 %', '> 99.9 %', '100 %'])
})

test('percentBesideLimit() tells a share from the limit that it is judged by', () => {
  const said = [0, 0.000001, 0.00042, 0.0099, 0.01, 0.00996, 0.412, 0.9996, 0.9999999, 1]
  expect(said.map((share) => percentBesideLimit(share, 0.01))).toEqual([
    '0 %',
    '< 0.001 %',
    '0.04 %',
    '0.99 %',
    '1 %',
    '0.996 %',
    '41.2 %',
    '99.96 %',
    '> 99.999 %',
    '100 %',
  ])
})

test('countText() groups thousands, countOf() knows one from many', () => {
  expect([1_244_000, 999, null].map(countText)).toEqual(['1,244,000', '999', '–'])
  expect([countOf(1, 'checkouts'), countOf(492, 'checkouts')]).toEqual(['1 checkout', '492 checkouts'])
  expect([countOf(1, 'calls to orders'), countOf(2, 'calls to orders')]).toEqual([
    '1 call to orders',
    '2 calls to orders',
  ])
})

test('bytesText() and timeText() read as people write', () => {
  expect([bytesText(412_000), bytesText(1_000_000)]).toEqual(['412 KB', '1.0 MB'])
  expect(timeText('2026-11-21T03:02:10.123Z')).toBe('2026-11-21 03:02:10 UTC')
})
