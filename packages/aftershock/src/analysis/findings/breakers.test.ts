import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// A breaker that says nothing is told by what is missing. What else can be missing?

function told(drawing: string, target: string): readonly string[] {
  const windows = drawnWindows(target, { kind: 'PodChaos', action: 'pod-failure' })
  const { mechanisms } = analyse({ table: tableOf(drawing), windows })
  return mechanisms
    .filter((m) => m.kind === 'circuit-breaker')
    .map((m) => `${m.caller}>${m.callee} ${m.count}`)
}

const GOOD = `
gateway POST /checkout         0-60ms  http=200
  gateway>order POST /order    5-55ms  http=200
    order POST /order          6-54ms  http=200
      order>pay POST /reserve 10-20ms  http=200
        pay POST /reserve     11-19ms  http=200
      order>pay POST /charge  30-40ms  http=200
        pay POST /charge      31-39ms  http=200
`
const CHARGE_FAILS = `
gateway POST /checkout         0-60ms  http=500
  gateway>order POST /order    5-55ms  http=500
    order POST /order          6-54ms  http=500
      order>pay POST /reserve 10-20ms  http=200
        pay POST /reserve     11-19ms  http=200
      order>pay POST /charge  30-40ms  http=500
        pay POST /charge      31-39ms  http=500
`
const NOT_CHARGED = `
gateway POST /checkout         0-30ms  http=500
  gateway>order POST /order    2-28ms  http=500
    order POST /order          6-26ms  http=500
      order>pay POST /reserve 10-20ms  http=200
        pay POST /reserve     11-19ms  http=200
`
const RESERVE_FAILS = NOT_CHARGED.replace('10-20ms  http=200', '10-20ms  http=500').replace(
  '11-19ms  http=200',
  '11-19ms  http=500',
)
const ordered = (tookMs: number, http: number): string => `
gateway POST /checkout         0-${tookMs + 20}ms  http=${http}
  gateway>order POST /order    2-${tookMs + 18}ms  http=${http}
    order POST /order          3-${tookMs + 17}ms  http=${http}
      order>pay POST /charge  10-${tookMs + 10}ms  http=${http}
        pay POST /charge      11-${tookMs + 9}ms   http=${http}
`
const BROKEN = `
gateway POST /checkout         0-10ms  http=500
  gateway>order POST /order    2-8ms  http=500
    order POST /order          3-7ms  http=500
`
const CALM = `@ +1s ×140 every 400ms${GOOD}`

