import { describe, expect, test } from 'vitest'
import { analyse } from './analyse.ts'
import { DRAWN_KINDS } from './test-support/drawn-kinds.ts'
import { caseOf } from './test-support/truth.ts'

// Kinds of which nobody keeps cases: room, hedges, retries at several tiers, what stays bad. Their numbers are drawn.

describe.each(Object.entries(DRAWN_KINDS))('%s', (kind, worldOf) => {
  test.each([1001, 1002])('is told with what did happen, and nothing else (world %i)', (seed) => {
    const world = worldOf(seed)
    const { table, windows, truth } = caseOf(world, seed)
    const { mechanisms, recovery } = analyse({ table, windows, options: { sham: 'skip' } })
    const told = mechanisms.filter((m) => m.verdict !== 'absent')
    const keyOf = (m: (typeof told)[number]): string => `${m.kind} ${m.caller}>${m.callee}`
    const sure = [...truth.mechanisms].filter(([, n]) => n >= 8)
    expect(sure.map(([key]) => key).filter((key) => !told.some((m) => keyOf(m) === key))).toEqual([])
    for (const one of told) {
      const real = truth.mechanisms.get(keyOf(one)) ?? 0
      expect(Math.abs(one.count - real), keyOf(one)).toBeLessThanOrEqual(Math.max(1, 0.1 * real))
    }
    expect(recovery.metastable).toBe(kind === 'stays bad when the fault is gone')
  })
})
