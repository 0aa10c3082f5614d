import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse, type Findings } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// A few spans of a hundred never arrive. What they would have told is told by the others of their kind.

const WINDOWS = drawnWindows('pay', { kind: 'NetworkChaos', action: 'delay' })
const order = (lateMs: number, lost: { readonly call?: true; readonly answer?: true } = {}): string => `
order POST /order      0-${60 + lateMs}ms  http=200
  order>pay POST /pay 10-${50 + lateMs}ms  http=200 ${lost.call ? 'lost' : ''}
    pay POST /pay     ${11 + lateMs}-${49 + lateMs}ms  http=200 ${lost.answer ? 'lost' : ''}
      pay>db SELECT   ${20 + lateMs}-${30 + lateMs}ms  db.system=postgresql
`
const failing = (lost: '' | 'lost'): string => `
order POST /order      0-320ms  http=504
  order>pay POST /pay 10-310ms  timeout ${lost}
    pay POST /pay     11-400ms  http=200
`

function findingsOf(...chaos: readonly string[]): Findings {
  const drawing = [`@ +1s ×140 every 400ms${order(0)}`, ...chaos].join('\n')
  return analyse({ table: tableOf(drawing), windows: WINDOWS })
}

describe('a request that was slow, and lost a span', () => {
  test.each([
    ['the call that was late', { call: true }],
    ['the answer that came late', { answer: true }],
  ] as const)('was so because of the fault where the others were: without %s', (_, lost) => {
    const { impact } = findingsOf(
      `@ +61s ×40 every 1s${order(300)}`,
      `@ +102s ×4 every 1s${order(300, lost)}`,
    )
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ slow: 44, attributedSlow: 44 })
  })

  test('is told by those that are whole, however many are not', () => {
    const { impact } = findingsOf(
      `@ +61s ×20 every 1s${order(300)}`,
      `@ +82s ×30 every 1s${order(300, { call: true })}`,
    )
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ slow: 50, attributedSlow: 50 })
  })

  test('was so because of the fault where that is most of why the others were', () => {
    const alsoTriedAgain = (lost: '' | 'lost'): string => `
order POST /order            0-400ms  http=200
  order>pay POST /pay       10-390ms  http=200
    pay POST /pay          311-389ms  http=200 ${lost}
      pay>stock GET /stock 320-330ms  http=500
        stock GET /stock   321-329ms  http=500 exception="Bug:broken"
      pay>stock GET /stock 360-370ms  http=200
        stock GET /stock   361-369ms  http=200
`
    const { impact } = findingsOf(
      `@ +61s ×40 every 1s${alsoTriedAgain('')}`,
      `@ +102s ×4 every 1s${alsoTriedAgain('lost')}`,
    )
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ slow: 44, attributedSlow: 44 })
  })

  test('was not where the others were slow for reasons of their own', () => {
    const ownWork = `
order POST /order      0-360ms  http=200
  order>pay POST /pay 10-50ms   http=200
    pay POST /pay     11-49ms   http=200
`
    const { impact } = findingsOf(
      `@ +61s ×40 every 1s${ownWork}`,
      `@ +102s ×4 every 1s${order(300, { call: true })}`,
    )
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ attributedSlow: 0 })
  })
})

describe('a request that failed, and lost the call it failed with', () => {
  test('failed because of the fault where the others did', () => {
    const { impact } = findingsOf(
      `@ +61s ×40 every 1s${failing('')}`,
      `@ +102s ×4 every 1s${failing('lost')}`,
    )
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 44, attributedFailed: 44 })
  })

  test('did not where nothing was lost', () => {
    const broken = order(0).replace('60ms  http=200', '60ms  http=500 exception="Bug:broken"')
    const { impact } = findingsOf(`@ +61s ×40 every 1s${failing('')}`, `@ +102s ×4 every 1s${broken}`)
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 44, attributedFailed: 40 })
  })
})

describe('a call that was cut off in the middle of a request that went on', () => {
  const hedged = (winner: '' | 'lost'): string => `
order POST /order       0-160ms  http=200
  order>pay POST /pay  10-150ms  error type=AbortError
    pay POST /pay     309-349ms  http=200
  order>pay POST /pay 100-150ms  http=200 ${winner}
    pay POST /pay     101-149ms  http=200
`

  test('was the loser of a hedge where another answer came just then, whose call is lost', () => {
    const { mechanisms } = findingsOf(
      `@ +61s ×40 every 1s${hedged('')}`,
      `@ +102s ×10 every 1s${hedged('lost')}`,
    )
    expect(mechanisms.map((m) => `${m.kind} ${m.count}`).sort()).toEqual(['duplicate-work 50', 'hedge 40'])
  })
})
