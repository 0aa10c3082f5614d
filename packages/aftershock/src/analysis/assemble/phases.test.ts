import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnInterval, drawnWindows } from '../test-support/drawn-windows.ts'

const GOOD = `
web GET /      0-60ms  http=200
  web>api GET /a 5-55ms  http=200
    api GET /a   6-54ms  http=200
`
const CUT = `
web GET /      0-800ms  http=502
  web>api GET /a 5-795ms  type=ECONNRESET error
`

test.each([
  { began: 'in the baseline', baselineS: 60 },
  { began: 'between the baseline and the fault', baselineS: 58 },
])(
  'a request that was under way as the fault began is one of chaos, where it began $began',
  ({ baselineS }) => {
    const table = tableOf(
      `@ +1s ×110 every 500ms${GOOD}\n@ +59500ms ×5 every 1ms${CUT}\n@ +61s ×50 every 1s${GOOD}`,
    )
    const windows = {
      ...drawnWindows('api', { kind: 'PodChaos', action: 'pod-kill' }),
      baseline: [drawnInterval(0, baselineS)],
    }
    const { impact } = analyse({ table, windows })
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ requests: 55, failed: 5 })
  },
)

test('a request that began before the fault and outlasted it is one of chaos', () => {
  const hung = CUT.replaceAll('800ms', '70s').replaceAll('795ms', '69s')
  const table = tableOf(
    `@ +1s ×110 every 500ms${GOOD}\n@ +59500ms ×5 every 1ms${hung}\n@ +61s ×50 every 1s${GOOD}`,
  )
  const windows = {
    ...drawnWindows('api', { kind: 'PodChaos', action: 'pod-kill' }),
    recovery: [drawnInterval(120, 140)],
  }
  const { impact } = analyse({ table, windows })
  expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ requests: 55, failed: 5 })
})
