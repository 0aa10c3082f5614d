import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

const WINDOWS = drawnWindows('pay', { kind: 'StressChaos', action: 'stress' })
const CALM = `@ +1s ×140 every 400ms
order POST /order      0-60ms  http=200
  order>pay POST /pay 10-50ms  http=200
    pay POST /pay     12-48ms  http=200
`

/** `answer` is when `pay` answered, ms after the request began; order gave up at 310 ms. */
function neededOf(answer: string): number | undefined {
  const late = `
order POST /order      0-312ms  http=504
  order>pay POST /pay 10-310ms  timeout
    pay POST /pay     ${answer}  http=200
`
  const { mechanisms } = analyse({
    table: tableOf(`${CALM}\n@ +61s ×50 every 1s${late}`),
    windows: WINDOWS,
  })
  return mechanisms.find((m) => m.kind === 'timeout')?.estimate?.input.neededP99Ms
}

describe('the limit that would have sufficed', () => {
  test('is what a slow answer took, and the way there and back', () => {
    expect(neededOf('12-848ms')).toBe(840)
  })

  test('counts once how long a callee that stood still let the call wait: its answer is back as ever', () => {
    expect(neededOf('812-848ms')).toBe(840)
  })
})
