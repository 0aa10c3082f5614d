import { expect, test } from 'vitest'
import { analyse } from '../analyse.ts'
import { caseTold } from '../test-support/truth.ts'
import type { World } from '../test-support/world.ts'

// `order` tells of no calls, and the clock of `stock`, which it asks first, is ahead: its spans come after those of `ship`.

const WORLD: World = {
  entries: [
    { service: 'web', op: 'POST /buy', rps: 10 },
    { service: 'web', op: 'GET /stock', rps: 4 },
  ],
  services: [
    {
      name: 'web',
      ops: {
        'POST /buy': [{ workMs: 2 }, { call: { to: 'order', op: 'POST /order', timeoutMs: 200 } }],
        'GET /stock': [{ workMs: 2 }, { call: { to: 'stock', op: 'POST /take' } }],
      },
    },
    {
      name: 'order',
      ops: {
        'POST /order': [
          { workMs: 6 },
          { call: { to: 'stock', op: 'POST /take' } },
          { call: { to: 'ship', op: 'GET /ways' } },
          { workMs: 1 },
        ],
      },
    },
    { name: 'stock', skewMs: 400, ops: { 'POST /take': [{ workMs: 8 }] } },
    { name: 'ship', ops: { 'GET /ways': [{ workMs: 40 }] } },
  ],
  fault: { service: 'stock', kind: 'slow', times: 30 },
}

test('what a caller that tells of no calls did is replayed in the order of corrected clocks', () => {
  const telling = { oldShare: 0, grpcShare: 0, noClientShare: 0.3, sampledShare: 1 }
  const seed = 1
  const { table, windows, truth } = caseTold(WORLD, seed, { seed, ...telling })
  const { traces, mechanisms } = analyse({ table, windows })
  const failed = traces.filter((t) => t.attributed && t.outcome === 'failed')
  expect(truth.failed.size).toBeGreaterThan(250)
  expect(failed.length).toBe(truth.failed.size)
  expect(mechanisms.map((m) => `${m.kind} ${m.caller}>${m.callee}`)).toContain('timeout web>order')
})