describe('a breaker that says nothing', () => {
  test('is told by the second of two calls to one callee that is not made', () => {
    const drawing = `${CALM}\n@ +61s ×10 every 100ms${CHARGE_FAILS}\n@ +63s ×40 every 200ms${NOT_CHARGED}`
    expect(told(drawing, 'pay')).toEqual(['order>pay 40'])
  })

  test('is none where the first call failed, and the second was not made for that', () => {
    const drawing = `${CALM}\n@ +61s ×10 every 100ms${CHARGE_FAILS}\n@ +63s ×40 every 200ms${RESERVE_FAILS}`
    expect(told(drawing, 'pay')).toEqual([])
  })

  test('is none where a service fails by itself between calls that work, long after a few had failed', () => {
    const drawing = `${CALM}\n@ +61s ×4 every 100ms${CHARGE_FAILS}
@ +63s ×50 every 1000ms${BROKEN}\n@ +63100ms ×50 every 1000ms${GOOD}`
    expect(told(drawing, 'order')).toEqual([])
  })

  test('is none where single requests fail between calls that fail too', () => {
    const drawing = `${CALM}\n@ +61s ×50 every 1000ms${CHARGE_FAILS}\n@ +61500ms ×50 every 1000ms${BROKEN}`
    expect(told(drawing, 'order')).toEqual([])
  })

  test('that tries one call while others wait for it rejects them all as that fails', () => {
    const waiting = (tookMs: number): string => `
gateway POST /checkout         0-${tookMs + 4}ms  http=500
  gateway>order POST /order    2-${tookMs + 3}ms  http=500
    order POST /order          3-${tookMs + 2}ms  http=500
`
    // The third failure ends at 61.91 s; these began before there was any, and end just after it.
    const waited = [850, 700, 550].map((ms) => `@ +${61915 - ms}ms${waiting(ms)}`).join('\n')
    const opened = `${[0, 300, 600].map((ms) => `@ +${61000 + ms}ms${ordered(300, 500)}`).join('\n')}\n${waited}`
    const calm = `@ +1s ×140 every 400ms${ordered(30, 200)}`
    const open = `${calm}\n${opened}\n@ +62s ×40 every 200ms${BROKEN}`
    expect(told(open, 'pay')).toEqual(['order>pay 43'])
    // Who fails as late while calls are let in was kept from none.
    const letIn = `@ +72s ×150 every 80ms${ordered(30, 200)}\n@ +75s ×20 every 300ms${waiting(850)}`
    expect(told(`${open}\n${letIn}`, 'pay')).toEqual(['order>pay 43'])
  })

  test('stays open after a probe that failed, whoever else calls there well', () => {
    const quiet = `
gateway POST /checkout         0-12ms  http=200
  gateway>order POST /order    2-10ms  http=200
    order POST /order          3-9ms   http=200
`
    const ordered = (http: number) => `
gateway POST /checkout         0-50ms  http=200
  gateway>order POST /order    2-48ms  http=200
    order POST /order          3-47ms  http=200
      order>pay POST /charge  30-40ms  http=${http}
        pay POST /charge      31-39ms  http=${http}
`
    const other = `
gateway GET /refunds           0-50ms  http=200
  gateway>order GET /refunds   2-48ms  http=200
    order GET /refunds         3-47ms  http=200
      order>pay POST /charge  30-40ms  http=200
        pay POST /charge      31-39ms  http=200
`
    const drawing = `@ +1s ×140 every 400ms${ordered(200)}\n@ +1s ×290 every 400ms${other}
@ +61s ×5 every 50ms${ordered(500)}\n@ +62s ×20 every 200ms${quiet}
@ +66100ms${ordered(500)}\n@ +66500ms ×20 every 200ms${quiet}`
    expect(told(drawing, 'pay')).toEqual(['order>pay 40'])
  })

  test('is told where the owner went on without the call, whatever its other breakers say', () => {
    const buy = (below: string): string => `
order POST /buy              0-50ms  http=200${below}
`
    const charge = (http: number): string => `
  order>pay POST /charge    10-40ms  http=${http}
    pay POST /charge        11-39ms  http=${http}`
    const spoken = `
order POST /refund           0-2ms   http=503 exception="Error:Breaker to bank is open"
`
    const drawing = `@ +1s ×290 every 200ms${buy(charge(200))}\n@ +61s ×10 every 50ms${buy(charge(500))}
@ +62s ×30 every 200ms${buy('')}\n@ +62s ×5 every 300ms${spoken}`
    expect(told(drawing, 'pay')).toEqual(['order>pay 30'])
  })

  describe('where another of the service speaks, and the request fails', () => {
    const buy = (http: number, below: string): string => `
order POST /buy              0-50ms  http=${http}${below}
`
    const charge = (http: number): string => `
  order>pay POST /charge    10-40ms  http=${http}
    pay POST /charge        11-39ms  http=${http}`
    const calm = `@ +1s ×290 every 200ms${buy(200, charge(200))}\n@ +61s ×10 every 50ms${buy(500, charge(500))}`
    const refused = `
order POST /buy              0-9ms   http=500
`
    const spoken = (text: string): string => `
order POST /refund           0-2ms   http=503 exception="Error:${text}"
`
    const bank = `
bank GET /account            0-5ms   http=200
`
    const drawn = (text: string): string => `@ +1s ×20 every 1000ms${bank}\n${calm}
@ +62s ×30 every 200ms${refused}\n@ +62050ms ×5 every 300ms${spoken(text)}`

    test('is told where that one keeps from somebody else', () => {
      expect(told(drawn('Breaker to bank is open'), 'pay')).toEqual(['order>pay 30'])
    })

    test('is none where it is that one, or where that one does not say whom it keeps from whom', () => {
      for (const text of ['Breaker to pay is open', 'Breaker is open'])
        expect(told(drawn(text), 'pay')).not.toContain('order>pay 30')
    })
  })

  test('keeps calls from being made in requests that users got an answer to: absorbed as those that opened it', () => {
    const asked = (below: string): string => `
gateway POST /checkout         0-50ms  http=200
  gateway>order POST /order    2-48ms  http=200
    order POST /order          3-47ms  http=200${below}
`
    const charge = (http: number): string => `
      order>pay POST /charge  30-40ms  http=${http}
        pay POST /charge      31-39ms  http=${http}`
    const drawing = `@ +1s ×290 every 200ms${asked(charge(200))}\n@ +61s ×10 every 50ms${asked(charge(500))}
@ +62s ×30 every 200ms${asked('')}\n@ +70s ×90 every 500ms${asked(charge(200))}`
    const windows = drawnWindows('pay', { kind: 'PodChaos', action: 'pod-failure' })
    const { mechanisms, chains, traces } = analyse({ table: tableOf(drawing), windows })
    expect(mechanisms.map((m) => [m.kind, m.count])).toEqual([
      ['circuit-breaker', 30],
      ['fallback', 40],
    ])
    expect(traces.map((t) => t.outcome)).toEqual(Array.from({ length: 40 }, () => 'absorbed'))
    expect(chains.map((c) => [c.count, ...c.steps.map((s) => s.id)])).toEqual([
      [
        40,
        'inject',
        'circuit-breaker:order>pay',
        'fallback:order>pay',
        'user:absorbed:gateway POST /checkout',
      ],
    ])
  })

  test('has not closed before the call that closes it has ended: who is rejected meanwhile opens no other', () => {
    const drawing = `@ +1s ×140 every 400ms${ordered(20, 200)}\n@ +61s ×10 every 50ms${ordered(20, 500)}
@ +62s ×20 every 200ms${BROKEN}\n@ +66s${ordered(400, 200)}\n@ +66100ms ×2 every 200ms${BROKEN}
@ +67s ×50 every 200ms${ordered(20, 200)}`
    const windows = drawnWindows('pay', { kind: 'PodChaos', action: 'pod-failure' })
    const { mechanisms } = analyse({ table: tableOf(drawing), windows })
    const breaker = mechanisms.find((m) => m.kind === 'circuit-breaker')
    expect(breaker?.count).toBe(22)
    expect(breaker?.openings?.map((o) => [Math.round(o.openedAt), Math.round(o.closedAt ?? 0)])).toEqual([
      [62_007, 66_410],
    ])
  })

  test('half open lets good probes in and rejects others: it opens again only after a failure', () => {
    const half = `@ +66s ×5 every 400ms${ordered(20, 200)}\n@ +66200ms ×4 every 400ms${BROKEN}`
    const openings = (after: string): number | undefined => {
      const drawing = `@ +1s ×140 every 400ms${ordered(20, 200)}\n@ +61s ×10 every 50ms${ordered(20, 500)}
@ +62s ×20 every 200ms${BROKEN}\n${half}\n${after}\n@ +80s ×50 every 200ms${ordered(20, 200)}`
      const windows = drawnWindows('pay', { kind: 'PodChaos', action: 'pod-failure' })
      const { mechanisms } = analyse({ table: tableOf(drawing), windows })
      return mechanisms.find((m) => m.kind === 'circuit-breaker')?.openings?.length
    }
    const again = `@ +70s ×10 every 50ms${ordered(20, 500)}\n@ +71s ×20 every 200ms${BROKEN}`
    expect([openings(''), openings(again)]).toEqual([1, 2])
  })

  test('is open until its own call is let in again: another call to the same operation is none of its probes', () => {
    const buy = (first: number, second: number | undefined): string => `
order POST /buy              0-60ms  http=200
  order>pay POST /charge    10-20ms  http=${first}
    pay POST /charge        11-19ms  http=${first}
${second === undefined ? '' : `  order>pay POST /charge    40-50ms  http=${second}\n    pay POST /charge        41-49ms  http=${second}\n`}`
    const drawing = `@ +1s ×290 every 200ms${buy(200, 200)}\n@ +61s ×10 every 50ms${buy(200, 500)}
@ +62s ×50 every 200ms${buy(200, undefined)}\n@ +74s ×50 every 200ms${buy(200, 200)}`
    const windows = drawnWindows('pay', { kind: 'PodChaos', action: 'pod-failure' })
    const { mechanisms } = analyse({ table: tableOf(drawing), windows })
    const breaker = mechanisms.find((m) => m.kind === 'circuit-breaker')
    expect(breaker?.openings?.map((o) => [Math.round(o.openedAt), Math.round(o.closedAt ?? 0)])).toEqual([
      [62_060, 74_050],
    ])
  })

  test('is none where the first of two calls always fails, and some fail by themselves before it', () => {
    const drawing = `${CALM}\n@ +61s ×120 every 250ms${RESERVE_FAILS}\n@ +62100ms ×14 every 2000ms${BROKEN}`
    expect(told(drawing, 'pay')).toEqual([])
  })

  test('is none where the call was made, and only its span was lost', () => {
    const lost = `
gateway POST /checkout         0-60ms  http=200
  gateway>order POST /order    5-55ms  http=200
    order POST /order          6-54ms  http=200
      order>pay POST /reserve 10-20ms  http=200
        pay POST /reserve     11-19ms  http=200
      order>pay POST /charge  30-40ms  http=200 lost
        pay POST /charge      31-39ms  http=200
`
    const drawing = `${CALM}\n@ +61s ×10 every 100ms${CHARGE_FAILS}\n@ +63s ×40 every 200ms${lost}`
    expect(told(drawing, 'pay')).toEqual([])
  })
})

