import { describe, expect, test } from 'vitest'
import { analyse, type Findings } from './analyse.ts'
import { caseOf } from './test-support/truth.ts'
import type { World } from './test-support/world.ts'

/** gateway → order → payment; payment's one pod does four requests at full speed, 40 ms each: 100 a second. */
function world(order: { readonly attempts: number; readonly rps: number }): World {
  return {
    services: [
      {
        name: 'gateway',
        ops: {
          'POST /checkout': [
            { workMs: 1 },
            { call: { to: 'order', op: 'POST /orders', attempts: 2, backoffMs: 20 } },
          ],
        },
      },
      {
        name: 'order',
        ops: {
          'POST /orders': [
            { workMs: 1 },
            {
              call: {
                to: 'payment',
                op: 'POST /pay',
                timeoutMs: 250,
                attempts: order.attempts,
                backoffMs: 20,
              },
            },
          ],
        },
      },
      { name: 'payment', slowsAt: 4, ops: { 'POST /pay': [{ workMs: 40 }] } },
    ],
    entries: [{ service: 'gateway', op: 'POST /checkout', rps: order.rps }],
    fault: { service: 'payment', kind: 'delay', ms: 400 },
    baselineS: 20,
    chaosS: 10,
    recoveryS: 20,
  }
}

function findingsOf(one: World): Findings {
  const { table, windows } = caseOf(one, 1)
  return analyse({ table, windows })
}

describe('retries at two tiers', () => {
  test('multiply: what reaches the callee is the product of both', () => {
    const findings = findingsOf(world({ attempts: 3, rps: 8 }))
    const [lower] = findings.mechanisms.filter((m) => m.kind === 'retry' && m.callee === 'payment')
    const [upper] = findings.mechanisms.filter((m) => m.kind === 'retry' && m.callee === 'order')
    const edge = findings.edges.find((e) => e.from === 'order' && e.to === 'payment')
    const seen = edge?.delta.loadX ?? 0
    expect([lower.maxAttempts, upper.maxAttempts]).toEqual([3, 2])
    expect(seen).toBeGreaterThan(5)
    expect(Math.abs((lower.amplificationX ?? 0) - seen)).toBeLessThan(0.1 * seen)
    expect(upper.amplificationX).toBe(upper.loadX)
    expect(lower.sentence).toContain('with the retries above it')
  })
})

describe('recovery', () => {
  test('comes at once where the callee has room for what retries add', () => {
    const { recovery } = findingsOf(world({ attempts: 3, rps: 8 }))
    expect(recovery.metastable).toBe(false)
    expect(recovery.overallMs).toBeLessThan(3000)
  })

  test('does not come where the retries themselves keep the callee overloaded: metastable', () => {
    const { recovery, headline } = findingsOf(world({ attempts: 4, rps: 45 }))
    expect(recovery).toMatchObject({ metastable: true, overallMs: null })
    expect(headline).toMatch(
      /Users were still hit 20 s after the fault had ended, when the data end, held by retries, which bring ×[678][.\d]* the load on payment\.$/,
    )
    const payment = recovery.hops.find((hop) => hop.id === 'payment')
    expect(payment).toMatchObject({ backAfterMs: null, heldBy: 'retries by order going on' })
  })

  test('the same traffic without retries recovers', () => {
    const { recovery } = findingsOf(world({ attempts: 1, rps: 20 }))
    expect(recovery.metastable).toBe(false)
  })
})
