import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// A caller gave up because its callee was held up; the callee then failed for a reason of its own.

const order = (adsMs: number, pay: 'good' | 'bad', left: '' | 'timeout'): string => `
shop GET /page              0-${left === '' ? 60 + adsMs : 220}ms  http=${left === '' ? (pay === 'good' ? 200 : 503) : 504}
  shop>order POST /order    5-${left === '' ? `${50 + adsMs}ms http=${pay === 'good' ? 200 : 503}` : '205ms timeout'}
    order POST /order       6-${48 + adsMs}ms http=${pay === 'good' ? 200 : 503}
      order>ads GET /ads    8-${25 + adsMs}ms http=200
        ads GET /ads       ${9 + adsMs}-${24 + adsMs}ms http=200
      order>pay POST /pay   8-30ms http=${pay === 'good' ? 200 : 500}
        pay POST /pay       9-29ms http=${pay === 'good' ? 200 : '500 exception="Bug:broken"'}
`

function failedIn(...chaos: readonly string[]): unknown {
  const calm = [
    `@ +1s ×140 every 400ms${order(0, 'good', '')}`,
    `@ +1.2s ×20 every 2.5s${order(0, 'bad', '')}`,
  ]
  const drawing = [...calm, ...chaos].join('\n')
  const windows = drawnWindows('ads', { kind: 'NetworkChaos', action: 'delay' })
  return analyse({ table: tableOf(drawing), windows }).impact.find((i) => i.phase === 'chaos')
}

describe('a call that timed out', () => {
  const late = `@ +61s ×40 every 700ms${order(400, 'good', 'timeout')}`

  test('would have failed all the same where its answer did in the end, by itself', () => {
    const broken = `@ +90.1s ×10 every 1s${order(400, 'bad', 'timeout')}`
    expect(failedIn(late, broken)).toMatchObject({ failed: 50, attributedFailed: 40 })
  })

  test('would not where its answer failed as it was told that nobody waits', () => {
    const toldOfIt = `
shop GET /page              0-220ms  http=504
  shop>order POST /order    5-205ms  timeout
    order POST /order       6-206ms  http=503 exception="ClientDisconnected:nobody reads"
      order>pay POST /pay   8-30ms   http=200
        pay POST /pay       9-29ms   http=200
    ads GET /ads          409-424ms  http=200
`
    expect(failedIn(late, `@ +90.1s ×10 every 1s${toldOfIt}`)).toMatchObject({
      failed: 50,
      attributedFailed: 50,
    })
  })
})
