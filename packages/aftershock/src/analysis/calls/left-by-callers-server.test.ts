import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// Servers of Node end their span, without an error, when the caller hangs up. What they had asked for runs on below.

const CALM = `@ +1s ×140 every 400ms
order POST /order       0-60ms   http=200
  order>pay POST /pay  10-50ms   http=200
    pay POST /pay      11-49ms   http=200
      pay>store POST /charges  20-40ms  http=201
        store POST /charges    21-39ms  http=201
`
const WINDOWS = drawnWindows('store', { kind: 'NetworkChaos', action: 'delay' })

/** The target answers pay late; order gives up pay twice. */
const GAVE_UP = `
order POST /order       0-640ms   http=502
  order>pay POST /pay  10-310ms   timeout
    pay POST /pay      11-311ms   http=200
      pay>store POST /charges  20-490ms  http=201
        store POST /charges    471-489ms  http=201
  order>pay POST /pay  330-630ms  timeout
    pay POST /pay      331-631ms  http=200
      pay>store POST /charges  340-810ms  http=201
        store POST /charges    791-809ms  http=201
`

test('who ended as its caller left was waiting for what it had asked: the time-out is laid to what held that up', () => {
  const table = tableOf(`${CALM}\n@ +61s ×50 every 1s${GAVE_UP}`)
  const { impact, mechanisms } = analyse({ table, windows: WINDOWS })
  expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 50 })
  const of = (kind: string): unknown => mechanisms.find((m) => m.kind === kind)
  expect(of('timeout')).toMatchObject({ caller: 'order', callee: 'pay', count: 100, timeoutMs: 300 })
  // Finished 480 ms after it was asked, whatever the answer's own span says.
  expect(of('timeout')).toMatchObject({ estimate: { input: { suggestedMs: 500, finishedLater: 100 } } })
  expect(of('retry')).toMatchObject({ caller: 'order', callee: 'pay', count: 50, rescued: 0 })
  expect(of('duplicate-work')).toMatchObject({ caller: 'order', callee: 'pay', count: 100, sideEffects: 100 })
})

test('where nothing goes on below nobody knows what limit would have sufficed', () => {
  const silent = `
order POST /order       0-320ms   http=502
  order>pay POST /pay  10-310ms   timeout
    pay POST /pay      11-313ms   http=200
`
  const table = tableOf(`${CALM}\n@ +61s ×50 every 1s${silent}`)
  const windows = drawnWindows('pay', { kind: 'NetworkChaos', action: 'delay' })
  const timeout = analyse({ table, windows }).mechanisms.find((m) => m.kind === 'timeout')
  expect(timeout).toMatchObject({ count: 50 })
  expect(timeout?.estimate).toBeUndefined()
})

test('who works within a handler’s span was waiting for what the handler had asked', () => {
  const good = `
order POST /order       0-60ms   http=200
  order>pay POST /pay  10-50ms   http=200
    pay POST /pay      11-49ms   http=200
      pay handler      12-48ms
        pay>store POST /charges  20-40ms  http=201
          store POST /charges    21-39ms  http=201
`
  const gaveUp = `
order POST /order       0-320ms   http=502
  order>pay POST /pay  10-310ms   timeout
    pay POST /pay      11-311ms   http=200
      pay handler      12-311ms
        pay>store POST /charges  20-490ms  http=201
          store POST /charges    471-489ms  http=201
`
  const table = tableOf(`@ +1s ×140 every 400ms${good}\n@ +61s ×50 every 1s${gaveUp}`)
  const { impact, mechanisms } = analyse({ table, windows: WINDOWS })
  expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 50 })
  expect(mechanisms.find((m) => m.kind === 'timeout')).toMatchObject({ count: 50 })
})

test('what goes on beside a request that ends by itself holds nobody up', () => {
  const beside = `
order POST /order       0-320ms   http=502
  order>pay POST /pay  10-310ms   timeout
    pay POST /pay      11-360ms   http=200
      pay>store POST /charges  20-490ms  http=201
        store POST /charges    471-489ms  http=201
`
  const table = tableOf(`${CALM}\n@ +61s ×50 every 1s${beside}`)
  const { impact } = analyse({ table, windows: WINDOWS })
  expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 0 })
})
