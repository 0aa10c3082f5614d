import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse, type Findings } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// Who was left by its caller shows how long it was waited for, not how long its work would have taken.

function findingsOf(target: string, good: string, ...hit: readonly string[]): Findings {
  const windows = drawnWindows(target, { kind: 'NetworkChaos', action: 'delay' })
  const chaos = hit.map((drawing, i) => `@ +${61000 + 25 * i}ms ×${i === 0 ? 40 : 6} every 1s${drawing}`)
  return analyse({ table: tableOf([`@ +1s ×140 every 400ms${good}`, ...chaos].join('\n')), windows })
}

describe('a request that was given up', () => {
  const good = `
order POST /order      0-60ms  http=200
  order>pay POST /pay 10-50ms  http=200
    pay POST /pay     11-49ms  http=200
      pay>db INSERT   15-45ms
`
  /** The delay is on the way to it, and it is not begun before its caller has left. */
  const onTheWay = `
order POST /order      0-330ms  http=504
  order>pay POST /pay 10-310ms  timeout
    pay POST /pay    511-549ms  http=200
      pay>db INSERT  515-545ms
`
  /** Its own call is held up; the server ends its span as the caller hangs up, and not the call's. */
  const below = `
order POST /order      0-330ms  http=504
  order>pay POST /pay 10-310ms  timeout
    pay POST /pay     11-312ms  http=200
      pay>db INSERT   15-540ms
`
  test('as its server stood waiting for a call was given up for that call', () => {
    const { mechanisms, impact } = findingsOf('pay', good, onTheWay, below)
    expect(mechanisms.find((m) => m.kind === 'timeout')).toMatchObject({
      count: 46,
      background: { subtracted: 0 },
    })
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 46, attributedFailed: 46 })
  })

  test('was not, where that call takes as long at other times and nobody waits for it', () => {
    const unwaited = (said: string): string => `
order POST /order      0-60ms  ${said}
  order>pay POST /pay 10-50ms  http=200
    pay POST /pay     11-49ms  http=200
      pay>db INSERT   15-540ms
`
    const { mechanisms } = findingsOf('pay', unwaited('http=200'), onTheWay, unwaited('http=500'))
    expect(mechanisms.find((m) => m.kind === 'timeout')).toMatchObject({ count: 40 })
  })
})

describe('a call cut off as its caller left', () => {
  const good = `
web POST /buy             0-80ms  http=200
  web>order POST /order   5-75ms  grpc=0
    order POST /order     6-74ms  grpc=0
      order>pay POST /pay 10-50ms grpc=0
        pay POST /pay     11-49ms grpc=0
          pay>bank POST /b 15-45ms grpc=0
            bank POST /b  16-44ms grpc=0
`
  /** The call in the middle is cut off where its caller was left; the work below it goes on. */
  const held = `
web POST /buy             0-320ms http=504
  web>order POST /order   5-305ms timeout
    order POST /order     6-306ms grpc=1
      order>pay POST /pay 10-305ms grpc=1
        pay POST /pay     11-549ms grpc=0
          pay>bank POST /b 15-545ms grpc=0
            bank POST /b  515-543ms grpc=0
`
  test('would have lasted as long as its answer without the fault', () => {
    const { mechanisms, impact } = findingsOf('bank', good, held)
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 40, attributedFailed: 40 })
    expect(mechanisms.filter((m) => m.kind === 'timeout').map((m) => `${m.caller}>${m.callee}`)).toEqual([
      'web>order',
    ])
  })
})
