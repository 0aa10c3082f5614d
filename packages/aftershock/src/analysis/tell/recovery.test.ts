import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { badSeeking, badWorkOf, joinedBad, noteBad } from '../findings/work-tallies.ts'
import { lastBadEnd } from './recovery.ts'

/** Users' requests, s: one every 100 ms from 10 s before the fault's end at 0. */
type Request = { readonly at: number; readonly took: number; readonly is: 'good' | 'slow' | 'failed' }

const SECOND = 1e9
const EVERY_S = 0.1

function requests(bad: Readonly<Record<number, 'slow' | 'failed'>>): readonly Request[] {
  return Array.from({ length: 600 }, (_, i) => {
    const at = Math.round((i * EVERY_S - 10) * 10) / 10
    return { at, took: 0.05, is: bad[at] ?? 'good' }
  })
}

/** When users were back, s after the fault's end, told by partitions that each hold some of the requests. */
function backAfter(all: readonly Request[], shareOf: (i: number) => number = () => 0): number {
  const found = [0, 1, 2].map((share) => {
    const seeking = badSeeking()
    for (const [i, { at, took, is }] of all.entries()) {
      if (is === 'good' || shareOf(i) !== share) continue
      noteBad(seeking, 0, at * SECOND, (at + took) * SECOND, is === 'failed' ? 1 : 0)
    }
    return badWorkOf(seeking)
  })
  const bad = joinedBad(found)
  const instants = [bad.startNs, 0, ...bad.after.filter((_, i) => i % 3 === 0)].filter(Number.isFinite)
  const counts = (isCounted: (start: number, ns: number) => boolean): Float64Array =>
    Float64Array.from(new Set(instants), (ns) => all.filter(({ at }) => isCounted(at * SECOND, ns)).length)
  const ranks = { before: counts((at, ns) => at < ns), upTo: counts((at, ns) => at <= ns) }
  return Math.max(0, lastBadEnd(bad, 0, [ranks]) / SECOND)
}

describe('users are back', () => {
  test('at once where nothing was bad after the fault', () => {
    expect(backAfter(requests({ [-5]: 'failed', [-0.5]: 'slow' }))).toBe(0)
  })

  test('when what began under the fault ends', () => {
    const one: Request = { at: -0.1, took: 2, is: 'slow' }
    expect(backAfter([...requests({}), one])).toBeCloseTo(1.9)
  })

  test('after the last failure of those that follow each other', () => {
    expect(backAfter(requests({ 0.3: 'failed', 1.9: 'failed', 3.5: 'failed' }))).toBeCloseTo(3.55)
  })

  test('before what fails again 20 good requests and 2 s later', () => {
    expect(backAfter(requests({ 0.3: 'failed', 2.5: 'failed' }))).toBeCloseTo(0.35)
  })

  test('before a lonely slow one, but not before slow ones within ten requests', () => {
    expect(backAfter(requests({ 0.5: 'slow' }))).toBe(0)
    expect(backAfter(requests({ 0.5: 'slow', 1.4: 'slow' }))).toBeCloseTo(1.45)
    expect(backAfter(requests({ 0.5: 'slow', 1.6: 'slow' }))).toBe(0)
    expect(backAfter(requests({ [-0.2]: 'slow', 0.5: 'slow' }))).toBeCloseTo(0.55)
  })

  test('at the same time whatever partitions requests are in', () => {
    const kind = fc.constantFrom<Request['is']>('good', 'good', 'good', 'slow', 'failed')
    const request = fc.record({ at: fc.integer({ min: -40, max: 120 }), took: fc.nat(9), is: kind })
    fc.assert(
      fc.property(
        fc.array(request, { minLength: 1 }),
        fc.array(fc.nat(2), { minLength: 7 }),
        (all, shares) => {
          const inTenths = all.map((one) => ({ ...one, at: one.at / 10, took: one.took / 10 }))
          expect(backAfter(inTenths, (i) => shares[i % shares.length])).toBe(backAfter(inTenths))
        },
      ),
    )
  })
})
