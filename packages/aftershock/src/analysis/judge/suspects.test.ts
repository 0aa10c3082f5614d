import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import type { Windows } from '../../model/window.ts'
import { analyse, type Findings } from '../analyse.ts'
import { drawnInterval } from '../test-support/drawn-windows.ts'

const BLIND: Windows = {
  experiments: [],
  baseline: [drawnInterval(0, 60)],
  chaos: [drawnInterval(60, 120)],
  recovery: [],
}

function blind(drawing: string): Findings['suspects'] {
  return analyse({ table: tableOf(drawing), windows: BLIND }).suspects
}

const PAGE = `
front GET /page                 0-60ms  http=200
  front>catalog GET /product   5-15ms  http=200
    catalog GET /product      6-14ms  http=200
  front>ads GET /ads          20-30ms  http=200
    ads GET /ads              21-29ms  http=200
`
const PAGE_CUT = `
front GET /page                 0-20ms  http=200
  front>catalog GET /product   5-15ms  http=200
    catalog GET /product      6-14ms  http=200
`
const ORDER = `
order POST /order               0-60ms  http=200
  order>catalog GET /product   5-15ms  http=200
    catalog GET /product      6-14ms  http=200
  order>ship POST /ship       20-30ms  http=200
    ship POST /ship           21-29ms  http=200
`
const ORDER_CUT = `
order POST /order               0-20ms  http=200
  order>catalog GET /product   5-15ms  http=200
    catalog GET /product      6-14ms  http=200
`

function calm(times: number): string {
  return `@ +1s ×${times} every 400ms${PAGE}\n@ +1s ×${times} every 400ms${ORDER}`
}

