import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// A breaker that the fault opened spares its caller a call: without the fault that would have taken its time too.

const CALM = `
@ +1s ×140 every 400ms
shop GET /page             0-75ms   http=200
  shop>user GET /user      5-30ms   http=200
    user GET /user         6-29ms   http=200
  shop>cart GET /cart     30-70ms   http=200
    cart GET /cart        31-69ms   http=200
      cart>user GET /name 35-60ms   http=200
        user GET /name    36-59ms   http=200
`
const CLOSED = `
@ +61s ×12 every 500ms
shop GET /page             0-175ms  http=200
  shop>user GET /user      5-65ms   timeout
    user GET /user        71-94ms   http=200
  shop>cart GET /cart     65-170ms  http=200
    cart GET /cart        66-169ms  http=200
      cart>user GET /name 70-160ms  http=200
        user GET /name   136-159ms  http=200
`
const OPEN = `
@ +68s ×40 every 1s
shop GET /page             0-115ms  http=200
  shop>cart GET /cart      5-110ms  http=200
    cart GET /cart         6-109ms  http=200
      cart>user GET /name 10-100ms  http=200
        user GET /name    76-99ms   http=200
`

test('a request whose call a breaker kept back would have taken as long as that call more', () => {
  const windows = drawnWindows('user', { kind: 'NetworkChaos', action: 'delay' })
  const { impact, traces } = analyse({ table: tableOf(CALM + CLOSED + OPEN), windows })
  expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ requests: 52, attributedSlow: 12 })
  expect(traces.filter((t) => t.outcome === 'absorbed')).toHaveLength(40)
})
