import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse, type Findings } from '../analyse.ts'
import { drawnInterval, drawnWindows } from '../test-support/drawn-windows.ts'

const WINDOWS = {
  ...drawnWindows('payment', { kind: 'NetworkChaos', action: 'loss', name: 'x' }),
  recovery: [drawnInterval(120, 180)],
}

/** A request whose call to `callee` is answered at the n-th attempt. */
function request(callee: string, attempts: number, op = 'POST /pay'): string {
  const failed = Array.from({ length: attempts - 1 }, (_, i) => {
    const from = 10 + i * 22
    return `      order>${callee} ${op}  ${from}-${from + 2}ms  type=ECONNRESET error\n`
  })
  return `
gateway POST /checkout       0-200ms  http=200
  gateway>order POST /order  5-195ms  http=200
    order POST /order       6-194ms  http=200
${failed.join('')}      order>${callee} ${op}  100-190ms  http=200
        ${callee} ${op}     101-189ms  http=200
`
}

function findingsOf(...groups: readonly string[]): Findings {
  return analyse({ table: tableOf(groups.join('\n')), windows: WINDOWS })
}

describe('extra attempts', () => {
  test('are the same number on the mechanism’s card and in the edge table, by operation and phase', () => {
    const findings = findingsOf(
      `@ +1s ×60 every 900ms${request('payment', 1)}`,
      `@ +1100ms ×60 every 900ms${request('payment', 1, 'POST /refund')}`,
      `@ +62s ×40 every 1000ms${request('payment', 3)}`,
      `@ +62500ms ×20 every 1000ms${request('payment', 2, 'POST /refund')}`,
      `@ +121s ×7 every 1000ms${request('payment', 2)}`,
    )
    const retry = findings.mechanisms.find((m) => m.kind === 'retry')
    const rows = findings.edges.filter((e) => e.from === 'order' && e.to === 'payment')
    const inTable = rows.reduce((n, e) => n + e.phases.chaos.retries + e.phases.recovery.retries, 0)
    expect(retry).toMatchObject({ count: 67, extraAttempts: 107, backgroundAttempts: 0 })
    expect(inTable).toBe(107)
  })

  test('that are not the fault’s are told apart, and the table counts both', () => {
    const findings = findingsOf(
      `@ +1s ×60 every 900ms${request('tax', 1)}`,
      `@ +1100ms ×60 every 900ms${request('payment', 1)}`,
      `@ +62s ×40 every 1000ms${request('payment', 2)}`,
      `@ +62500ms ×2 every 1000ms${request('tax', 2)}`,
    )
    const tax = findings.edges.find((e) => e.to === 'tax')
    expect(findings.mechanisms.filter((m) => m.kind === 'retry').map((m) => m.callee)).toEqual(['payment'])
    expect(tax?.phases.chaos.retries).toBe(2)
  })

  test('are counted where a breaker rejected the next one, which left no span, and the caller says so', () => {
    const rejected = (said: string): string => `
gateway POST /checkout       0-40ms  http=503
  gateway>order POST /order  5-35ms  http=503
    order POST /order        6-34ms  http=503 ${said}
      order>payment POST /pay  10-12ms  type=ECONNRESET error
`
    const toldOf = (said: string): readonly (number | undefined)[] => {
      const { mechanisms, edges } = findingsOf(
        `@ +1s ×60 every 900ms${request('payment', 1)}`,
        `@ +62s ×20 every 1000ms${request('payment', 2)}`,
        `@ +62500ms ×9 every 1000ms${rejected(said)}`,
      )
      const retry = mechanisms.find((m) => m.kind === 'retry')
      const row = edges.find((e) => e.to === 'payment')
      return [retry?.count, retry?.extraAttempts, retry?.rescued, row?.phases.chaos.retries]
    }
    expect(toldOf('exception="Error:Breaker to payment is open"')).toEqual([29, 29, 20, 29])
    expect(toldOf('exception="Error:gone"')).toEqual([20, 20, 20, 20])
  })

  test('sent beside the first call are hedges, on the card and in the table', () => {
    const hedged = `
gateway POST /checkout       0-160ms  http=200
  gateway>order POST /order  5-155ms  http=200
    order POST /order       6-154ms  http=200
      order>payment POST /pay  10-151ms  error type=AbortError
        payment#0 POST /pay     11-549ms  http=200
      order>payment POST /pay  110-150ms  http=200
        payment#1 POST /pay     111-149ms  http=200
`
    const findings = findingsOf(
      `@ +1s ×60 every 900ms${request('payment', 1)}`,
      `@ +62s ×40 every 1000ms${hedged}`,
    )
    const [row] = findings.edges.filter((e) => e.to === 'payment')
    expect(findings.mechanisms.map((m) => m.kind)).toContain('hedge')
    expect(findings.mechanisms.map((m) => m.kind)).not.toContain('retry')
    expect(row.phases.chaos).toMatchObject({ attempts: 80, retries: 0 })
  })

  test('in a loop, the item after a good one is no second try of the one before it', () => {
    const loop = (first: string): string => `
gateway GET /list        0-60ms  http=200
  gateway>payment GET /item  10-20ms  ${first}
    payment GET /item       11-19ms  ${first}
  gateway>payment GET /item  20-30ms  http=200
    payment GET /item       21-29ms  http=200
  gateway>payment GET /item  30-40ms  http=200
    payment GET /item       31-39ms  http=200
`
    const findings = findingsOf(
      `@ +1s ×60 every 900ms${loop('http=200')}`,
      `@ +62s ×40 every 1000ms${loop('http=500')}`,
    )
    expect(findings.mechanisms.map((m) => `${m.kind} ${m.count}`)).toEqual(['fallback 40'])
  })

  test('the item after one that was tried again in vain is no further try of it', () => {
    const items = (tries: string) => `
gateway GET /cart            0-100ms  http=200
${tries}  gateway>payment GET /item  40-50ms  http=200
    payment GET /item       41-49ms  http=200
`
    const good = '  gateway>payment GET /item  30-40ms  http=200\n'
    const failed = (ms: string) => `  gateway>payment GET /item  ${ms}  error type=ECONNRESET\n`
    const findings = findingsOf(
      `@ +1s ×60 every 900ms${items(good)}`,
      `@ +62s ×40 every 1000ms${items(failed('5-7ms') + failed('37-40ms'))}`,
    )
    expect(findings.mechanisms.map((m) => `${m.kind} ${m.count}`)).toEqual(['retry 40', 'fallback 40'])
  })
})

