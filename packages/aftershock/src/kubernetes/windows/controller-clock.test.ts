import { expect, test } from 'vitest'
import { controllerClock, earliestOurs, latestOurs } from './controller-clock.ts'

const MS = 1_000_000n

/** Deliveries that took so long, from a controller so far ahead. */
const samples = (aheadMs: number, latenciesMs: readonly number[]) =>
  latenciesMs.map((latencyMs, i) => ({
    emittedNs: BigInt(1000 + i + aheadMs) * MS,
    seenNs: BigInt(1000 + i + latencyMs) * MS,
  }))

test('clocks that may agree are taken to agree', () => {
  const clock = controllerClock(samples(0, [4, 30, 120]))
  expect([clock.aheadNsMin, clock.aheadNsMax]).toEqual([0n, 0n])
  expect(clock.watchLatencyNsMax).toBe(240n * MS)
})

test('an event seen before it was emitted proves that the controller is ahead', () => {
  const clock = controllerClock(samples(5000, [4]))
  expect(clock.aheadNsMin).toBe(4996n * MS)
  expect(clock.aheadNsMax).toBe(5246n * MS)
  expect(latestOurs(clock, 6000n * MS)).toBe(1004n * MS)
  expect(earliestOurs(clock, 6000n * MS)).toBe(754n * MS)
})

test('three events that all come seconds late prove that it is behind', () => {
  const clock = controllerClock(samples(-3000, [4, 30, 60]))
  expect(clock.aheadNsMax).toBe(-2754n * MS)
  expect(clock.aheadNsMin).toBe(-3004n * MS)
})

test('one late event may be late, or the controller behind: both stay possible', () => {
  const clock = controllerClock(samples(-3000, [4]))
  expect([clock.aheadNsMin, clock.aheadNsMax]).toEqual([-3004n * MS, 0n])
})