test('a service that is full refuses requests, and keeps no call back that they could have done without', () => {
  const asked = (http: number): string => `
order POST /buy              0-60ms  http=200
  order>pay POST /charge    10-50ms  http=${http}
    pay POST /charge        11-49ms  http=${http}
`
  const refused = `
gateway POST /buy             0-8ms  http=503
  gateway>order POST /buy     2-6ms  http=503
    order POST /buy        3-3.1ms  http=503
`
  const drawing = `@ +1s ×290 every 200ms${asked(200)}\n@ +61s ×40 every 50ms${asked(500)}
@ +63100ms ×40 every 50ms${refused}\n@ +66s ×40 every 500ms${asked(200)}`
  expect(told(drawing, 'pay')).toEqual([])
})

describe('a breaker whose caller does without the call', () => {
  const steps = (http: number, ...calls: readonly string[]): string => `
order POST /order          0-60ms  http=${http}
${calls.join('')}`
  const call = (op: string, fromMs: number, http: number): string =>
    `  order>pay POST /${op}  ${fromMs}-${fromMs + 10}ms  http=${http}\n    pay POST /${op}  ${fromMs + 1}-${fromMs + 9}ms  http=${http}\n`
  const good = `@ +1s ×140 every 400ms${steps(200, call('reserve', 10, 200), call('charge', 30, 200))}`
  const burst = `@ +61s ×10 every 100ms${steps(200, call('reserve', 10, 500), call('charge', 30, 200))}`

  test('is told by the first of two calls to one callee that is not made', () => {
    const open = `@ +63s ×40 every 200ms${steps(200, call('charge', 20, 200))}`
    expect(told(`${good}\n${burst}\n${open}`, 'pay')).toEqual(['order>pay 40'])
  })

  test('is none where the call was always made twice, side by side: a hedge is no other call', () => {
    const hedged = (http: number): string => `
order POST /order           0-150ms  http=200
  order>pay POST /charge  10-130ms  http=${http}
    pay POST /charge      11-129ms  http=${http}
  order>pay POST /charge 100-130ms  type=AbortError error
    pay POST /charge     101-190ms  http=200
`
    expect(told(`@ +1s ×140 every 400ms${hedged(200)}\n@ +61s ×50 every 500ms${hedged(500)}`, 'pay')).toEqual(
      [],
    )
  })

  test('is told where the caller went past it, and failed with a later call', () => {
    const later = (http: number): string =>
      `  order>mail POST /mail  50-58ms  http=${http}\n    mail POST /mail  51-57ms  http=${http}\n`
    const drawing = [
      `@ +1s ×140 every 400ms${steps(200, call('charge', 30, 200), later(200))}`,
      `@ +61s ×10 every 100ms${steps(500, call('charge', 30, 500), later(500))}`,
      `@ +63s ×40 every 200ms${steps(500, later(500))}`,
    ]
    expect(told(drawing.join('\n'), 'pay')).toEqual(['order>pay 40'])
  })

  test('is none where calls side by side fail and one of them was not made: which came first nobody knows', () => {
    const beside = (http: number): string =>
      `  order>mail POST /mail  30-41ms  http=${http}\n    mail POST /mail  31-39ms  http=${http}\n`
    const drawing = [
      `@ +1s ×140 every 400ms${steps(200, call('charge', 30, 200), beside(200))}`,
      `@ +61s ×10 every 100ms${steps(500, call('charge', 30, 500), beside(500))}`,
      `@ +63s ×40 every 200ms${steps(500, beside(500))}`,
    ]
    expect(told(drawing.join('\n'), 'pay')).toEqual([])
  })

  test('is told beside another that keeps back a call at the same time', () => {
    const both = (http: number): readonly string[] => {
      const mail = `  order>mail POST /mail  10-20ms  http=${http}\n    mail POST /mail  11-19ms  http=${http}\n      mail>pay POST /pay  12-18ms  http=${http}\n        pay POST /pay  13-17ms  http=${http}\n`
      return [call('charge', 10, http), mail]
    }
    const drawing = [
      `@ +1s ×140 every 400ms${steps(200, ...both(200))}`,
      `@ +61s ×10 every 100ms${steps(500, ...both(500))}`,
      `@ +63s ×40 every 200ms${steps(500)}`,
    ]
    expect(told(drawing.join('\n'), 'pay').toSorted()).toEqual(['order>mail 40', 'order>pay 40'])
  })
})
