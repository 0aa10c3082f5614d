import { expect, test } from 'vitest'
import { analyse } from '../analysis/analyse.ts'
import { drawnWindows } from '../analysis/test-support/drawn-windows.ts'
import { tableOf } from '../model/draw-trace.ts'
import { judgeTraces } from './judge-traces.ts'

test('judgeTraces() does not hide requests that failed for another reason', () => {
  const asked = (http: number, cart: number): string => `
web GET /           0-60ms  http=${http}
  web>api GET /a    5-25ms  http=200
    api GET /a      6-24ms  http=200
  web>cart GET /c  30-50ms  http=${cart}
    cart GET /c    31-49ms  http=${cart}
`
  const windows = drawnWindows('api', { kind: 'PodChaos', action: 'pod-kill' })
  const table = tableOf(`@ +1s ×50 every 1000ms${asked(200, 200)}\n@ +61s ×50 every 1000ms${asked(503, 503)}`)
  const { verdict, reasons } = judgeTraces(windows, analyse({ table, windows }))
  expect(verdict).toBe('inconclusive')
  expect(reasons.at(-1)).toMatchObject({
    ok: true,
    actual: '0 of 50 (0 %); 50 more failed or slow, not because of the fault',
  })
})
