import { expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import type { Mechanism } from '../../model/result.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// A server span that ends, without an error, as its caller leaves tells of the leaving: Node's http ends it when the
// connection is closed, and the work may go on, or not.

const CALM = `@ +1s ×140 every 400ms
order POST /order       0-60ms   http=200
  order>pay POST /pay  10-50ms   http=200
    pay POST /pay      11-49ms   http=200
`
const LATE = drawnWindows('pay', { kind: 'StressChaos', action: 'stress' })

/** Calls given up after 300 ms, whose answers' spans end so long after that, ms. */
function leftFor(...afterMs: readonly number[]): Mechanism | undefined {
  return leftBeside([], afterMs)
}

/** The same beside calls that were answered so long before they would have been given up. */
function leftBeside(inTimeMs: readonly number[], afterMs: readonly number[]): Mechanism | undefined {
  const inTime = inTimeMs.map(
    (ms, i) => `@ +${63000 + 25 * i}ms ×10 every 4s
order POST /order       0-${320 - ms}ms   http=200
  order>pay POST /pay  10-${310 - ms}ms   http=200
    pay POST /pay      11-${309 - ms}ms   http=200
`,
  )
  const chaos = afterMs.map(
    (ms, i) => `@ +${61000 + 25 * i}ms ×10 every 4s
order POST /order       0-320ms   http=502
  order>pay POST /pay  10-310ms   timeout
    pay POST /pay      11-${310 + ms}ms  http=200
`,
  )
  const { mechanisms } = analyse({ table: tableOf([CALM, ...chaos, ...inTime].join('\n')), windows: LATE })
  expect(mechanisms.find((m) => m.kind === 'timeout')).toMatchObject({ count: 10 * afterMs.length })
  return mechanisms.find((m) => m.kind === 'duplicate-work')
}

test('ends in a spike at the caller’s leaving are no finished work: what ends well after it is', () => {
  expect(leftFor(3, 3, 4, 5, 6, 9, 15)).toBeUndefined()
  const found = leftFor(3, 3, 4, 5, 6, 9, 15, 150)
  expect(found).toMatchObject({ count: 10, alternatives: [{ weight: 0.875 }] })
  expect(found?.alternatives?.[0].text).toContain('up to 70 requests more')
})

test('ends spread as the work takes are finished work, near the leaving as well', () => {
  const found = leftFor(3, 9, 15, 40, 90, 150, 200)
  expect(found).toMatchObject({ count: 70 })
  expect(found?.alternatives).toBeUndefined()
})

test('ends near the leaving are finished work where as many answers came just in time: they come then anyway', () => {
  const found = leftBeside([2, 3, 5, 6, 8, 9], [3, 3, 4, 5, 6, 9, 15])
  expect(found).toMatchObject({ count: 70 })
  expect(found?.alternatives).toBeUndefined()
  expect(leftBeside([2, 15, 60, 90, 140], [3, 3, 4, 5, 6, 9, 15])).toBeUndefined()
})

test('work that went well below since the leaving shows that it was worked on', () => {
  const worksOn = `
order POST /order         0-320ms   http=502
  order>pay POST /pay    10-310ms   timeout
    pay POST /pay        11-317ms   http=200
      pay>store POST /c 200-315ms   http=201
        store POST /c   201-314ms   http=201
`
  const table = tableOf(`${CALM}\n@ +61s ×50 every 1s${worksOn}`)
  const { mechanisms } = analyse({ table, windows: LATE })
  expect(mechanisms.find((m) => m.kind === 'duplicate-work')).toMatchObject({ caller: 'order', count: 50 })
})

test('who waits for a call of its own until its own limit is at work, however soon that comes', () => {
  const waits = `
order POST /order         0-320ms   http=502
  order>pay POST /pay    10-310ms   timeout
    pay POST /pay        11-319ms   http=200
      pay>store POST /c  12-316ms   timeout
        store POST /c    13-700ms   http=201
`
  const { mechanisms } = analyse({ table: tableOf(`${CALM}\n@ +61s ×50 every 1s${waits}`), windows: LATE })
  const found = mechanisms.find((m) => m.kind === 'duplicate-work' && m.caller === 'order')
  expect(found).toMatchObject({ callee: 'pay', count: 50 })
})

const TIERS = `@ +1s ×140 every 400ms
front GET /buy          0-80ms  http=200
  front>mid GET /buy    5-75ms  http=200
    mid GET /buy        6-74ms  http=200
      mid>leaf GET /b  10-50ms  http=200
        leaf GET /b    11-49ms  http=200
`
function fallbacksOf(hit: string): readonly string[] {
  const windows = drawnWindows('leaf', { kind: 'NetworkChaos', action: 'delay' })
  const { mechanisms } = analyse({ table: tableOf(`${TIERS}\n@ +61s ×50 every 1s${hit}`), windows })
  return mechanisms
    .filter((m) => m.kind === 'fallback' && m.verdict !== 'absent')
    .map((m) => `${m.caller}>${m.callee} ${m.count}`)
}

test('who was left before its own call failed has no fallback, whatever its span says', () => {
  const left = `
front GET /buy          0-320ms  http=502
  front>mid GET /buy    5-305ms  timeout
    mid GET /buy        6-309ms  http=200
      mid>leaf GET /b  10-510ms  timeout
        leaf GET /b    11-910ms  http=200
`
  expect(fallbacksOf(left)).toEqual([])
})

test('who works on and answers without that call has a fallback, though nobody waits for it', () => {
  const worksOn = `
front GET /buy          0-320ms  http=502
  front>mid GET /buy    5-305ms  timeout
    mid GET /buy        6-560ms  http=200
      mid>leaf GET /b  10-510ms  timeout
        leaf GET /b    11-910ms  http=200
`
  expect(fallbacksOf(worksOn)).toEqual(['mid>leaf 50'])
})
