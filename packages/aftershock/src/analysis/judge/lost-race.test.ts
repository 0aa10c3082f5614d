import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// A hedge that is sent most of the time anyway: it is cut off as the first call is answered, sooner without the fault.

const page = (lateMs: number): string => `
web GET /page         0-${115 + lateMs}ms  http=200
  web>pay GET /pay   10-${105 + lateMs}ms  http=200
    pay GET /pay     ${11 + lateMs}-${104 + lateMs}ms  http=200
  web>pay GET /pay  100-${105 + lateMs}ms  error type=AbortError
    pay GET /pay    ${101 + lateMs}-${194 + lateMs}ms  http=200
`

test('who waits for the first of two answers is held up by what holds up both', () => {
  const drawing = `@ +1s ×140 every 400ms${page(0)}\n@ +61s ×50 every 1s${page(300)}`
  const windows = drawnWindows('pay', { kind: 'NetworkChaos', action: 'delay' })
  const { impact } = analyse({ table: tableOf(drawing), windows })
  expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ slow: 50, attributedSlow: 50 })
})
