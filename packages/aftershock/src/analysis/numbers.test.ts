import { describe, expect, test } from 'vitest'
import { analyse } from './analyse.ts'
import { type Off, offBy, summaryOf } from './test-support/off-by.ts'
import { randomWorld } from './test-support/random-world.ts'
import { toldNumbers } from './test-support/told-numbers.ts'
import { caseOf } from './test-support/truth.ts'
import { WORLDS } from './test-support/worlds.ts'

// What is told of a mechanism beside its count, against the same luck without the fault (`bench/worlds.ts` over more).

/** Fewer may be told or not. */
const SURE = 8
const LOST = 'spans lost at random'

function offsIn(world: (typeof WORLDS)[string], seed: number): readonly Off[] {
  const { table, windows, truth } = caseOf(world, seed)
  const told = toldNumbers(analyse({ table, windows, options: { sham: 'skip' } }))
  return offBy(told, truth.numbers, (kind, of) => (truth.mechanisms.get(`${kind} ${of}`) ?? 0) >= SURE)
}

describe('what is told of mechanisms and of recovery', () => {
  for (const [name, world] of Object.entries(WORLDS)) {
    test(`is what happened: ${name}`, () => {
      const wrong = offsIn(world, 61).filter(
        (off) => Math.abs(off.error) > (name === LOST ? 0.15 : 0.1) && Math.abs(off.told - off.true) > 2,
      )
      expect(wrong).toEqual([])
    })
  }

  test('is what happened, nine times in ten, in systems drawn by chance', () => {
    const all = Array.from({ length: 8 }, (_, i) => offsIn(randomWorld(70_000 + i), 70_000 + i)).flat()
    const numbers = summaryOf(all)
    expect(numbers.map(({ number }) => number)).toEqual(
      expect.arrayContaining(['retry rescued', 'retry loadX', 'timeout timeoutMs', 'duplicate-work afterMs']),
    )
    expect(numbers.filter(({ errorP90 }) => errorP90 > 0.1)).toEqual([])
  })
})
