import { describe, expect, test } from 'vitest'
import { tableOf } from '../../model/draw-trace.ts'
import type { Windows } from '../../model/window.ts'
import { analyse, type Findings } from '../analyse.ts'
import { drawnInterval } from '../test-support/drawn-windows.ts'

// A process is killed at 60 s and back a second later. 20 requests a second; a few meet a closed port.

const KILL: Windows = {
  experiments: [
    {
      name: 'payment-kill',
      kind: 'PodChaos',
      action: 'pod-kill',
      mode: 'one',
      targets: [{ service: 'payment', namespace: undefined, pods: [] }],
      parameters: {},
    },
  ],
  baseline: [drawnInterval(30, 60)],
  chaos: [drawnInterval(60, 80)],
  recovery: [drawnInterval(80, 100)],
}

const GOOD = `
gateway POST /checkout       0-60ms  http=200
  gateway>order POST /order  5-55ms  http=200
    order POST /order       6-54ms  http=200
      order>payment POST /pay  10-50ms  http=200
        payment POST /pay     11-49ms  http=200
`
const REFUSED = `
gateway POST /checkout       0-20ms  http=502
  gateway>order POST /order  5-18ms  http=502
    order POST /order       6-17ms  http=502
      order>payment POST /pay  10-12ms  error type=ECONNREFUSED
`
/** 70 s of good requests, and those that met a closed port. */
function shop(refusedAt: readonly string[]): Findings {
  const refused = refusedAt.map((when) => `@ ${when}${REFUSED}`).join('\n')
  return analyse({ table: tableOf(`@ +30s ×1400 every 50ms${GOOD}\n${refused}`), windows: KILL })
}

function failed(findings: Findings): readonly string[] {
  return findings.traces
    .filter((t) => t.outcome === 'failed')
    .map((t) => (t.attributed ? 'fault' : 'background'))
}

describe('a few failures at the instant of a fault', () => {
  test('three refused connections of 400, just after a kill, are the fault’s', () => {
    const findings = shop(['+60060ms', '+60110ms', '+60160ms'])
    expect(failed(findings)).toEqual(['fault', 'fault', 'fault'])
    expect(findings.proof).toMatchObject({ tookEffect: true, seen: 3 })
    expect(findings.headline).toContain('502')
    expect(findings.chain.map((s) => s.kind)).toEqual(['inject', 'user'])
  })

  test('one or two in the first calls are enough where the baseline knows none', () => {
    expect(failed(shop(['+60010ms', '+60020ms']))).toEqual(['fault', 'fault'])
  })

  describe('of requests under way as one of two pods dies', () => {
    const long = (at: string, pod: number, ms: number, end: string): string => `
@ ${at}
gateway POST /checkout       0-${ms + 20}ms  ${end === 'http=200' ? end : 'http=502'}
  gateway>order POST /order  5-${ms + 18}ms  ${end === 'http=200' ? end : 'http=502'}
    order POST /order       6-${ms + 17}ms  ${end === 'http=200' ? end : 'http=502'}
      order>payment POST /pay  10-${ms}ms  ${end}
${end === 'http=200' ? `        payment#${pod} POST /pay  11-${ms - 1}ms  http=200` : ''}
`
    const RESET = 'error type=ECONNRESET'
    const told = (...cut: readonly string[]): readonly string[] => {
      const calm = [0, 1].map((pod) => long(`+30${pod}00ms ×280 every 100ms`, pod, 400, 'http=200'))
      const after = [0, 1].map((pod) => long(`+60${pod}50ms ×180 every 200ms`, pod, 400, 'http=200'))
      const survivors = long('+59s ×10 every 100ms', 1, 400, 'http=200')
      return failed(
        analyse({ table: tableOf([...calm, survivors, ...after, ...cut].join('\n')), windows: KILL }),
      )
    }

    test('those that end at the same moment are the fault’s', () => {
      expect(told(long('+59610ms', 0, 400, RESET), long('+59910ms', 0, 105, RESET))).toEqual([
        'fault',
        'fault',
      ])
    })

    test('those that end one after the other are left to chance', () => {
      expect(told(long('+59210ms', 0, 400, RESET), long('+59910ms', 0, 105, RESET))).toEqual(['background'])
    })
  })

  test('the same three, spread over the window, are left to chance', () => {
    expect(failed(shop(['+63s', '+69s', '+77s']))).toEqual(['background', 'background', 'background'])
  })

  test('what fails later than the spell stays background', () => {
    expect(failed(shop(['+60060ms', '+60110ms', '+60160ms', '+76s']))).toEqual([
      'fault',
      'fault',
      'fault',
      'background',
    ])
  })

  test('where such failures happen anyway, a few at the instant are nothing', () => {
    const anyway = Array.from({ length: 20 }, (_, i) => `+${31 + i}s`)
    const findings = shop([...anyway, '+60060ms', '+60800ms', '+61400ms'])
    expect(failed(findings)).toEqual(['background', 'background', 'background'])
    expect(findings.proof.tookEffect).toBe(false)
  })

  test('failures of connections that close when the fault is taken away are the fault’s too', () => {
    const both = ['+60060ms', '+60110ms', '+60160ms', '+80005ms', '+80010ms', '+80015ms']
    expect(failed(shop(both))).toEqual(both.map(() => 'fault'))
  })

  test('the same of a fault that no call met are not: nothing was taken away', () => {
    const findings = shop(['+80005ms', '+80010ms', '+80015ms'])
    expect(failed(findings)).toEqual(['background', 'background', 'background'])
    expect(findings.proof.tookEffect).toBe(false)
  })
})

/** From so many s on for so many s every request fails at the target itself. */
function incident(fromS: number, forS: number): string {
  const broken = GOOD.replaceAll('http=200', 'http=500')
  return `@ +${fromS}025ms ×${forS * 20} every 50ms${broken}`
}

describe('what happens to the target once the fault is gone', () => {
  const refused = ['+60060ms', '+60110ms', '+60160ms'].map((when) => `@ ${when}${REFUSED}`).join('\n')
  const findings = (...drawn: readonly string[]): Findings =>
    analyse({ table: tableOf(`@ +30s ×1400 every 50ms${GOOD}\n${drawn.join('\n')}`), windows: KILL })
  const blamed = (found: Findings): number => found.traces.filter((t) => t.attributed).length

  test('is not the work of a fault that no call met, whenever it begins', () => {
    for (const fromS of [80, 86]) {
      const found = findings(incident(fromS, 10))
      expect(found.proof).toMatchObject({ tookEffect: false, seen: 0 })
      expect(blamed(found)).toBe(0)
      expect(found.mechanisms).toEqual([])
    }
  })

  test('is the fault’s where it begins as the fault ends: what it left behind', () => {
    expect(blamed(findings(refused, incident(80, 15)))).toBe(3 + 15 * 20)
  })

  test('is another’s where the target was well again before', () => {
    expect(blamed(findings(refused, incident(92, 6)))).toBe(3)
  })

  test('counts alike for time: late by its own work', () => {
    const slow = (fromS: number): string =>
      `@ +${fromS}025ms ×80 every 50ms${GOOD.replaceAll(/(\d+)ms {2}http/g, (_, ms: string) => `${Number(ms) + 300}ms  http`)}`
    expect(blamed(findings(slow(80)))).toBe(0)
    expect(blamed(findings(refused, slow(80)))).toBe(3 + 80)
    expect(blamed(findings(refused, slow(93)))).toBe(3)
  })
})
