import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse, type Findings } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// A limit around a call ends the waiting and not the call: its span goes on until the answer comes, or for ever.

const WINDOWS = drawnWindows('pay', { kind: 'NetworkChaos', action: 'delay' })
const CALM = `@ +1s ×140 every 400ms
order POST /order      0-60ms  http=200
  order>pay POST /pay 10-50ms  http=200
    pay POST /pay     11-49ms  http=200
`

function findingsOf(drawing: string): Findings {
  return analyse({ table: tableOf(`${CALM}\n@ +61s ×50 every 1s${drawing}`), windows: WINDOWS })
}

/** `call` is how the client span ended, `said` what its owner did. */
const limited = (call: string, said: string): string => `
order POST /order      0-312ms  ${said}
  order>pay POST /pay 10-${call}
    pay POST /pay     11-1999ms  http=200
`

describe('a call that outlives the request it was made for', () => {
  test.each([
    ['opossum', '2000ms  http=200', 'http=500 exception="Error:Timed out after 300ms"'],
    ['a future with a limit', '2000ms  http=200', 'error exception="java.util.concurrent.TimeoutException:"'],
    ['a gateway that says no more than 504', '2000ms  http=200', 'http=504'],
    ['the JDK’s client under the Java agent', '2000ms  http=200', 'error http=502 type=502'],
    ['a span ended late by its own time-out', '5000ms  timeout', 'http=504'],
    ['a span ended late by a reset', '2000ms  error type=ECONNRESET', 'http=504'],
  ])('was given up when that ended: %s', (_, call, said) => {
    const { mechanisms, impact } = findingsOf(limited(call, said))
    expect(mechanisms.find((m) => m.kind === 'timeout')).toMatchObject({
      ...{ caller: 'order', callee: 'pay', count: 50 },
      timeoutMs: 300,
    })
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 50 })
    expect(mechanisms.find((m) => m.kind === 'duplicate-work')).toMatchObject({ count: 50 })
  })

  test('was not given up where nobody says so: work goes on beside a request that failed by itself', () => {
    const { mechanisms, impact } = findingsOf(limited('2000ms  http=200', 'http=500 exception="Bug:broken"'))
    expect(mechanisms.filter((m) => m.kind === 'timeout')).toEqual([])
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 0 })
  })

  test('was not given up by who waits for none of its calls', () => {
    const audited = (at: string, ends: string): string => `
@ ${at}
order POST /order        0-30ms  ${ends}
  order>audit POST /log  10-900ms  http=200
    audit POST /log      11-899ms  http=200
`
    const drawing = `${audited('+1s ×100 every 400ms', 'http=200')}${audited('+61s ×20 every 400ms', 'http=500')}`
    const { mechanisms } = analyse({
      table: tableOf(drawing),
      windows: drawnWindows('audit', { kind: 'NetworkChaos', action: 'delay' }),
    })
    expect(mechanisms.filter((m) => m.kind === 'timeout')).toEqual([])
  })

  test('was not given up where another call failed the request', () => {
    const { mechanisms } = findingsOf(`
order POST /order      0-312ms  http=504
  order>pay POST /pay 10-2000ms  http=200
    pay POST /pay     11-1999ms  http=200
  order>stock GET /stock 10-310ms  timeout
`)
    expect(mechanisms.filter((m) => m.kind === 'timeout' && m.callee === 'pay')).toEqual([])
  })

  test('keeps its own limit where the request went on without it', () => {
    const { mechanisms } = findingsOf(limited('1010ms  timeout', 'http=200'))
    expect(mechanisms.find((m) => m.kind === 'timeout')).toMatchObject({ timeoutMs: 1000 })
  })
})
