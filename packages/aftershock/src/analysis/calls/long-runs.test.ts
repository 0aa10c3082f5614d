import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// Of a sample of traces too few failures are left for a burst; what a breaker then rejects tells of it all the same.

const good = (pod: number): string => `
web#${pod} POST /buy                0-60ms  http=200
  web#${pod}>stock GET /stock      10-50ms  http=200
    stock GET /stock         11-49ms  http=200
`
const refused = (pod: number): string => `
web#${pod} POST /buy                0-12ms  http=503
  web#${pod}>stock GET /stock      10-11ms  error type=ECONNREFUSED
`
const rejected = (pod: number): string => `
web#${pod} POST /buy                 0-9ms  http=503
`

function breakerIn(...chaos: readonly string[]): unknown {
  const calm = [`@ +1s ×70 every 800ms${good(0)}`, `@ +1.4s ×70 every 800ms${good(1)}`]
  const windows = drawnWindows('stock', { kind: 'PodChaos', action: 'pod-kill' })
  const { impact, mechanisms } = analyse({ table: tableOf([...calm, ...chaos].join('\n')), windows })
  const { failed, attributedFailed } = impact.find((i) => i.phase === 'chaos') ?? {}
  return {
    failed: [failed, attributedFailed],
    rejected: mechanisms.filter((m) => m.kind === 'circuit-breaker').map((m) => m.count),
  }
}

const others = `@ +61.1s ×30 every 2s${good(1)}`

describe('requests that fail one after the other without a call, after so few failures of it', () => {
  test('are rejected by a breaker where these were the last two calls', () => {
    const chaos = [`@ +60.1s ×2 every 300ms${refused(0)}`, `@ +61s ×40 every 1s${rejected(0)}`, others]
    expect(breakerIn(...chaos)).toEqual({ failed: [42, 42], rejected: [40] })
  })

  test('are rejected after one, where another instance has that breaker', () => {
    const other = [`@ +60.1s ×5 every 100ms${refused(1)}`, `@ +61s ×40 every 1s${rejected(1)}`]
    const chaos = [`@ +60.2s ×1${refused(0)}`, `@ +61.5s ×40 every 1s${rejected(0)}`]
    expect(breakerIn(...other, ...chaos)).toEqual({ failed: [86, 86], rejected: [80] })
  })

  test('are refused by a service that is full where they fail before anything is done', () => {
    const full = rejected(0).replace('0-9ms', '0-1ms')
    const chaos = [`@ +60.1s ×2 every 300ms${refused(0)}`, `@ +61s ×40 every 1s${full}`, others]
    expect(breakerIn(...chaos)).toMatchObject({ rejected: [] })
  })

  test('failed by themselves where the call before them was good', () => {
    const chaos = [
      `@ +60.1s ×2 every 300ms${refused(0)}`,
      `@ +60.9s ×1${good(0)}`,
      `@ +61s ×40 every 1s${rejected(0)}`,
      others,
    ]
    expect(breakerIn(...chaos)).toMatchObject({ rejected: [] })
  })
})
