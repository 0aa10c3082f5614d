import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// `order` sends spans of what it serves, and none of what it calls. `pay` is 300 ms late.

const DELAY = drawnWindows('pay', { kind: 'NetworkChaos', action: 'delay' })

/** Mechanisms in chaos: 50 requests like this one, after 140 good ones. */
function toldOf(good: string, late: string): readonly string[] {
  const drawing = `@ +1s ×140 every 400ms${good}\n@ +61s ×50 every 1s${late}`
  return analyse({ table: tableOf(drawing), windows: DELAY })
    .mechanisms.filter((m) => m.verdict !== 'absent')
    .map((m) => `${m.kind} ${m.caller}>${m.callee} ${m.count} ${m.grade}`)
}

/** Answers of `pay` from and to, ms after the request began. */
function order(tookMs: number, http: number, ...answers: readonly (readonly [number, number])[]): string {
  const paid = answers.map(([from, to]) => `  pay POST /pay  ${from}-${to}ms  http=200\n`)
  return `\norder POST /order  0-${tookMs}ms  http=${http}\n  stock GET /stock  3-9ms  http=200\n${paid.join('')}`
}
const GOOD = order(60, 200, [20, 50])

describe('a caller that tells of no calls', () => {
  test('went on without an answer that its like wait for', () => {
    expect(toldOf(GOOD, order(120, 200, [320, 350]))).toEqual([
      'timeout order>pay 50 inferred',
      'fallback order>pay 50 inferred',
      'duplicate-work order>pay 50 inferred',
    ])
  })

  test('asked again while the first answer was out, and was answered', () => {
    expect(toldOf(GOOD, order(560, 200, [320, 350], [340, 550]))).toContain('retry order>pay 50 inferred')
  })

  test('asked again beside the first call, and took the answer that came first: a hedge', () => {
    const late = order(360, 200, [20, 350], [110, 440])
    expect(toldOf(GOOD, late)).toEqual([
      'duplicate-work order>pay 50 inferred',
      'hedge order>pay 50 inferred',
    ])
  })

  test('asked again before the first call had even come there, and took its answer: a hedge', () => {
    const late = order(352, 200, [320, 350], [410, 440])
    expect(toldOf(GOOD, late)).toEqual([
      'duplicate-work order>pay 50 inferred',
      'hedge order>pay 50 inferred',
    ])
  })

  test('asked again although the first answer was good: it had come too late', () => {
    const told = toldOf(GOOD, order(560, 200, [320, 350], [520, 550]))
    expect(told).toContain('timeout order>pay 50 inferred')
    expect(told).toContain('retry order>pay 50 inferred')
  })

  test('asks twice as it always did: no other try', () => {
    const twice = (lateMs: number): string =>
      order(100 + 2 * lateMs, 200, [20 + lateMs, 50 + lateMs], [60 + 2 * lateMs, 90 + 2 * lateMs])
    expect(toldOf(twice(0), twice(300))).toEqual([])
  })

  test('ended with its own caller, who had left: it gave up nobody', () => {
    const below = (http: number, end: string, ...lines: readonly string[]): string =>
      [`\nweb POST /  0-${end}  http=${http}`, ...lines, ''].join('\n')
    const good = below(
      200,
      '70ms',
      '  web>order POST /order  1-68ms  http=200',
      '    order POST /order  2-67ms  http=200',
      '      pay POST /pay  20-50ms  http=200',
    )
    const late = below(
      504,
      '302ms',
      '  web>order POST /order  1-301ms  timeout',
      '    order POST /order  2-309ms  http=200',
      '      pay POST /pay  20-350ms  http=200',
    )
    const told = toldOf(good, late)
    expect(told.filter((one) => one.includes('order>pay'))).toEqual([])
    expect(told).toContain('timeout web>order 50 observed')
  })

  test('never waits for the answer: nobody gave up', () => {
    expect(toldOf(order(15, 200, [20, 50]), order(15, 200, [320, 350]))).toEqual([])
  })

  test('is kept back by a breaker after a burst of failures, where it fails without the answer', () => {
    const failing = order(40, 503, [20, 30]).replace('20-30ms  http=200', '20-30ms  http=500')
    const drawing = [
      `@ +1s ×140 every 400ms${GOOD}`,
      `@ +61s ×10 every 100ms${failing}`,
      `@ +63s ×40 every 200ms${order(15, 503)}`,
    ]
    const { mechanisms } = analyse({ table: tableOf(drawing.join('\n')), windows: DELAY })
    expect(mechanisms.find((m) => m.kind === 'circuit-breaker')).toMatchObject({
      ...{ caller: 'order', callee: 'pay', count: 40, grade: 'inferred' },
    })
  })
})
