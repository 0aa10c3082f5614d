import { describe, expect, test } from 'vitest'
import { analyse, type Findings } from '../analyse.ts'
import { caseOf } from '../test-support/truth.ts'
import type { Fault, World } from '../test-support/world.ts'
import { WORLDS } from '../test-support/worlds.ts'

// A system that becomes slower by itself all the time, with a fault in the middle of it.

const SEEDS = [1, 2, 3] as const
const DRIFTING: World = { ...WORLDS['a slow drift, and nothing else'], driftShare: 0.4 }

function findingsOf(seed: number, fault: Fault, recovery: 'seen' | 'unseen' = 'seen'): Findings {
  const { table, windows } = caseOf({ ...DRIFTING, fault }, seed)
  return analyse({ table, windows: recovery === 'seen' ? windows : { ...windows, recovery: [] } })
}

describe('in a system that drifts', () => {
  test.each(['payment', 'order', 'bank'])('a fault of %s that does nothing takes no effect', (service) => {
    for (const seed of SEEDS) {
      for (const recovery of ['seen', 'unseen'] as const) {
        const { proof, traces } = findingsOf(seed, { service, kind: 'delay', ms: 0 }, recovery)
        expect(proof.tookEffect).toBe(false)
        expect(traces.filter((t) => t.attributed)).toEqual([])
      }
    }
  })

  test.each<Fault>([
    { service: 'payment', kind: 'delay', ms: 20 },
    { service: 'payment', pods: 1, kind: 'delay', ms: 60 },
    { service: 'bank', kind: 'slow', times: 3 },
  ])('a small one is found all the same: $kind of $service', (fault) => {
    for (const seed of SEEDS) {
      for (const recovery of ['seen', 'unseen'] as const)
        expect(findingsOf(seed, fault, recovery).proof.tookEffect).toBe(true)
    }
  })
})
