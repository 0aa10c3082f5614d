import fc from 'fast-check'
import { expect, test } from 'vitest'
import { seededRandom } from '../../model/random.ts'
import { certainOf, possibleOf } from './intervals.ts'
import { podWindows } from './pod-windows.ts'
import { type Played, playScript, type Script } from './scripted-mesh.fixture.ts'

const scripts = fc
  .record({
    kind: fc.constantFrom<Script['kind']>('NetworkChaos', 'StressChaos'),
    pods: fc.integer({ min: 1, max: 4 }),
    rounds: fc.integer({ min: 1, max: 3 }),
    end: fc.constantFrom<Script['end']>('TimeUp', 'Deleted', 'none'),
    aheadMs: fc.constantFrom(0, 0, -7000, 450, 4200),
    eventLoss: fc.constantFrom(0, 0, 0.3, 1),
    watchGaps: fc.integer({ min: 0, max: 2 }),
    hasRecordEvents: fc.boolean(),
    seed: fc.integer(),
  })
  .map(({ seed, ...script }) => playScript({ ...script, random: seededRandom(seed) }))

test('what is called certain was in force, and what was in force is called possible', () => {
  fc.assert(
    fc.property(scripts, (played) => {
      const { windows } = podWindows(played.history, played.clock)
      expect(wrong(played, windows)).toEqual([])
    }),
    { numRuns: 2000 },
  )
})

test('with every event and every state seen, each round of each pod has its window', () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer({ min: 1, max: 3 }), (seed, rounds) => {
      const played = playScript({ ...complete, rounds, random: seededRandom(seed) })
      const { windows, unknown } = podWindows(played.history, played.clock)
      expect(windows.map((one) => `${one.recordId} ${one.round}`).toSorted()).toEqual(
        played.truths.map((one) => `${one.recordId} ${one.round}`).toSorted(),
      )
      expect(unknown).toEqual([])
    }),
  )
})

const complete: Omit<Script, 'random'> = {
  kind: 'NetworkChaos',
  pods: 2,
  rounds: 1,
  end: 'TimeUp',
  aheadMs: 0,
  eventLoss: 0,
  watchGaps: 0,
  hasRecordEvents: true,
}

/** Moments of certain windows outside the truth, and true moments outside possible windows. */
function wrong(played: Played, windows: ReturnType<typeof podWindows>['windows']): readonly string[] {
  return [...falselyCertain(played, windows), ...falselyImpossible(played, windows)]
}

function falselyCertain(
  played: Played,
  windows: ReturnType<typeof podWindows>['windows'],
): readonly string[] {
  return windows.flatMap((window) => {
    const certain = certainOf(window)
    if (certain === undefined) return []
    const isTrue = played.truths.some(
      (truth) =>
        truth.recordId === window.recordId &&
        truth.fromNs <= certain.startNs &&
        (truth.untilNs === undefined || (certain.endNs !== undefined && certain.endNs <= truth.untilNs)),
    )
    return isTrue ? [] : [`${window.recordId} ${window.round} certain ${certain.startNs}..${certain.endNs}`]
  })
}

/** A round that left no trace at all cannot have a window; one with an event or a record must lie in one. */
function falselyImpossible(
  played: Played,
  windows: ReturnType<typeof podWindows>['windows'],
): readonly string[] {
  return played.truths.flatMap((truth) => {
    const own = windows.filter((window) => window.recordId === truth.recordId).map(possibleOf)
    const isIn = own.some(
      (possible) =>
        possible.startNs <= truth.fromNs &&
        (possible.endNs === undefined || (truth.untilNs !== undefined && truth.untilNs <= possible.endNs)),
    )
    const unknown = podWindows(played.history, played.clock).unknown.length > 0
    return isIn || unknown ? [] : [`${truth.recordId} ${truth.round} ${truth.fromNs}..${truth.untilNs}`]
  })
}
