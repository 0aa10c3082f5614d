import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import { analyse, type Findings } from '../analyse.ts'
import { drawnInterval, drawnWindows } from '../test-support/drawn-windows.ts'

// Services that send spans of what they serve, and none of what they call: old agents, PHP.

function findingsOf(drawing: string, target: string): Findings {
  const windows = drawnWindows(target, { kind: 'NetworkChaos', action: 'delay' })
  return analyse({ table: tableOf(drawing), windows })
}

/** `pay` answers so many ms late; `skewMs` is how far its clock is ahead. */
const order = (lateMs: number, skewMs = 0): string => `
front POST /checkout   0-${60 + lateMs}ms  http=200
  order POST /order    5-${55 + lateMs}ms  http=200
    stock GET /stock  10-20ms  http=200
    pay POST /pay     ${30 + lateMs + skewMs}-${40 + lateMs + skewMs}ms  http=200
`
const GONE = `
front POST /checkout   0-60ms  http=500
  order POST /order    5-55ms  http=500
    stock GET /stock  10-20ms  http=200
`
const CALM = `@ +1s ×140 every 400ms${order(0)}`

describe('a call that its caller does not tell of', () => {
  test('is an edge all the same', () => {
    const { edges, data, quality } = findingsOf(CALM, 'pay')
    expect(edges.map((e) => `${e.from}>${e.to} ${e.phases.baseline.n}`).sort()).toEqual([
      'front>order 140',
      'order>pay 140',
      'order>stock 140',
    ])
    expect(data.spans).toBe(140 * 4)
    expect(quality.find((note) => note.id === 'untold-calls')?.count).toBe(140 * 3)
  })

  test('is late where the time is lost around it, and the fault is why its users waited', () => {
    const { proof, impact, chains } = findingsOf(`${CALM}\n@ +61s ×50 every 1s${order(300)}`, 'pay')
    expect(proof).toMatchObject({ tookEffect: true, seen: 50, deltaMs: 300 })
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ slow: 50, attributedSlow: 50 })
    expect(chains[0].steps.map((step) => step.kind)).toEqual(['inject', 'user'])
  })

  test('is found among clocks that differ', () => {
    const drawing = `@ +1s ×140 every 400ms${order(0, 2000)}\n@ +61s ×50 every 1s${order(300, 2000)}`
    const { proof, data } = findingsOf(drawing, 'pay')
    expect(proof).toMatchObject({ tookEffect: true, seen: 50 })
    expect(data.clockSkew.map((s) => s.service)).toEqual(['pay'])
  })

  test('failed with its answer', () => {
    const broken = order(0).replaceAll('http=200', 'http=500').replace('20ms  http=500', '20ms  http=200')
    const { impact, edges } = findingsOf(`${CALM}\n@ +61s ×50 every 1s${broken}`, 'pay')
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 50 })
    expect(edges.find((e) => e.to === 'pay')?.phases.chaos).toMatchObject({ n: 50, errors: 50 })
  })

  test('was given up where its caller failed before the answer came, after a time that nobody knows', () => {
    const late = order(300)
      .replace('0-360ms  http=200', '0-160ms  http=504')
      .replace('5-355ms  http=200', '5-155ms  http=504')
    const { mechanisms } = findingsOf(`${CALM}\n@ +61s ×50 every 1s${late}`, 'pay')
    const told = mechanisms.find((m) => m.kind === 'timeout')
    expect(told).toMatchObject({ caller: 'order', callee: 'pay', count: 50, grade: 'inferred' })
    expect(told?.timeoutMs).toBeUndefined()
    expect(told?.sentence).toMatch(/^order gave up on pay, 50 times/)
  })

  test('was waited for until its caller went on without it: whoever gave that one up did so because of the fault', () => {
    const asked = (tookMs: number, payAtMs: number, http: number, call: string): string => `
front POST /checkout      0-${tookMs + 20}ms  http=${http}
  front>order POST /order 5-${tookMs + 15}ms  ${call}
    order POST /order    10-${tookMs + 50}ms  http=200
      pay POST /pay      ${payAtMs}-${payAtMs + 10}ms  http=200
`
    const good = asked(60, 90, 200, 'http=200').replace('10-110ms', '6-70ms').replace('90-100ms', '30-40ms')
    const drawing = `@ +1s ×140 every 400ms${good}\n@ +61s ×50 every 1s${asked(200, 510, 504, 'timeout')}`
    const { impact } = findingsOf(drawing, 'pay')
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 50 })
  })

  test('is why a request failed that lacks the answer it always has', () => {
    const { impact, suspects } = findingsOf(`${CALM}\n@ +61s ×50 every 1s${GONE}`, 'pay')
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 50 })
    expect(suspects.map((s) => s.service)).toContain('pay')
  })

  test('is why only if it comes first of those whose answers are missing', () => {
    const without = GONE.replace(/ {4}stock.*\n/, '')
    const { impact } = findingsOf(`${CALM}\n@ +61s ×50 every 1s${without}`, 'stock')
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 50 })
    const others = findingsOf(`${CALM}\n@ +61s ×50 every 1s${without}`, 'pay').impact
    expect(others.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 0 })
  })

  test('is why, where few are told of before the fault and nobody lacks it after', () => {
    const windows = drawnWindows('pay', { kind: 'PodChaos', action: 'pod-kill' })
    const drawing = [
      `@ +1s ×16 every 3s${order(0)}`,
      `@ +60.2s ×17 every 500ms${GONE}`,
      `@ +70s ×23 every 2s${order(0)}`,
      `@ +121s ×22 every 2s${order(0)}`,
    ]
    const { impact } = analyse({
      table: tableOf(drawing.join('\n')),
      windows: { ...windows, recovery: [drawnInterval(120, 180)] },
    })
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 17, attributedFailed: 17 })
  })

  test('is why, also where an answer to somebody else lost the span above it', () => {
    const beside = `
front POST /checkout   0-60ms  http=500
  order POST /order    5-55ms  http=500
    stock GET /stock  10-20ms  http=200
  audit POST /audit   20-50ms  http=200 lost
    pay POST /pay     30-40ms  http=200
`
    const { impact } = findingsOf(`${CALM}\n@ +61s ×50 every 1s${beside}`, 'pay')
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 50 })
  })

  test('does not hide that something else broke', () => {
    const { impact } = findingsOf(`${CALM}\n@ +61s ×50 every 1s${GONE}`, 'stock')
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 50, attributedFailed: 0 })
  })
})

describe('a message whose sender tells of nothing', () => {
  test('is not waited for', () => {
    const sent = (ms: number): string => `
order POST /order   0-20ms  http=200
  mail send welcome  10-${10 + ms}ms  consumer
`
    const { impact, edges } = findingsOf(
      `@ +1s ×140 every 400ms${sent(30)}\n@ +61s ×50 every 1s${sent(900)}`,
      'mail',
    )
    expect(edges.map((e) => `${e.from}>${e.to}`)).toEqual(['order>mail'])
    expect(impact.find((i) => i.phase === 'chaos')).toMatchObject({ failed: 0, slow: 0 })
  })
})
