import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

const WINDOWS = drawnWindows('tax', { kind: 'NetworkChaos', action: 'partition' })
const GOOD = `
tax GET /tax           0-60ms  http=200
  tax>coupon GET /c   10-20ms  http=200
    coupon GET /c     11-19ms  http=200
  tax>rates GET /r    30-40ms  http=200
    rates GET /r      31-39ms  http=200
`

function fallbacksOf(broken: string): readonly string[] {
  const { mechanisms } = analyse({
    table: tableOf(`@ +1s ×60 every 900ms${GOOD}\n@ +61s ×50 every 1s${broken}`),
    windows: WINDOWS,
  })
  return mechanisms
    .filter((m) => m.kind === 'fallback' && m.verdict !== 'absent')
    .map((m) => `${m.caller}>${m.callee} ${m.count}`)
}

describe('a request that goes on without a call', () => {
  test('has a fallback for it, even if it fails with a later one', () => {
    const broken = `
tax GET /tax           0-530ms  http=504
  tax>coupon GET /c   10-260ms  timeout
  tax>rates GET /r   270-520ms  timeout
`
    expect(fallbacksOf(broken)).toEqual(['tax>coupon 50'])
  })

  test('has none for calls that run side by side and fail together', () => {
    const broken = `
tax GET /tax           0-280ms  http=504
  tax>coupon GET /c   10-260ms  timeout
  tax>rates GET /r    10-270ms  timeout
`
    expect(fallbacksOf(broken)).toEqual([])
  })

  test('has none for a call that was tried again, whatever became of the span of the next attempt', () => {
    const again = (lost: string): string => `
tax GET /tax             0-330ms  http=200
  tax>coupon GET /c     10-260ms  timeout
  tax>coupon GET /c    280-290ms  http=200 ${lost}
    coupon GET /c      281-289ms  http=200
  tax>rates GET /r     300-310ms  http=200
    rates GET /r       301-309ms  http=200
`
    expect([fallbacksOf(again('')), fallbacksOf(again('lost'))]).toEqual([[], []])
  })

  test('has none for a call after which it only tidied up', () => {
    const broken = `
tax GET /tax           0-300ms  http=504
  tax>coupon GET /c   10-260ms  timeout
  tax>rates GET /r   270-280ms  http=200
`
    expect(fallbacksOf(broken)).toEqual([])
  })

  test('has one for it where a breaker kept it from a later call', () => {
    const broken = `
tax GET /tax           0-280ms  http=503 exception="Error:Breaker to rates is open"
  tax>coupon GET /c   10-260ms  timeout
`
    expect(fallbacksOf(broken)).toEqual(['tax>coupon 50'])
  })

  test('has one for an item of a loop after which it took the next, and failed with that', () => {
    const item = (fromMs: number, how: string): string =>
      `  tax>rates GET /r  ${fromMs}-${fromMs + 10}ms  ${how}\n`
    const loop = (...how: readonly string[]): string =>
      `\ntax GET /tax  0-80ms  http=${how.includes('http=500') ? 503 : 200}\n${how.map((h, i) => item(10 + i * 11, h)).join('')}`
    const good = loop('http=200', 'http=200')
    const { mechanisms } = analyse({
      table: tableOf(`@ +1s ×60 every 900ms${good}\n@ +61s ×50 every 1s${loop('http=500', 'http=500')}`),
      windows: WINDOWS,
    })
    expect(mechanisms.filter((m) => m.kind === 'fallback').map((m) => m.count)).toEqual([50])
    expect(mechanisms.filter((m) => m.kind === 'retry')).toEqual([])
  })
})