describe('blind suspects', () => {
  test('requests of one service that turn back accuse that service', () => {
    const [first] = blind(`${calm(100)}\n@ +61s ×40 every 500ms${PAGE}\n@ +61s ×40 every 500ms${ORDER_CUT}`)
    expect(first).toMatchObject({ service: 'order', why: expect.stringContaining('leave out') })
  })

  test('a callee that several callers are late at is more likely than the one that calls it most', () => {
    const late = (lateMs: number): string => `
pay POST /pay                   0-${30 + lateMs}ms  http=200
  pay>catalog GET /product    5-${15 + lateMs}ms  http=200
    catalog GET /product      ${6 + lateMs}-${14 + lateMs}ms  http=200
`
    const page = PAGE.replace('0-60ms', '0-360ms').replace('5-15ms', '5-315ms').replace('6-14ms', '306-314ms')
    const latePage = page.replace('20-30ms', '320-330ms').replace('21-29ms', '321-329ms')
    const [first] = blind(`${calm(100)}\n@ +1s ×140 every 400ms${late(0)}
@ +61s ×100 every 500ms${late(300)}\n@ +61s ×12 every 4s${latePage}`)
    expect(first.service).toBe('catalog')
  })

  const placed = (thereMs: number, backMs: number): string => `
web POST /buy                     0-${70 + thereMs + backMs}ms  http=200
  web>order POST /order           2-${68 + thereMs + backMs}ms  http=200
    order POST /order             3-${60 + thereMs}ms  http=200
      order>bank POST /charge    20-${30 + thereMs}ms  http=200
        bank POST /charge        ${21 + thereMs}-${29 + thereMs}ms  http=200
`
  test('of time lost on the way to a callee not the caller is accused that answers in time itself', () => {
    const [first] = blind(`@ +1s ×100 every 400ms${placed(0, 0)}\n@ +61s ×40 every 500ms${placed(300, 0)}`)
    expect(first.service).toBe('bank')
  })

  test('whose answers come as late as its calls is accused itself', () => {
    const [first] = blind(`@ +1s ×100 every 400ms${placed(0, 0)}\n@ +61s ×40 every 500ms${placed(300, 300)}`)
    expect(first.service).toBe('order')
  })

  test('answers among which a late one would not stand out prove nothing', () => {
    const unsteady = placed(0, 0).replace('0-70ms', '0-870ms').replace('2-68ms', '2-868ms')
    const [first] = blind(`@ +1s ×100 every 400ms${placed(0, 0)}\n@ +1s ×5 every 9s${unsteady}
@ +61s ×40 every 500ms${placed(300, 300)}`)
    expect(first.service).toBe('order')
  })

  test('who refuses is more likely than who is refused, though others come through', () => {
    const asked = (answer: string): string => `
pay POST /pay                   0-30ms  http=200
  pay>catalog GET /product    5-15ms  ${answer}
`
    const [first] = blind(`${calm(140)}\n@ +1s ×140 every 400ms${asked('http=200')}
@ +61s ×40 every 1s${asked('error type=ECONNREFUSED')}\n@ +61s ×20 every 2s${PAGE}`)
    expect(first.service).toBe('catalog')
  })

  test('requests of several services that turn back after the same callee accuse the callee', () => {
    const [first] = blind(
      `${calm(100)}\n@ +61s ×40 every 500ms${PAGE_CUT}\n@ +61s ×40 every 500ms${ORDER_CUT}`,
    )
    expect(first.service).toBe('catalog')
    expect(first.why).toBe('requests of 2 services turn back after calls to it')
  })

  describe('of requests that all have one name', () => {
    const shipped = `
      order>ship POST /ship   10-20ms  http=200
        ship POST /ship       11-19ms  http=200`
    const stamped = `
  front>stamp POST /stamp     30-40ms  http=200
    stamp POST /stamp         31-39ms  http=200`
    const buy = (inOrder: string, afterIt: string): string => `
front ANY /                     0-60ms  http=200
  front>order POST /order      5-25ms  http=200
    order POST /order          6-24ms  http=200${inOrder}${afterIt}
`
    const accused = (before: string, during: string): readonly string[] =>
      blind(`@ +1s ×200 every 500ms${PAGE.replace('GET /page', 'ANY /')}
@ +1s ×10 every 5s${before}\n@ +61s ×10 every 5s${during}`).map((s) => `${s.service}: ${s.why}`)

    test('those that make a call are alike: who turns back after its answer is accused', () => {
      expect(accused(buy(shipped, stamped), buy(shipped, ''))).toEqual([
        'front: its requests leave out what followed POST /order (done by 100 % before, 0 % during)',
      ])
    })

    test('whose callee turns back itself only passes that on', () => {
      expect(accused(buy(shipped, stamped), buy('', ''))).toEqual([expect.stringMatching(/^order: /)])
    })

    test('those whose calls run side by side leave out nothing when these begin the other way round', () => {
      const beside = stamped.replace('30-40ms', '4-14ms').replace('31-39ms', '5-13ms')
      const after = stamped.replace('30-40ms', '7-17ms').replace('31-39ms', '8-16ms')
      expect(accused(buy(shipped, after), buy(shipped, beside))).toEqual([])
    })
  })

  test('who leaves out a call that its breaker holds back is not to blame for what opened it', () => {
    const refused = ORDER.replace(
      'ship POST /ship       20-30ms  http=200',
      'ship POST /ship  20-21ms  error type=ECONNREFUSED',
    ).replace('    ship POST /ship           21-29ms  http=200\n', '')
    const [first] = blind(`${calm(100)}\n@ +61s ×12 every 50ms${refused}\n@ +62s ×80 every 200ms${ORDER_CUT}`)
    expect(first).toMatchObject({ service: 'ship' })
  })

  test('a failed answer whose span was lost now and then began nothing on the way to it', () => {
    const gone = '  order>ship POST /ship       20-21ms  error type=ECONNREFUSED\n'
    const fails = (answer: string): string => `
web POST /buy                 0-70ms  http=503
  web>order POST /order       2-68ms  http=503
${answer}`
    const told = `    order POST /order         3-60ms  http=503\n    ${gone}`
    const good = `
web POST /buy                 0-70ms  http=200
  web>order POST /order       2-68ms  http=200
    order POST /order         3-60ms  http=200
      order>ship POST /ship  20-30ms  http=200
        ship POST /ship      21-29ms  http=200
`
    const suspects = blind(
      `@ +1s ×100 every 400ms${good}\n@ +61s ×40 every 500ms${fails(told)}\n@ +82s ×5 every 500ms${fails('')}`,
    )
    expect(suspects.map((s) => s.service)).not.toContain('web')
    expect(suspects[0].service).toBe('ship')
  })

  test('failures of a callee that answers without spans accuse the way to it', () => {
    const good = `
web POST /buy                 0-70ms  http=200
  web>order POST /order       2-68ms  http=200
    order POST /order         3-60ms  http=200
`
    const refused = `
web POST /buy                 0-70ms  http=503
  web>order POST /order       2-68ms  http=503
`
    expect(blind(`@ +1s ×100 every 400ms${good}\n@ +61s ×40 every 500ms${refused}`)[0].service).toBe('order')
  })

  test('the time of a call whose span was lost is nobody’s own work', () => {
    const lost = (ms: number): string => `
order POST /order               0-${ms + 40}ms  http=200
  order>catalog GET /product   5-15ms  http=200
    catalog GET /product      6-14ms  http=200
  order>ship POST /ship       20-${ms + 30}ms  http=200 lost
    ship POST /ship           21-${ms + 29}ms  http=200
`
    const suspects = blind(`@ +1s ×100 every 400ms${lost(10)}\n@ +61s ×40 every 500ms${lost(300)}`)
    expect(suspects.map((s) => s.service)).toEqual(['ship'])
  })

  test('a handful of requests is enough to name who is most likely', () => {
    const slow = ORDER.replace('20-30ms', '20-530ms').replace('21-29ms', '21-529ms').replace('0-60', '0-560')
    const [first] = blind(`${calm(8)}\n@ +61s ×3 every 500ms${PAGE}\n@ +61s ×3 every 500ms${slow}`)
    expect(first.service).toBe('ship')
  })

  test('of what each request had to do two that leave it out are enough', () => {
    const [first] = blind(`${calm(8)}\n@ +61s ×4 every 500ms${PAGE}\n@ +61s ×2 every 500ms${ORDER_CUT}`)
    expect(first).toMatchObject({ service: 'order', why: expect.stringContaining('leave out') })
  })

  test('nobody is accused where nothing changed', () => {
    expect(blind(`${calm(100)}\n@ +61s ×40 every 500ms${PAGE}\n@ +61s ×40 every 500ms${ORDER}`)).toEqual([])
  })
})

