import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse, type Findings } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

const WINDOWS = drawnWindows('pay', { kind: 'HTTPChaos', action: 'abort' })

const findingsOf = (...groups: readonly string[]): Findings =>
  analyse({ table: tableOf(groups.join('\n')), windows: WINDOWS })

const order = (entry: number, pay: number): string => `
order POST /order      0-60ms  http=${entry}
  order>pay POST /pay 10-50ms  http=${pay}
    pay POST /pay     11-49ms  http=${pay}
`

describe('an entry that fails in the baseline', () => {
  test('most of the time stays background, and it is said that there are too few good samples', () => {
    const { impact, quality, chains } = findingsOf(
      `@ +1s ×60 every 900ms${order(500, 200)}`,
      `@ +1100ms ×20 every 900ms${order(200, 200)}`,
      `@ +61s ×50 every 1s${order(500, 500)}`,
    )
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 0 })
    expect(quality.find((note) => note.id === 'baseline-failing')?.text).toMatch(
      /Too few good samples.*POST \/order/,
    )
    expect(chains.filter((chain) => chain.steps.some((step) => step.kind === 'user'))).toEqual([])
  })

  test('now and then is attributed all the same', () => {
    const { impact, quality } = findingsOf(
      `@ +1s ×60 every 900ms${order(200, 200)}`,
      `@ +1100ms ×20 every 900ms${order(500, 200)}`,
      `@ +61s ×50 every 1s${order(500, 500)}`,
    )
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 50 })
    expect(quality.map((note) => note.id)).not.toContain('baseline-failing')
  })

  test('a call that never makes its limit is not given up for the fault below it', () => {
    const slow = (pay: number): string => `
order POST /order        0-320ms  http=200
  order>cart GET /cart  10-310ms  timeout
    cart GET /cart      11-350ms  http=${pay}
      cart>pay POST /pay 20-340ms http=${pay}
        pay POST /pay    21-339ms http=${pay}
`
    const { mechanisms } = findingsOf(`@ +1s ×60 every 900ms${slow(200)}`, `@ +61s ×50 every 1s${slow(500)}`)
    expect(mechanisms.filter((m) => m.verdict !== 'absent')).toEqual([])
  })
})
