import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse, type Findings } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// Of two calls side by side that both failed, the one that its owner does well without is not why it failed.

const WINDOWS = drawnWindows('ads', { kind: 'NetworkChaos', action: 'delay' })
const page = (ads: string, pay: string, told: string): string => `
shop GET /page      0-${ads === 'slow' ? 220 : 40}ms  http=${told}
  shop>ads GET /ads   5-${ads === 'slow' ? '205ms timeout' : '15ms http=200'}
    ads GET /ads      6-${ads === 'slow' ? 405 : 14}ms http=200
  shop>pay GET /pay   5-35ms ${pay === 'bad' ? 'http=500' : 'http=200'}
    pay GET /pay      6-34ms ${pay === 'bad' ? 'http=500 exception="Bug:broken"' : 'http=200'}
`

function failedIn(...chaos: readonly string[]): unknown {
  const drawing = [`@ +1s ×140 every 400ms${page('', '', '200')}`, ...chaos].join('\n')
  const { impact }: Findings = analyse({ table: tableOf(drawing), windows: WINDOWS })
  return impact.find((i) => i.phase === 'chaos')
}

describe('a request of which two calls side by side failed', () => {
  const bothFailed = `@ +90.1s ×20 every 1s${page('slow', 'bad', '503')}`

  test('failed because of the one that others do not survive', () => {
    const others = `@ +61s ×40 every 700ms${page('slow', '', '200')}`
    expect(failedIn(others, bothFailed)).toMatchObject({ failed: 20, attributedFailed: 0 })
  })

  test('failed because of the last one where nobody is known to do well without it', () => {
    expect(failedIn(bothFailed)).toMatchObject({ failed: 20, attributedFailed: 20 })
  })
})

test('who went on after one failure, and then met another, failed for the second', () => {
  const inTurn = page('slow', 'bad', '503').replace('5-205ms', '40-205ms').replace('6-405ms', '41-405ms')
  const others = `@ +61s ×40 every 700ms${page('slow', '', '200')}`
  expect(failedIn(others, `@ +90.1s ×20 every 1s${inTurn}`)).toMatchObject({
    failed: 20,
    attributedFailed: 20,
  })
})