describe('own time before the first call', () => {
  const request = (beforeMs: number, calleeMs: number, afterMs: number): string => `
order POST /order           0-${60 + beforeMs + calleeMs + afterMs}ms  http=200
  order>pay POST /pay  ${10 + beforeMs}-${50 + beforeMs + calleeMs}ms  http=200
    pay POST /pay      ${11 + beforeMs}-${49 + beforeMs + calleeMs}ms  http=200
order GET /orders           70-${80 + beforeMs}ms  http=200
`
  const services = (beforeMs: number, calleeMs: number, afterMs: number): readonly string[] =>
    blind(
      `@ +1s ×100 every 400ms${request(0, 0, 0)}\n@ +61s ×40 every 1s${request(beforeMs, calleeMs, afterMs)}`,
    ).map((s) => s.service)

  test('is a wait for a turn where calls take far longer: who holds up the calls is accused', () => {
    expect(services(800, 300, 0)).toEqual(['pay'])
  })

  test('is the service’s own where its calls take no longer', () => {
    expect(services(800, 0, 0)).toEqual(['order'])
  })

  test('is the service’s own where it is slow after its calls as well', () => {
    expect(services(800, 300, 400)[0]).toBe('order')
  })
})

describe('a service that tells of no calls', () => {
  const request = (ms: number): string => `
front GET /page        0-${ms + 20}ms  http=200
  order POST /order    5-${ms + 15}ms  http=200
    pay POST /pay    10-${ms + 10}ms  http=200
`
  test('waits for the requests that hang below its own: time lost there is not its own', () => {
    const suspects = blind(`@ +1s ×100 every 400ms${request(20)}\n@ +61s ×40 every 500ms${request(420)}`)
    expect(suspects.map((s) => s.service)).toEqual(['pay'])
  })

  test('loses time of its own on both sides of what hangs below it', () => {
    const busy = (x: number): string => `
front GET /page        0-${80 * x + 40}ms  http=200
  order POST /order    5-${80 * x + 35}ms  http=200
    pay POST /pay    ${40 * x + 5}-${40 * x + 25}ms  http=200
`
    const suspects = blind(`@ +1s ×100 every 400ms${busy(1)}\n@ +61s ×40 every 500ms${busy(5)}`)
    expect(suspects[0].service).toBe('order')
  })

  test('fails because of them', () => {
    const broken = request(20).replaceAll('http=200', 'http=500')
    const suspects = blind(`@ +1s ×100 every 400ms${request(20)}\n@ +61s ×40 every 500ms${broken}`)
    expect(suspects.map((s) => s.service)).toEqual(['pay'])
  })
})
