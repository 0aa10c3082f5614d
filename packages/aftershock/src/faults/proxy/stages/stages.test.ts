import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../model/random.ts'
import { latency } from '../test-support/tcp.ts'
import { bandwidthShaper } from './bandwidth.ts'
import { chance, crandom, percentToU32 } from './crandom.ts'
import { duplicateShaper } from './duplicate.ts'
import { effectiveRatePercent } from './effective-rate.ts'
import { latencyShaper } from './latency.ts'
import { lossShaper } from './loss.ts'
import { partitionShaper } from './partition.ts'
import { rateShaper } from './rate.ts'

const U32 = 2 ** 32

function draws(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function variance(values: readonly number[]): number {
  const middle = mean(values)
  return mean(values.map((value) => (value - middle) ** 2))
}

describe('crandom()', () => {
  test('is netem`s u32 arithmetic to the last bit', () => {
    for (const correlationPercent of [0.001, 25, 50, 99.9, 100]) {
      const rho = BigInt(percentToU32(correlationPercent)) + 1n
      const fresh = seededRandom(3)
      const u32 = (): bigint => BigInt(Math.floor(fresh() * U32))
      let last = u32()
      const ours = crandom(seededRandom(3), correlationPercent)
      for (let i = 0; i < 2000; i++) {
        last = (u32() * ((1n << 32n) - rho) + last * rho) >> 32n
        expect(ours()).toBe(Number(last))
      }
    }
  })

  test('has the mean and variance of AR(1): 1/2 and (1/12)(1−ρ)/(1+ρ)', () => {
    for (const [correlationPercent, rho] of [
      [0, 0],
      [25, 0.25],
      [75, 0.75],
    ] as const) {
      const next = crandom(seededRandom(11), correlationPercent)
      const values = draws(200_000, () => next() / U32)
      expect(mean(values)).toBeCloseTo(0.5, 2)
      expect(variance(values) * 12).toBeCloseTo((1 - rho) / (1 + rho), 2)
    }
  })

  test('stays at its first value with a correlation of 100 %', () => {
    const next = crandom(seededRandom(5), 100)
    expect(new Set(draws(100, next)).size).toBe(1)
  })
})

describe('effectiveRatePercent()', () => {
  // chaosmesh.md 3.2: 4·10⁷ draws of netem's algorithm.
  test.each([
    [1, 25, 0],
    [5, 25, 0.193],
    [10, 25, 1.75],
    [10, 50, 0.11],
    [25, 0, 25],
    [25, 25, 16.7],
    [25, 50, 6.9],
    [25, 75, 0.8],
    [25, 90, 0.002],
    [40, 75, 18.8],
    [40, 90, 6.6],
    [50, 90, 50],
    [75, 25, 83.3],
    [75, 75, 99.2],
    [75, 90, 99.998],
    [100, 25, 100],
    [0, 50, 0],
  ])('of %s percent at a correlation of %s is %s', (percent, correlationPercent, effective) => {
    expect(Math.abs(effectiveRatePercent(percent, correlationPercent) - effective)).toBeLessThan(0.06)
  })

  test('agrees with what chance() really does', () => {
    const happens = chance(seededRandom(2), 40, 75)
    const count = draws(400_000, () => (happens() ? 1 : 0))
    expect(Math.abs(mean(count) * 100 - effectiveRatePercent(40, 75))).toBeLessThan(0.7)
  })
})

describe('latencyShaper()', () => {
  test('draws uniformly from [latency − jitter, latency + jitter)', () => {
    const shaper = latencyShaper({ ...spec(100, 20) }, seededRandom(1))
    const late = draws(100_000, () => shaper.dueMs(1, 1000, 0) - 1000)
    expect(Math.min(...late.slice(0, 50_000))).toBeGreaterThanOrEqual(80)
    expect(Math.max(...late.slice(0, 50_000))).toBeLessThan(120)
    expect(mean(late)).toBeCloseTo(100, 0)
    // Uniform of width 2σ: variance σ²/3.
    expect(variance(late) / (20 ** 2 / 3)).toBeCloseTo(1, 1)
    const quarters = [80, 90, 100, 110].map(
      (from) => late.filter((ms) => ms >= from && ms < from + 10).length,
    )
    for (const quarter of quarters) expect(Math.abs(quarter / 25_000 - 1)).toBeLessThan(0.03)
  })

  test('keeps to its range where the kernel overflows, and never sends before arrival', () => {
    const wide = latencyShaper(spec(3000, 2500), seededRandom(1))
    const late = draws(50_000, () => wide.dueMs(1, 0, 0))
    expect(Math.min(...late)).toBeLessThan(520)
    expect(Math.max(...late)).toBeGreaterThan(5480)
    const early = latencyShaper(spec(1, 10), seededRandom(1))
    expect(Math.min(...draws(1000, () => early.dueMs(1, 50, 0)))).toBe(50)
  })

  test('without jitter ignores correlation, as tc does', () => {
    const shaper = latencyShaper({ ...spec(10, 0), correlationPercent: 100 }, seededRandom(1))
    expect(draws(3, () => shaper.dueMs(1, 5, 0))).toEqual([15, 15, 15])
  })

  test('sends a reordered chunk at once: P of them, or each gap-th', () => {
    const reorder = { reorderPercent: 25, correlationPercent: 0, gap: 0 }
    const some = latencyShaper({ ...spec(10, 0), reorder }, seededRandom(9))
    const atOnce = draws(100_000, () => (some.dueMs(1, 0, 0) === 0 ? 1 : 0))
    expect(mean(atOnce)).toBeCloseTo(0.25, 2)
    const every = latencyShaper(
      { ...spec(10, 0), reorder: { ...reorder, reorderPercent: 100, gap: 5 } },
      Math.random,
    )
    expect(draws(10, () => every.dueMs(1, 0, 0))).toEqual([10, 10, 10, 10, 0, 10, 10, 10, 10, 0])
  })

  test('charges the handshake only when it is modelled', () => {
    expect(latencyShaper(latency(10) as never, Math.random).connectDelayMs()).toBe(0)
    expect(latencyShaper(latency(10, { handshake: true }) as never, Math.random).connectDelayMs()).toBe(10)
  })

  function spec(latencyMs: number, jitterMs: number) {
    return {
      kind: 'latency',
      latencyMs,
      jitterMs,
      correlationPercent: 0,
      handshake: false,
      reorder: undefined,
    } as const
  }
})

describe('lossShaper()', () => {
  const spec = (lossPercent: number, correlationPercent = 0) =>
    ({ kind: 'loss', lossPercent, correlationPercent, cause: 'loss' }) as const

  test('makes a lost last segment late by 200 ms doubled for each copy lost: Σ RTO·2^i', () => {
    const shaper = lossShaper(spec(10), seededRandom(4), () => 0)
    const late = draws(100_000, () => shaper.dueMs(1448, 0, 0))
    const share = (ms: number): number => late.filter((one) => one === ms).length / late.length
    expect(share(0)).toBeCloseTo(0.9, 2)
    expect(share(200)).toBeCloseTo(0.09, 2)
    expect(share(600) * 10).toBeCloseTo(0.09, 1)
    expect(share(1400) * 100).toBeCloseTo(0.09, 1)
    expect(share(0) + share(200) + share(600) + share(1400) + share(3000) + share(6200)).toBeCloseTo(1, 4)
  })

  test('repairs a segment in the middle of a burst within a round trip', () => {
    const shaper = lossShaper(spec(10), seededRandom(4), () => 40)
    const late = draws(50_000, () => shaper.dueMs(1448, 0, 10))
    expect([...new Set(late)].sort((a, b) => a - b).slice(0, 3)).toEqual([0, 40, 280])
  })

  test('loses SYNs: 1, 3, 7 s', () => {
    const shaper = lossShaper(spec(50), seededRandom(4), () => 0)
    const late = draws(50_000, () => shaper.connectDelayMs())
    for (const [i, ms] of [0, 1000, 3000, 7000].entries()) {
      expect(late.filter((one) => one === ms).length / late.length).toBeCloseTo(0.5 ** (i + 1), 2)
    }
  })

  test('loses the effective share when correlated', () => {
    const shaper = lossShaper(spec(25, 25), seededRandom(4), () => 0)
    // Each copy of a segment is a draw: 200 ms mean one lost copy, 600 ms two, 1400 ms three.
    const lostCopies = draws(200_000, () => Math.log2(shaper.dueMs(1, 0, 0) / 200 + 1))
    const lost = lostCopies.reduce((sum, copies) => sum + copies, 0)
    const percent = (100 * lost) / (lost + lostCopies.length)
    expect(Math.abs(percent - effectiveRatePercent(25, 25))).toBeLessThan(0.3)
  })

  test('of 100 % is a black hole', () => {
    const shaper = lossShaper(spec(100), seededRandom(4), () => 0)
    expect(shaper.dueMs(1, 0, 0)).toBe(Number.POSITIVE_INFINITY)
    expect(shaper.connectDelayMs()).toBe(Number.POSITIVE_INFINITY)
  })
})

test('duplicateShaper() delays nothing and counts its share', () => {
  const shaper = duplicateShaper(
    { kind: 'duplicate', duplicatePercent: 30, correlationPercent: 0 },
    seededRandom(8),
  )
  const counted = draws(50_000, () => {
    shaper.dueMs(1448, 12, 0)
    return shaper.touchedUnseen?.() ? 1 : 0
  })
  expect(mean(counted)).toBeCloseTo(0.3, 2)
  expect(shaper.dueMs(1448, 12, 0)).toBe(12)
})

test('rateShaper() takes 1/R for each byte, after those before it', () => {
  const shaper = rateShaper({ kind: 'rate', bytesPerSecond: 1000 })
  expect(shaper.dueMs(100, 0, 0)).toBe(100)
  expect(shaper.dueMs(100, 10, 0)).toBe(200)
  expect(shaper.dueMs(100, 5000, 0)).toBe(5100)
})

test('bandwidthShaper() passes a burst of its buffer, then the rate', () => {
  const shaper = bandwidthShaper({
    kind: 'bandwidth',
    bytesPerSecond: 1000,
    bufferBytes: 300,
    limitBytes: 500,
  })
  expect(draws(3, () => shaper.dueMs(100, 0, 0))).toEqual([0, 0, 0])
  expect(shaper.dueMs(100, 0, 0)).toBe(100)
  expect(shaper.dueMs(50, 100, 0)).toBe(150)
  // Idle for long: the bucket is full again, and no fuller.
  expect(draws(4, () => shaper.dueMs(100, 10_000, 0))).toEqual([10_000, 10_000, 10_000, 10_100])
  expect(shaper.heldBytesMax).toBe(500)
})

test('partitionShaper() lets nothing go', () => {
  expect(partitionShaper().dueMs(1, 0, 0)).toBe(Number.POSITIVE_INFINITY)
})