describe('a call tried again in a loop', () => {
  const loop = (calls: string, http: number) => `
gateway GET /cart            0-100ms  http=${http}
${calls}`
  const item = (ms: string) => `  gateway>payment GET /item  ${ms}  http=200\n`
  const failed = (ms: string) => `  gateway>payment GET /item  ${ms}  error type=ECONNREFUSED\n`

  test('is told by its pause though a lost span now and then leaves as wide a gap', () => {
    const findings = findingsOf(
      `@ +1s ×60 every 900ms${loop(item('5-25ms') + item('25-45ms') + item('45-65ms'), 200)}`,
      `@ +1100ms ×4 every 9s${loop(item('5-25ms') + item('45-65ms'), 200)}`,
      `@ +62s ×40 every 1000ms${loop(failed('5-6ms') + failed('31-32ms'), 503)}`,
    )
    const told = findings.mechanisms.filter((m) => m.verdict !== 'absent')
    expect(told.map((m) => `${m.kind} ${m.count}`)).toEqual(['retry 40'])
  })
})

describe('a second call beside the first', () => {
  test('that is cut off by an answer that failed is a hedge and no time-out', () => {
    const findings = findingsOf(
      `@ +1s ×60 every 900ms${request('payment', 1)}`,
      `@ +62s ×40 every 1000ms
gateway POST /checkout       0-500ms  http=503
  gateway>order POST /order  5-495ms  http=503
    order POST /order       6-494ms  http=503
      order>payment POST /pay  10-490ms  type=ECONNRESET error
      order>payment POST /pay 100-490ms  type=AbortError error
`,
    )
    const told = findings.mechanisms.filter((m) => m.verdict !== 'absent')
    expect(told.map((m) => `${m.kind} ${m.count}`)).toEqual(['hedge 40'])
    expect(findings.impact.find((i) => i.phase === 'chaos')).toMatchObject({ attributedFailed: 40 })
  })
})

describe('clocks that tick in milliseconds', () => {
  /** Both calls fail within a few ms; the second begins in the ms in which the first one ends. */
  const atOnce = (secondStart: string) => `
gateway POST /checkout       0-200ms  http=503
  gateway>order POST /order  5-195ms  http=503
    order POST /order       6-194ms  http=503
      order>payment POST /pay  10000-12800us  type=ECONNRESET error
      order>payment POST /pay  ${secondStart}-14900us  type=ECONNRESET error
`
  const retriesOf = (secondStart: string) =>
    findingsOf(
      `@ +1s ×60 every 900ms${request('payment', 1)}`,
      `@ +62s ×40 every 1000ms${atOnce(secondStart)}`,
      `@ +121s ×30 every 1000ms${request('payment', 1)}`,
    ).mechanisms.filter((m) => m.kind === 'retry' && m.verdict !== 'absent')

  test('an attempt that begins in the millisecond in which the former failed is a retry', () => {
    expect(retriesOf('12000us')).toMatchObject([{ count: 40, maxAttempts: 2 }])
  })

  test('calls that run side by side by more than that are none', () => {
    expect(retriesOf('11000us')).toEqual([])
    expect(retriesOf('12300us')).toEqual([])
  })
})

describe('two calls of one operation with another between them', () => {
  /** Charged, booked, charged again; of a hurt request the first charge fails, and is tried again or not. */
  const twice = (first: readonly string[]) => `
gateway POST /checkout       0-200ms  http=200
  gateway>order POST /order  5-195ms  http=200
    order POST /order       6-194ms  http=200
${first.map((line) => `      order>payment POST /pay  ${line}`).join('\n')}
      order>bank POST /book  60-70ms  http=200
        bank POST /book  61-69ms  http=200
      order>payment POST /pay  90-110ms  http=200
`
  const retriesOf = (first: readonly string[]) =>
    findingsOf(
      `@ +1s ×60 every 900ms${twice(['10-30ms http=200'])}`,
      `@ +62s ×40 every 1000ms${twice(first)}`,
      `@ +121s ×30 every 1000ms${twice(['10-30ms http=200'])}`,
    ).mechanisms.filter((m) => m.kind === 'retry' && m.verdict !== 'absent')

  test('what follows a failed one at once is another try, and the one after the other call is none', () => {
    const found = retriesOf(['10-30ms error type=ECONNRESET', '40-50ms error type=ECONNRESET'])
    expect(found).toMatchObject([{ count: 40, extraAttempts: 40, rescued: 0, backoffMs: [10] }])
  })

  test('one that failed and was not tried again has no try in the next', () => {
    expect(retriesOf(['10-30ms error type=ECONNRESET'])).toEqual([])
  })
})
