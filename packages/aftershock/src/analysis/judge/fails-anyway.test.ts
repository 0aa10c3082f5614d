import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import type { Impact } from '../../model/result.ts'
import { analyse, type Findings } from '../analyse.ts'
import { drawnInterval, drawnWindows } from '../test-support/drawn-windows.ts'

// A limit that answers begin to exceed by themselves: at first now and then, then nearly always. Meanwhile a fault.

const WINDOWS = {
  ...drawnWindows('pay', { kind: 'PodChaos', action: 'pod-kill' }),
  recovery: [drawnInterval(120, 180)],
}
const GOOD = `
web POST /buy            0-60ms  http=200
  web>pay POST /pay      1-9ms   http=200
    pay POST /pay        2-8ms   http=200
  web>stock GET /stock  10-50ms  http=200
    stock GET /stock    11-49ms  http=200
`
const TOO_SLOW = `
web POST /buy            0-220ms  http=504
  web>pay POST /pay      1-9ms   http=200
    pay POST /pay        2-8ms   http=200
  web>stock GET /stock  10-210ms  timeout
    stock GET /stock    11-260ms  http=200
`
const REFUSED = `
web POST /buy            0-3ms   http=503
  web>pay POST /pay      1-2ms   error type=ECONNREFUSED
`

function findingsOf(slowBefore: string, slowSince: string): Findings {
  const drawing = `@ +1s ×100 every 500ms${GOOD}\n@ +1200ms ${slowBefore}${TOO_SLOW}
@ +61s ×30 every 500ms${REFUSED}\n@ +61200ms ×40 every 1s${slowSince}\n@ +121s ×50 every 1s${slowSince}`
  return analyse({ table: tableOf(drawing), windows: WINDOWS })
}

function impactOf(slowBefore: string, slowSince: string): Impact | undefined {
  return findingsOf(slowBefore, slowSince).impact.find((i) => i.phase === 'chaos')
}

describe('a request that the fault hit, of those that fail anyway', () => {
  test('is background where most of the others fail, beside the fault and after it', () => {
    expect(impactOf('×20 every 2500ms', TOO_SLOW)).toMatchObject({ failed: 70, attributedFailed: 0 })
    const { quality } = findingsOf('×20 every 2500ms', TOO_SLOW)
    expect(quality.find((note) => note.id === 'failing-anyway')?.text).toMatch(
      /^Most requests of web POST \/buy/,
    )
  })

  test('is the fault’s where the others come through', () => {
    expect(impactOf('×20 every 2500ms', GOOD)).toMatchObject({ failed: 30, attributedFailed: 30 })
  })

  test('is the fault’s where nothing of the kind was before it', () => {
    expect(impactOf('×1', TOO_SLOW)).toMatchObject({ failed: 70, attributedFailed: 30 })
  })
})
