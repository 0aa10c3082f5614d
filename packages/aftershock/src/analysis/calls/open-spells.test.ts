import { expect, test } from 'vitest'
import { edgeOfInstance, placeOfCall } from './bursts.ts'
import { openSpells, scattered } from './open-spells.ts'

const edge = edgeOfInstance(3, 7)
const place = placeOfCall(edge, 11, 1)
const seconds = (...at: readonly number[]): Float64Array => Float64Array.from(at, (s) => s * 1e9)

/** Six owners that seem rejected at one place, and one in doubt among them. */
const seen = [
  {
    told: new Map(),
    inferred: new Map([[place, seconds(1, 2, 3, 4, 5, 6)]]),
    quiet: new Map(),
    alone: new Map(),
    doubts: new Map([[edge, seconds(3.5)]]),
  },
]

test('those in doubt are rejected too within a spell in which nothing was let in', () => {
  const at = scattered(seen, new Map([[place, seconds(0.5, 7)]]))
  expect([...openSpells(seen, at)]).toEqual([[edge, { fromNs: 0.8e9, toNs: 6e9 }]])
})

test('they are not where calls were let in between all the others: there is no breaker', () => {
  const at = scattered(seen, new Map([[place, seconds(1.5, 2.5, 3.5, 4.5, 5.5)]]))
  expect([...at]).toEqual([place])
  expect(openSpells(seen, at).size).toBe(0)
})
