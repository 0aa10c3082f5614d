import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnInterval, drawnWindows } from '../test-support/drawn-windows.ts'

// Few calls to a target: what tells that the fault made some of them fail.

const page = (caller: string, pay: 'good' | 'reset'): string => `
${caller} GET /${caller}      0-60ms  http=${pay === 'good' ? 200 : 503}
  ${caller}>pay POST /pay    10-50ms  ${pay === 'good' ? 'http=200' : 'error type=ECONNRESET'}
${pay === 'good' ? '    pay POST /pay          11-49ms  http=200' : ''}
`

function failedIn(...drawing: readonly string[]): unknown {
  const windows = drawnWindows('pay', { kind: 'NetworkChaos', action: 'loss' })
  const { impact } = analyse({
    table: tableOf(drawing.join('\n')),
    windows: { ...windows, recovery: [drawnInterval(120, 180)] },
  })
  return impact
    .filter((i) => i.phase === 'chaos')
    .map((i) => `${i.entry} ${i.attributedFailed} of ${i.failed}`)
    .sort()
}

/** 7 of 22 fail all over chaos, after 14 that did not. */
const RARE = [
  `@ +1s ×14 every 4s${page('shop', 'good')}`,
  `@ +61s ×15 every 3900ms${page('shop', 'good')}`,
  `@ +72s ×7 every 7s${page('shop', 'reset')}`,
]

describe('failures of calls to a target', () => {
  test('are the fault’s where nobody knows them before it nor after it', () => {
    const after = `@ +121s ×55 every 1s${page('shop', 'good')}`
    expect(failedIn(...RARE, after)).toEqual(['shop GET /shop 7 of 7'])
  })

  test('are not where so few calls before it tell nothing, and they go on after it', () => {
    const after = [
      `@ +121s ×40 every 1s${page('shop', 'good')}`,
      `@ +122.5s ×5 every 7s${page('shop', 'reset')}`,
    ]
    expect(failedIn(...RARE, ...after)).toEqual(['shop GET /shop 0 of 7'])
  })

  test('need less certainty where another caller’s fail because of it', () => {
    const desk = [
      `@ +1.5s ×100 every 500ms${page('desk', 'good')}`,
      `@ +61.5s ×60 every 900ms${page('desk', 'good')}`,
      `@ +62s ×40 every 1400ms${page('desk', 'reset')}`,
    ]
    expect(failedIn(...RARE, ...desk)).toEqual(['desk GET /desk 40 of 40', 'shop GET /shop 7 of 7'])
  })
})
