import { describe, expect, test } from 'vitest'
import { analyse } from '../analyse.ts'
import { DRAWN_KINDS } from '../test-support/drawn-kinds.ts'
import { caseOf } from '../test-support/truth.ts'
import { crowdedSites } from './crowding.ts'

const SITE = 7

/** In each tenth of chaos, and after it: who many others were held beside, by how many, and whether late. */
function seenIn(tenths: readonly (readonly [others: number, late: number, inTime: number][])[]) {
  const crowds = Array.from({ length: 11 }, (_, k) => ({
    late: new Map((tenths[k] ?? []).map(([others, late]) => [others, late])),
    inTime: new Map((tenths[k] ?? []).map(([others, , inTime]) => [others, inTime])),
  }))
  return [new Map([[SITE, crowds]])]
}

const repeated = <T>(n: number, one: T): readonly T[] => Array.from({ length: n }, () => one)

describe('late where the fault holds others', () => {
  test('is who met many, where those who met few were in time', () => {
    expect(
      crowdedSites(
        seenIn(
          repeated(10, [
            [0, 0, 10],
            [2, 1, 10],
            [8, 8, 1],
          ]),
        ),
      ),
    ).toEqual([SITE])
  })

  test('is nobody who is late whoever else is there', () => {
    expect(
      crowdedSites(
        seenIn(
          repeated(10, [
            [0, 5, 10],
            [2, 5, 10],
            [8, 5, 10],
          ]),
        ),
      ),
    ).toEqual([])
  })

  test('is nobody for one incident as many were held', () => {
    expect(
      crowdedSites(seenIn([[[8, 40, 0]], ...repeated(9, [[2, 0, 10]] as [number, number, number][])])),
    ).toEqual([])
  })

  test('is told by those after the fault where nearly all were late meanwhile', () => {
    const chaos: [number, number, number][] = [[8, 20, 1]]
    expect(crowdedSites(seenIn([...repeated(10, chaos), [[0, 0, 50]]]))).toEqual([SITE])
    expect(crowdedSites(seenIn([...repeated(10, chaos), [[0, 40, 10]]]))).toEqual([])
  })

  test('is the same told by one partition or by several', () => {
    const whole = repeated(10, [
      [0, 0, 10],
      [8, 8, 2],
    ] as [number, number, number][])
    const half = repeated(10, [
      [0, 0, 5],
      [8, 4, 1],
    ] as [number, number, number][])
    expect(crowdedSites([...seenIn(half), ...seenIn(half)])).toEqual(crowdedSites(seenIn(whole)))
  })
})

// Of a pool of n it takes the n-th part of what each is held until one of them is done.
test.each([7, 9, 11, 13])('who waits for one of many to be done waits for the fault (world %i)', (seed) => {
  const { table, windows, truth } = caseOf(DRAWN_KINDS['spreads sideways'](seed), seed)
  const { traces, mechanisms } = analyse({ table, windows, options: { sham: 'skip' } })
  const slow = new Set(traces.filter((t) => t.attributed && t.outcome === 'slow').map((t) => t.traceId))
  expect([...truth.slow].filter((id) => !slow.has(id)).length).toBeLessThanOrEqual(1)
  expect([...slow].filter((id) => !truth.slow.has(id))).toEqual([])
  const waits = mechanisms.find((m) => m.kind === 'queueing')
  const real = truth.mechanisms.get('queueing web>order') ?? 0
  expect(Math.abs((waits?.count ?? 0) - real)).toBeLessThanOrEqual(0.25 * real)
})
