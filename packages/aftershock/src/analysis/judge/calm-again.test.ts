import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnInterval, drawnWindows } from '../test-support/drawn-windows.ts'

// A service that fails now and then, with the fault or without: what fails once the fault is gone does so anyway.

const order = (pay: 'good' | 'bad'): string => `
order POST /order      0-60ms  http=${pay === 'good' ? 200 : 500}
  order>pay POST /pay 10-50ms  http=${pay === 'good' ? 200 : 500}
    pay POST /pay     11-49ms  http=${pay === 'good' ? 200 : '500 exception="Bug:broken"'}
`

function recoveryOf(...late: readonly string[]): unknown {
  const drawing = [
    `@ +1s ×140 every 400ms${order('good')}`,
    `@ +3s ×4 every 14s${order('bad')}`,
    `@ +61s ×70 every 800ms${order('good')}`,
    `@ +61.3s ×50 every 1s${order('bad')}`,
    `@ +121s ×140 every 400ms${order('good')}`,
    ...late,
  ].join('\n')
  const windows = drawnWindows('pay', { kind: 'HTTPChaos', action: 'abort' })
  const { impact } = analyse({
    table: tableOf(drawing),
    windows: { ...windows, recovery: [drawnInterval(120, 180)] },
  })
  return impact.filter((i) => i.phase !== 'baseline').map((i) => [i.failed, i.attributedFailed])
}

describe('failures of a target that the baseline knows too', () => {
  test('are not the fault’s once it is gone and they are as rare as before', () => {
    expect(recoveryOf(`@ +125s ×4 every 13s${order('bad')}`)).toEqual([
      [50, 50],
      [4, 0],
    ])
  })

  test('are its own as long as they crowd together just after it', () => {
    const spell = `@ +120.2s ×4 every 300ms${order('bad')}`
    expect(recoveryOf(spell, `@ +150s ×2 every 13s${order('bad')}`)).toEqual([
      [50, 50],
      [6, 4],
    ])
  })
})
