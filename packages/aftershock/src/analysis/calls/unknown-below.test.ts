import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

const WINDOWS = drawnWindows('pay', { kind: 'NetworkChaos', action: 'delay' })
const good = `
web POST /buy            0-60ms  http=200
  web>pay POST /pay     10-50ms  http=200
    pay POST /pay       11-49ms  http=200
      pay>db INSERT     20-30ms
`
const slow = `
web POST /buy            0-420ms  http=502
  web>pay POST /pay     10-410ms  timeout
    pay POST /pay      11-570ms  http=200
      pay>db INSERT     20-530ms
`
/** The connection was lost and is opened anew, as never before: nobody knows how long that takes. */
const connecting = `
web POST /buy            0-420ms  http=502
  web>pay POST /pay     10-410ms  timeout
    pay POST /pay      11-1050ms  http=200
      pay>db CONNECT    20-1020ms
      pay>db INSERT   1022-1032ms
`

test('a time-out of a target is the fault’s also where the time went into a call that the baseline does not know', () => {
  const drawing = `@ +1s ×140 every 400ms${good}\n@ +61s ×20 every 1s${slow}\n@ +82s ×20 every 1s${connecting}`
  const { impact, mechanisms } = analyse({ table: tableOf(drawing), windows: WINDOWS })
  expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 40, attributedFailed: 40 })
  expect(mechanisms.filter((m) => m.kind === 'timeout').map((m) => m.count)).toEqual([40])
})
