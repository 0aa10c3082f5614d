import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

function slowIn(calm: string, hurt: string): { readonly slow: number; readonly told: readonly string[] } {
  const drawing = `@ +1s ×50 every 1s${calm}\n@ +62s ×30 every 1s${hurt}`
  const windows = drawnWindows('payment', { kind: 'NetworkChaos', action: 'delay' })
  const { traces, mechanisms } = analyse({ table: tableOf(drawing), windows })
  return {
    slow: traces.filter((t) => t.attributed && t.outcome === 'slow').length,
    told: mechanisms.filter((m) => m.verdict !== 'absent').map((m) => m.kind),
  }
}

/** The client's span ends with the answer's head; the caller reads on until the answer is there. */
const streamed = (ms: number) => `
order POST /order         0-${ms + 20}ms  http=200
  order>payment GET /pay  5-${ms / 2}ms  http=200
    payment GET /pay      6-${ms}ms  http=200
`

test('analyse() lays an answer that is read on after its client’s span to its callee', () => {
  expect(slowIn(streamed(60), streamed(600))).toEqual({ slow: 30, told: [] })
})

/** The handler's span ends when the call is under way. */
const inCallbacks = (ms: number) => `
order POST /order           0-${ms + 20}ms  http=200
  order handler             1-6ms
    order>payment GET /pay  5-${ms + 2}ms  http=200
      payment GET /pay      6-${ms}ms  http=200
`

test('analyse() knows what a request waited for below a span that had ended before', () => {
  expect(slowIn(inCallbacks(60), inCallbacks(600))).toEqual({ slow: 30, told: [] })
})

/** The callee goes on with something after it answered, and nobody waits for that. */
const inBackground = (ms: number) => `
order POST /order         0-90ms  http=200
  order>payment GET /pay  5-40ms  http=200
    payment GET /pay      6-${ms}ms  http=200
  order>stock GET /items  45-80ms  http=200
    stock GET /items      46-79ms  http=200
`

test('analyse() lays nothing to what a callee does after its answer', () => {
  expect(slowIn(inBackground(60), inBackground(600))).toEqual({ slow: 0, told: [] })
})
