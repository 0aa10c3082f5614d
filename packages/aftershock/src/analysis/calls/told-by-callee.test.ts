import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

/** The gateway's spans of its calls never say how they were answered, as Kong's do not. */
const asked = (times: string, http: number): string => `
@ ${times}
gateway POST /buy         0-60ms  http=${http}
  gateway>order POST /buy 5-55ms
    order POST /buy       6-54ms  http=${http}
      order>pay POST /pay 10-50ms http=${http}
        pay POST /pay     11-49ms http=${http}
`
const WINDOWS = drawnWindows('pay', { kind: 'HTTPChaos', action: 'replace', parameters: { status: 503 } })

test('a call of which its caller never says how it was answered was answered as the callee says', () => {
  const table = tableOf(`${asked('+1s ×100 every 500ms', 200)}${asked('+62s ×40 every 1s', 503)}`)
  const { impact, mechanisms } = analyse({ table, windows: WINDOWS })
  expect(impact.find(({ phase }) => phase === 'chaos')).toMatchObject({ failed: 40, attributedFailed: 40 })
  expect(mechanisms.filter(({ verdict }) => verdict !== 'absent')).toEqual([])
})
