import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import type { Impact } from '../../model/result.ts'
import { analyse } from '../analyse.ts'
import { drawnWindows } from '../test-support/drawn-windows.ts'

// Who opened a breaker: the failures of the calls that it then rejects, and not what else fails between the two.

const WINDOWS = drawnWindows('pay', { kind: 'NetworkChaos', action: 'delay' })

const BOUGHT = `
web POST /buy             0-60ms  http=200
  web>order POST /order   5-55ms  http=200
    order POST /order     6-54ms  http=200
      order>pay POST /pay 10-50ms http=200
        pay POST /pay     11-49ms http=200
`
const GAVE_UP = `
web POST /buy             0-270ms  http=503
  web>order POST /order   5-265ms  http=503
    order POST /order     6-264ms  http=503
      order>pay POST /pay 10-260ms timeout
        pay POST /pay     211-300ms http=200
`
const BROKEN = `
web POST /buy             0-60ms  http=500
  web>order POST /order   5-55ms  http=500
    order POST /order     6-54ms  http=500 exception="Bug:broken"
      order>pay POST /pay 10-50ms http=200
        pay POST /pay     11-49ms http=200
`
const REJECTED = `
web POST /buy             0-2ms  http=503 exception="CallNotPermittedException:CircuitBreaker 'order' is OPEN"
`
const viewed = (http: number): string => `
web GET /view             0-30ms  http=${http}
  web>order GET /orders   5-25ms  http=${http}
    order GET /orders     6-24ms  http=${http}
`
const BEFORE = `@ +1s ×140 every 400ms${BOUGHT}\n@ +1100ms ×140 every 400ms${viewed(200)}`
const OPENED = `@ +61s ×8 every 100ms${GAVE_UP}\n@ +63s ×40 every 1s${REJECTED}`

function attributed(...chaos: readonly string[]): Impact | undefined {
  const { impact } = analyse({ table: tableOf([BEFORE, ...chaos].join('\n')), windows: WINDOWS })
  return impact.find((i) => i.phase === 'chaos' && i.entry.endsWith('/buy'))
}

describe('a breaker', () => {
  test('is the fault’s where other calls to the same service, which it does not reject, fail by themselves', () => {
    const views = `@ +61200ms ×100 every 500ms${viewed(500)}`
    expect(attributed(OPENED, views)).toMatchObject({ failed: 48, attributedFailed: 48 })
  })

  test('is the fault’s where the same calls fail for another reason once it is closed', () => {
    const later = `@ +104s ×14 every 1s${BROKEN}`
    expect(attributed(OPENED, later)).toMatchObject({ failed: 62, attributedFailed: 48 })
  })

  test('is not where those that it rejects fail for another reason most of the time', () => {
    expect(attributed(OPENED, `@ +61050ms ×20 every 90ms${BROKEN}`)).toMatchObject({
      failed: 68,
      attributedFailed: 8,
    })
  })

  test('of the target itself, since it does not find whom it calls: the target answers with errors', () => {
    const sold = (http: number, below: string): string => `
shop POST /sell           0-40ms  http=${http}
  shop>pay POST /pay      5-35ms  http=${http}
    pay POST /pay         6-34ms  http=${http} ${below}`
    const bank = (told: string): string => `
      pay>bank POST /take 10-30ms ${told}`
    const drawing = [
      `@ +1s ×140 every 400ms${sold(200, bank('http=200'))}\n        bank POST /take   11-29ms http=200`,
      `@ +61s ×8 every 100ms${sold(503, bank('error=ENOTFOUND'))}`,
      `@ +63s ×40 every 1s${sold(503, 'exception="CallNotPermittedException:CircuitBreaker \'bank\' is OPEN"')}`,
    ].join('\n\n')
    const windows = drawnWindows('pay', { kind: 'DNSChaos', action: 'error' })
    const { chain } = analyse({ table: tableOf(drawing), windows })
    expect(chain[0]).toMatchObject({
      text: 'pay answered with errors',
      count: 48,
      detail: 'all of these failed',
    })
  })
})
