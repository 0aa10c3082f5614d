import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cronError, everyMs } from './cron.ts'

test('cronError() takes what robfig/cron takes', () => {
  const good = [
    '* * * * *',
    '*/5 0-23/2 1,15 jan-mar MON-FRI',
    '0 30 9 ? * 1',
    '@hourly',
    '@every 1h30m',
    'CRON_TZ=Europe/Berlin 0 6 * * ?',
    'TZ=UTC @daily',
    '5/15 * * * *',
  ]
  for (const cron of good) expect([cron, cronError(cron)]).toEqual([cron, undefined])
})

test('cronError() says what is wrong with the others', () => {
  expect(cronError('')).toBe('empty spec string')
  expect(cronError('* * * *')).toBe('expected 5 to 6 fields, found 4: [* * * *]')
  expect(cronError('60 * * * *')).toBe('end of range (60) above maximum (59): 60')
  expect(cronError('* * 0 * *')).toBe('beginning of range (0) below minimum (1): 0')
  expect(cronError('30-10 * * * *')).toBe('beginning of range (30) beyond end of range (10): 30-10')
  expect(cronError('*/0 * * * *')).toBe('step of range should be a positive number: */0')
  expect(cronError('1/2/3 * * * *')).toBe('too many slashes: 1/2/3')
  expect(cronError('* * * foo *')).toBe(
    'failed to parse int from foo: strconv.Atoi: parsing "foo": invalid syntax',
  )
  expect(cronError('@often')).toBe('unrecognized descriptor: @often')
  expect(cronError('@every 5')).toBe('failed to parse duration @every 5: time: missing unit in duration "5"')
  expect(cronError('TZ=Mars/Base * * * * *')).toMatch('provided bad location Mars/Base')
})

test('cronError() never throws, whatever the text', () => {
  const piece = fc.constantFrom('*', '/', '-', ',', '5', '61', ' ', 'mon', '@every ', '?', 'TZ=UTC ')
  fc.assert(fc.property(fc.array(piece), (pieces) => cronError(pieces.join('')) !== null))
})

test('everyMs() gives the period of @every, at least a second', () => {
  expect(everyMs('@every 10m')).toBe(600_000)
  expect(everyMs('@every 0s')).toBe(1000)
  expect(everyMs('@daily')).toBeUndefined()
})
