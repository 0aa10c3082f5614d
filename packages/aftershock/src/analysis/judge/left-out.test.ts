import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse, type Findings } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// Who goes on without a call that failed often leaves out those that would have come after it. Without the fault it
// would have made them, and taken as long as its like.

const WINDOWS = drawnWindows('pay', { kind: 'NetworkChaos', action: 'delay' })
const items = `
order POST /order     0-200ms  http=200
  order>pay PUT /item   5-65ms  http=200
    pay PUT /item       6-64ms  http=200
  order>pay PUT /item  68-128ms http=200
    pay PUT /item      69-127ms http=200
  order>pay PUT /item 131-191ms http=200
    pay PUT /item     132-190ms http=200
`
/** The first call is given up, and with it the rest. */
const cutShort = (op: string, limitMs: number): string => `
order POST /order     0-${15 + limitMs}ms  http=200
  order>pay ${op}   5-${5 + limitMs}ms  timeout
    pay ${op}       6-${105 + limitMs}ms  http=200
`
const broken = (limitMs: number): string => cutShort('PUT /item', limitMs)
const inTurn = `
order POST /order     0-200ms  http=200
  order>pay PUT /hold   5-65ms  http=200
    pay PUT /hold       6-64ms  http=200
  order>ship POST /ship 68-190ms http=200
    ship POST /ship    69-189ms http=200
`
const unshipped = (limitMs: number): string => cutShort('PUT /hold', limitMs)

function slowIn(baseline: string, chaos: string): number | undefined {
  const drawing = `@ +1s ×140 every 400ms${baseline}\n@ +61s ×40 every 1s${chaos}`
  const { impact }: Findings = analyse({ table: tableOf(drawing), windows: WINDOWS })
  return impact.find((i) => i.phase === 'chaos')?.attributedSlow
}

describe('a request that left out calls after one that the fault made fail', () => {
  test('is not slow where its like take more than half as long', () => {
    expect(slowIn(items, broken(250))).toBe(0)
    expect(slowIn(inTurn, unshipped(250))).toBe(0)
  })

  test('is slow where they take less', () => {
    expect(slowIn(items, broken(450))).toBe(40)
    expect(slowIn(inTurn, unshipped(450))).toBe(40)
  })
})

test('a request that did no less than many of its like is slow all the same', () => {
  const one = broken(60).replace('timeout', 'http=200').replace('6-165ms', '6-64ms')
  const drawing = `@ +1s ×84 every 600ms${items}\n@ +1s ×56 every 900ms${one}\n@ +61s ×40 every 1s${broken(250)}`
  const { impact } = analyse({ table: tableOf(drawing), windows: WINDOWS })
  expect(impact.find((i) => i.phase === 'chaos')?.attributedSlow).toBe(40)
})
