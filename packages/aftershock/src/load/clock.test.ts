import { expect, test } from 'vitest'
import { epochNsOf, monotonicMs, monotonicMsOf, nowNs } from './clock.ts'

test('the clock is the epoch, never goes back, and maps both ways', () => {
  expect(Math.abs(Number(nowNs() / 1_000_000n) - Date.now())).toBeLessThan(1_000)
  let before = nowNs()
  for (let i = 0; i < 10_000; i++) {
    const now = nowNs()
    expect(now >= before).toBe(true)
    before = now
  }
  const atMs = monotonicMs()
  expect(monotonicMsOf(epochNsOf(atMs))).toBeCloseTo(atMs, 5)
})
